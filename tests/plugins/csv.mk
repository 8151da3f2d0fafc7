# SPDX-License-Identifier: Apache-2.0
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_csv_parser
TESTS += tests/plugins/test_csv_parser
tests_plugins_test_csv_parser_SOURCES  = tests/plugins/test_csv_parser.c tests/plugins/csv_drive.h
tests_plugins_test_csv_parser_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_test_csv_parser_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_csv_parser_LDADD    = plugins/parsers/csv/libcsv.la $(CUNIT_LIBS)
check_PROGRAMS += tests/plugins/test_csv_long
TESTS += tests/plugins/test_csv_long
tests_plugins_test_csv_long_SOURCES  = tests/plugins/test_csv_long.c
tests_plugins_test_csv_long_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_test_csv_long_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_csv_long_LDADD    = plugins/parsers/csv/libcsv.la $(CUNIT_LIBS)
check_PROGRAMS += tests/plugins/test_csv_index
TESTS += tests/plugins/test_csv_index
tests_plugins_test_csv_index_SOURCES  = tests/plugins/test_csv_index.c
tests_plugins_test_csv_index_CPPFLAGS = $(MODULE_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/csv
tests_plugins_test_csv_index_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_csv_index_LDADD    = plugins/parsers/csv/libcsv.la $(CUNIT_LIBS)
endif
