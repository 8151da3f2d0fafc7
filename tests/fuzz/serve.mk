# SPDX-License-Identifier: Apache-2.0
# What reaches serve: requests, lines of its children, times and zones.
EXTRA_DIST += tests/fuzz/serve
check_PROGRAMS += tests/fuzz/fuzz_serve
tests_fuzz_fuzz_serve_SOURCES = tests/fuzz/fuzz_serve.c $(FUZZ_MAIN)
tests_fuzz_fuzz_serve_CFLAGS  = $(AM_CFLAGS) $(UV_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_serve_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_serve_LDADD   = core/libhost.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_serve.sh
TESTS += tests/fuzz/replay_serve.sh
endif
