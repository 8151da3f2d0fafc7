# SPDX-License-Identifier: Apache-2.0
# The nacha parser. Its objects are a convenience library, so that tests can link what the plugin is made of.
noinst_LTLIBRARIES += plugins/parsers/nacha/libnacha.la
plugins_parsers_nacha_libnacha_la_SOURCES = \
	plugins/parsers/nacha/addenda.c \
	plugins/parsers/nacha/batch.c \
	plugins/parsers/nacha/columns.h \
	plugins/parsers/nacha/cut.c \
	plugins/parsers/nacha/entry.c \
	plugins/parsers/nacha/file.c \
	plugins/parsers/nacha/find.c \
	plugins/parsers/nacha/frame.c \
	plugins/parsers/nacha/item.c \
	plugins/parsers/nacha/nacha.h \
	plugins/parsers/nacha/parse.c \
	plugins/parsers/nacha/plugin.c \
	plugins/parsers/nacha/recognise.c \
	plugins/parsers/nacha/rules.h \
	plugins/parsers/nacha/sec.c \
	plugins/parsers/nacha/state.c
plugins_parsers_nacha_libnacha_la_CPPFLAGS = $(MODULE_CPPFLAGS)
plugins_parsers_nacha_libnacha_la_CFLAGS   = $(MODULE_CFLAGS)

plugin_LTLIBRARIES += nacha.la
nacha_la_SOURCES  =
nacha_la_CPPFLAGS = $(MODULE_CPPFLAGS)
nacha_la_CFLAGS   = $(MODULE_CFLAGS)
nacha_la_LDFLAGS  = $(MODULE_LDFLAGS)
nacha_la_LIBADD   = plugins/parsers/nacha/libnacha.la
