# SPDX-License-Identifier: Apache-2.0
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_csv_parser
TESTS += tests/plugins/test_csv_parser
tests_plugins_test_csv_parser_SOURCES  = tests/plugins/test_csv_parser.c
tests_plugins_test_csv_parser_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_test_csv_parser_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_csv_parser_LDADD    = plugins/parsers/csv/libcsv.la $(CUNIT_LIBS)
endif
