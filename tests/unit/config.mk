# SPDX-License-Identifier: Apache-2.0
# Options, config file, plan, loader, describe.
if HAVE_CUNIT
check_PROGRAMS += tests/unit/test_options
TESTS += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_options_LDADD   = core/libbase.la $(CUNIT_LIBS)
endif
