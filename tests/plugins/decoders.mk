# SPDX-License-Identifier: Apache-2.0
# Parts of decoders.
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_pgp_verdict
TESTS += tests/plugins/test_pgp_verdict
tests_plugins_test_pgp_verdict_SOURCES  = tests/plugins/test_pgp_verdict.c plugins/decoders/pgp/verdict.c
tests_plugins_test_pgp_verdict_CPPFLAGS = $(MODULE_CPPFLAGS) -I$(top_srcdir)
tests_plugins_test_pgp_verdict_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_pgp_verdict_LDADD    = $(CUNIT_LIBS)
check_PROGRAMS += tests/plugins/test_decoders
TESTS += tests/plugins/test_decoders
tests_plugins_test_decoders_SOURCES  = tests/plugins/test_decoders.c tests/plugins/decode_drive.h tests/plugins/plug.h
tests_plugins_test_decoders_CPPFLAGS = $(MODULE_CPPFLAGS) -DPLUGIN_DIR='"$(abs_top_builddir)/.libs"'
tests_plugins_test_decoders_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(LIBARCHIVE_CFLAGS)
tests_plugins_test_decoders_LDADD    = $(CUNIT_LIBS) $(LIBARCHIVE_LIBS)
endif
