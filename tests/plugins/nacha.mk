# SPDX-License-Identifier: Apache-2.0
# The nacha parser in the mock host, its samples, and its man page against its tables.
EXTRA_DIST += tests/data/nacha tests/plugins/nacha_manpage.py
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_nacha
TESTS += tests/plugins/test_nacha
tests_plugins_test_nacha_SOURCES = tests/plugins/test_nacha.c tests/plugins/nacha_faults.h
tests_plugins_test_nacha_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_nacha_LDADD   = plugins/parsers/nacha/libnacha.la $(CUNIT_LIBS)
endif
dist_check_SCRIPTS += tests/plugins/nacha_samples.sh tests/plugins/nacha_manpage.sh
TESTS += tests/plugins/nacha_samples.sh tests/plugins/nacha_manpage.sh
plain_tests += tests/plugins/nacha_manpage.sh
