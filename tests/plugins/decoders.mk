# SPDX-License-Identifier: Apache-2.0
# Parts of decoders.
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_pgp_verdict
TESTS += tests/plugins/test_pgp_verdict
tests_plugins_test_pgp_verdict_SOURCES  = tests/plugins/test_pgp_verdict.c plugins/decoders/pgp/verdict.c
tests_plugins_test_pgp_verdict_CPPFLAGS = $(MODULE_CPPFLAGS) -I$(top_srcdir)
tests_plugins_test_pgp_verdict_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_pgp_verdict_LDADD    = $(CUNIT_LIBS)
endif
