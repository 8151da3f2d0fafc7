# SPDX-License-Identifier: Apache-2.0
# The csv parser, in all dialects and any chunks.
EXTRA_DIST += tests/fuzz/csv
check_PROGRAMS += tests/fuzz/fuzz_csv
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c $(FUZZ_MAIN)
tests_fuzz_fuzz_csv_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_csv_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_csv_LDADD   = plugins/parsers/csv/libcsv.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_csv.sh
TESTS += tests/fuzz/replay_csv.sh
endif
