# SPDX-License-Identifier: Apache-2.0
# The commit core, the control ledger, messages between processes.
if HAVE_CUNIT
commit_unit_tests = tests/unit/test_fingerprint tests/unit/test_inputs tests/unit/test_commit tests/unit/test_commit_batch tests/unit/test_commit_chunks tests/unit/test_sinkthread tests/unit/test_ledger tests/unit/test_wire
check_PROGRAMS += $(commit_unit_tests)
TESTS += $(commit_unit_tests)
tests_unit_test_commit_SOURCES = tests/unit/test_commit.c tests/unit/commit_story.h
tests_unit_test_commit_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_commit_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_commit_batch_SOURCES = tests/unit/test_commit_batch.c
tests_unit_test_commit_batch_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_commit_batch_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_commit_chunks_SOURCES = tests/unit/test_commit_chunks.c
tests_unit_test_commit_chunks_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_commit_chunks_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_sinkthread_SOURCES = tests/unit/test_sinkthread.c
tests_unit_test_sinkthread_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_sinkthread_LDADD   = core/libhost.la core/libbase.la $(UV_LIBS) $(CUNIT_LIBS) -lpthread
threaded_tests += tests/unit/test_sinkthread
threaded_programs += tests/unit/test_sinkthread
tests_unit_test_inputs_SOURCES = tests/unit/test_inputs.c
tests_unit_test_inputs_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_inputs_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_fingerprint_SOURCES = tests/unit/test_fingerprint.c core/worker/fingerprint.c core/worker/fingerprint_wide.c
tests_unit_test_fingerprint_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_fingerprint_LDADD   = core/libbase.la $(XXHASH_LIBS) $(CUNIT_LIBS)
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c
tests_unit_test_ledger_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_ledger_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
tests_unit_test_wire_SOURCES   = tests/unit/test_wire.c
tests_unit_test_wire_CFLAGS    = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_wire_LDADD     = core/libbase.la $(CUNIT_LIBS)
endif
if HAVE_CUNIT
check_PROGRAMS += tests/unit/test_distinct
TESTS += tests/unit/test_distinct
tests_unit_test_distinct_SOURCES = tests/unit/test_distinct.c
tests_unit_test_distinct_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_distinct_LDADD   = core/libhost.la core/libbase.la $(CUNIT_LIBS)
endif
