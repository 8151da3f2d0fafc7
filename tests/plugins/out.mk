# SPDX-License-Identifier: Apache-2.0
# Encoders, filters and sinks under test as they are built: each program loads the module and plays the host.
EXTRA_DIST += tests/plugins/plug.h tests/plugins/below_top.h tests/plugins/arrow_make.h tests/plugins/sink_drive.h tests/plugins/file_drive.h
if HAVE_CUNIT
PLUGIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_DIR='"$(abs_top_builddir)/.libs"'
plugin_tests = tests/plugins/test_jsonl tests/plugins/test_rows tests/plugins/test_csv tests/plugins/test_mask tests/plugins/test_print tests/plugins/test_file tests/plugins/test_file_chunks tests/plugins/test_stdout tests/plugins/test_sqlite tests/plugins/test_crash
check_PROGRAMS += $(plugin_tests)
TESTS += $(plugin_tests)
long_tests += tests/plugins/test_crash

tests_plugins_test_jsonl_SOURCES  = tests/plugins/test_jsonl.c
tests_plugins_test_jsonl_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_jsonl_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(JANSSON_CFLAGS)
tests_plugins_test_jsonl_LDADD    = $(CUNIT_LIBS) $(JANSSON_LIBS)

tests_plugins_test_rows_SOURCES  = tests/plugins/test_rows.c
tests_plugins_test_rows_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_rows_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_rows_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_csv_SOURCES  = tests/plugins/test_csv.c
tests_plugins_test_csv_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_csv_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_csv_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_mask_SOURCES  = tests/plugins/test_mask.c
tests_plugins_test_mask_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_mask_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_mask_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_print_SOURCES  = tests/plugins/test_print.c
tests_plugins_test_print_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_print_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_print_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_file_SOURCES  = tests/plugins/test_file.c
tests_plugins_test_file_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_file_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_file_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_file_chunks_SOURCES  = tests/plugins/test_file_chunks.c
tests_plugins_test_file_chunks_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_file_chunks_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_file_chunks_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_stdout_SOURCES  = tests/plugins/test_stdout.c
tests_plugins_test_stdout_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_stdout_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_stdout_LDADD    = $(CUNIT_LIBS)

tests_plugins_test_sqlite_SOURCES  = tests/plugins/test_sqlite.c
tests_plugins_test_sqlite_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_sqlite_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(SQLITE_CFLAGS)
tests_plugins_test_sqlite_LDADD    = $(CUNIT_LIBS) $(SQLITE_LIBS)

tests_plugins_test_crash_SOURCES  = tests/plugins/test_crash.c
tests_plugins_test_crash_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_plugins_test_crash_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(SQLITE_CFLAGS)
tests_plugins_test_crash_LDADD    = $(CUNIT_LIBS) $(SQLITE_LIBS)
endif
