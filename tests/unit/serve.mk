# SPDX-License-Identifier: Apache-2.0
# What serve decides by: times, the pool.
if HAVE_CUNIT
check_PROGRAMS += tests/unit/test_cron
TESTS += tests/unit/test_cron
tests_unit_test_cron_SOURCES = tests/unit/test_cron.c
tests_unit_test_cron_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_cron_LDADD   = core/libhost.la $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_pool
TESTS += tests/unit/test_pool
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c
tests_unit_test_pool_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_pool_LDADD   = core/libhost.la $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_catalog
TESTS += tests/unit/test_catalog
tests_unit_test_catalog_SOURCES = tests/unit/test_catalog.c
tests_unit_test_catalog_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_catalog_LDADD   = core/libhost.la $(CUNIT_LIBS)
endif
