# SPDX-License-Identifier: Apache-2.0
# The SDK: headers only; what a plugin needs besides the C library.
sdkincludedir = $(includedir)/penstock
sdkinclude_HEADERS = sdk/penstock/after.h sdk/penstock/arrival.h sdk/penstock/arrow.h sdk/penstock/date.h sdk/penstock/decimal.h sdk/penstock/plugin.h \
	sdk/penstock/scan.h sdk/penstock/table.h sdk/penstock/table_put.h sdk/penstock/testhost.h \
	sdk/penstock/testhost_ledger.h sdk/penstock/testhost_rows.h sdk/penstock/testhost_state.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = sdk/penstock.pc
# what encoders, filters and sinks need
sdkinclude_HEADERS += sdk/penstock/column.h sdk/penstock/print.h sdk/penstock/rows.h sdk/penstock/utf8.h sdk/penstock/wide.h sdk/penstock/words.h
