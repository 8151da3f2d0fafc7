# SPDX-License-Identifier: Apache-2.0
# X12 files.
EXTRA_DIST += tests/fuzz/x12
check_PROGRAMS += tests/fuzz/fuzz_x12
tests_fuzz_fuzz_x12_SOURCES = tests/fuzz/fuzz_x12.c $(FUZZ_MAIN)
tests_fuzz_fuzz_x12_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_x12_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_x12_LDADD   = plugins/parsers/x12/libx12.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_x12.sh
TESTS += tests/fuzz/replay_x12.sh
endif
