# SPDX-License-Identifier: Apache-2.0
# The SDK's headers: unit tests, and a compile of each in every language that plugins are written in.
if HAVE_CUNIT
sdk_unit_tests = tests/unit/test_arrival tests/unit/test_decimal_date tests/unit/test_scan tests/unit/test_table \
	tests/unit/test_words
check_PROGRAMS += $(sdk_unit_tests)
TESTS += $(sdk_unit_tests)
tests_unit_test_arrival_SOURCES = tests/unit/test_arrival.c
tests_unit_test_arrival_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_arrival_LDADD   = $(CUNIT_LIBS)
tests_unit_test_decimal_date_SOURCES = tests/unit/test_decimal_date.c
tests_unit_test_decimal_date_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_decimal_date_LDADD   = $(CUNIT_LIBS)
tests_unit_test_scan_SOURCES = tests/unit/test_scan.c
tests_unit_test_scan_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_scan_LDADD   = $(CUNIT_LIBS)
tests_unit_test_table_SOURCES = tests/unit/test_table.c
tests_unit_test_table_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_table_LDADD   = $(CUNIT_LIBS)
tests_unit_test_words_SOURCES = tests/unit/test_words.c
tests_unit_test_words_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_words_LDADD   = $(CUNIT_LIBS)
endif
dist_check_SCRIPTS += tests/unit/sdk_languages.sh
TESTS += tests/unit/sdk_languages.sh
plain_tests += tests/unit/sdk_languages.sh
