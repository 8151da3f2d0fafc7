# SPDX-License-Identifier: Apache-2.0
if HAVE_CUNIT
jail_tests = tests/unit/test_jail tests/unit/test_jail_start
check_PROGRAMS += $(jail_tests)
TESTS += $(jail_tests)
threaded_tests += $(jail_tests)
threaded_programs += $(jail_tests)
endif
tests_unit_test_jail_SOURCES = tests/unit/test_jail.c tests/unit/jail_child.h
tests_unit_test_jail_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_PLUGINS='"$(abs_builddir)/tests/plugins/.libs"'
tests_unit_test_jail_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_jail_LDADD = core/libjail.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_jail_start_SOURCES = tests/unit/test_jail_start.c
tests_unit_test_jail_start_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_jail_start_LDADD = core/libjail.la core/libbase.la $(CUNIT_LIBS)
