# SPDX-License-Identifier: Apache-2.0
# The SDK: headers only; what a plugin needs besides the C library.
sdkincludedir = $(includedir)/penstock
sdkinclude_HEADERS = sdk/penstock/arrow.h sdk/penstock/plugin.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = sdk/penstock.pc
