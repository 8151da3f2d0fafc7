# SPDX-License-Identifier: Apache-2.0
# The x12 parser and the definitions of its transaction sets.
noinst_LTLIBRARIES += plugins/parsers/x12/libx12.la
plugins_parsers_x12_libx12_la_SOURCES = \
	plugins/parsers/x12/ack.c \
	plugins/parsers/x12/bounds.c \
	plugins/parsers/x12/cut.c \
	plugins/parsers/x12/def.c \
	plugins/parsers/x12/def.h \
	plugins/parsers/x12/defcheck.c \
	plugins/parsers/x12/defelem.c \
	plugins/parsers/x12/defwords.c \
	plugins/parsers/x12/envelope.c \
	plugins/parsers/x12/find.c \
	plugins/parsers/x12/index.c \
	plugins/parsers/x12/index.h \
	plugins/parsers/x12/model.h \
	plugins/parsers/x12/number.h \
	plugins/parsers/x12/isa.c \
	plugins/parsers/x12/link.c \
	plugins/parsers/x12/loop.c \
	plugins/parsers/x12/loop.h \
	plugins/parsers/x12/parse.c \
	plugins/parsers/x12/plugin.c \
	plugins/parsers/x12/quick.c \
	plugins/parsers/x12/rows.c \
	plugins/parsers/x12/rules.h \
	plugins/parsers/x12/scan.c \
	plugins/parsers/x12/set.c \
	plugins/parsers/x12/short.h \
	plugins/parsers/x12/sums.c \
	plugins/parsers/x12/value.c \
	plugins/parsers/x12/x12.h
plugins_parsers_x12_libx12_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DX12_DEFINITIONS='"$(pkgdatadir)/x12"'
plugins_parsers_x12_libx12_la_CFLAGS   = $(MODULE_CFLAGS)

plugin_LTLIBRARIES += x12.la
x12_la_SOURCES  =
x12_la_CPPFLAGS = $(MODULE_CPPFLAGS)
x12_la_CFLAGS   = $(MODULE_CFLAGS)
x12_la_LDFLAGS  = $(MODULE_LDFLAGS)
x12_la_LIBADD   = plugins/parsers/x12/libx12.la

x12defsdir = $(pkgdatadir)/x12
dist_x12defs_DATA = \
	plugins/parsers/x12/sets/index \
	plugins/parsers/x12/sets/810.def \
	plugins/parsers/x12/sets/846.def \
	plugins/parsers/x12/sets/850.def \
	plugins/parsers/x12/sets/855.def \
	plugins/parsers/x12/sets/856.def \
	plugins/parsers/x12/sets/997.def
