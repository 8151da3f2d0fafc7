# SPDX-License-Identifier: Apache-2.0
# The csv parser, parser-csv.so: csv.so is the encoder. Its objects are a convenience library, so that tests can link
# what the plugin is made of.
noinst_LTLIBRARIES += plugins/parsers/csv/libcsv.la
plugins_parsers_csv_libcsv_la_SOURCES = \
	plugins/parsers/csv/columns.c \
	plugins/parsers/csv/csv.h \
	plugins/parsers/csv/cut.c \
	plugins/parsers/csv/encoding.c \
	plugins/parsers/csv/find.c \
	plugins/parsers/csv/header.c \
	plugins/parsers/csv/index.c \
	plugins/parsers/csv/index_body.h \
	plugins/parsers/csv/lex.c \
	plugins/parsers/csv/lexer.h \
	plugins/parsers/csv/lines.c \
	plugins/parsers/csv/long.c \
	plugins/parsers/csv/parse.c \
	plugins/parsers/csv/pattern.c \
	plugins/parsers/csv/plugin.c \
	plugins/parsers/csv/put.c \
	plugins/parsers/csv/put.h \
	plugins/parsers/csv/recognise.c \
	plugins/parsers/csv/resync.c \
	plugins/parsers/csv/spec.c \
	plugins/parsers/csv/state.c \
	plugins/parsers/csv/value.c
plugins_parsers_csv_libcsv_la_CPPFLAGS = $(MODULE_CPPFLAGS)
plugins_parsers_csv_libcsv_la_CFLAGS   = $(MODULE_CFLAGS)

plugin_LTLIBRARIES += parser-csv.la
parser_csv_la_SOURCES  =
parser_csv_la_CPPFLAGS = $(MODULE_CPPFLAGS)
parser_csv_la_CFLAGS   = $(MODULE_CFLAGS)
parser_csv_la_LDFLAGS  = $(MODULE_LDFLAGS)
parser_csv_la_LIBADD   = plugins/parsers/csv/libcsv.la
