# SPDX-License-Identifier: Apache-2.0
# NACHA files.
EXTRA_DIST += tests/fuzz/corpus/nacha
check_PROGRAMS += tests/fuzz/fuzz_nacha
tests_fuzz_fuzz_nacha_SOURCES = tests/fuzz/fuzz_nacha.c $(FUZZ_MAIN)
tests_fuzz_fuzz_nacha_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_nacha_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_nacha_LDADD   = plugins/parsers/nacha/libnacha.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_nacha.sh
TESTS += tests/fuzz/replay_nacha.sh
endif
