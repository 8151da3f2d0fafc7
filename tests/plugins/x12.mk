# SPDX-License-Identifier: Apache-2.0
# The x12 parser in the mock host.
EXTRA_DIST += tests/data/x12 tests/plugins/x12_manpage.py
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_x12
TESTS += tests/plugins/test_x12
tests_plugins_test_x12_SOURCES = tests/plugins/test_x12.c
tests_plugins_test_x12_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_x12_LDADD   = plugins/parsers/x12/libx12.la $(CUNIT_LIBS)
check_PROGRAMS += tests/plugins/test_x12_index
TESTS += tests/plugins/test_x12_index
tests_plugins_test_x12_index_SOURCES  = tests/plugins/test_x12_index.c
tests_plugins_test_x12_index_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_x12_index_LDADD    = plugins/parsers/x12/libx12.la $(CUNIT_LIBS)
check_PROGRAMS += tests/plugins/test_x12_quick
TESTS += tests/plugins/test_x12_quick
tests_plugins_test_x12_quick_SOURCES  = tests/plugins/test_x12_quick.c
tests_plugins_test_x12_quick_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_x12_quick_LDADD    = plugins/parsers/x12/libx12.la $(CUNIT_LIBS)
endif
dist_check_SCRIPTS += tests/plugins/x12_manpage.sh
TESTS += tests/plugins/x12_manpage.sh
plain_tests += tests/plugins/x12_manpage.sh
