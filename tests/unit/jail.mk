# SPDX-License-Identifier: Apache-2.0
if HAVE_CUNIT
check_PROGRAMS += tests/unit/test_jail
TESTS += tests/unit/test_jail
threaded_tests += tests/unit/test_jail
endif
tests_unit_test_jail_SOURCES = tests/unit/test_jail.c
tests_unit_test_jail_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_PLUGINS='"$(abs_builddir)/tests/plugins/.libs"'
tests_unit_test_jail_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_jail_LDADD = core/libjail.la core/libbase.la $(CUNIT_LIBS)
