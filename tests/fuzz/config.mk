# SPDX-License-Identifier: Apache-2.0
# Configuration files, descriptions and packed options.
EXTRA_DIST += tests/fuzz/config
check_PROGRAMS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_config_LDADD   = core/libhost.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_config.sh
TESTS += tests/fuzz/replay_config.sh
endif
