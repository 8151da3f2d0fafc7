# SPDX-License-Identifier: Apache-2.0
# ISO 20022 messages.
EXTRA_DIST += tests/fuzz/iso20022
check_PROGRAMS += tests/fuzz/fuzz_iso20022
tests_fuzz_fuzz_iso20022_SOURCES = tests/fuzz/fuzz_iso20022.c $(FUZZ_MAIN)
tests_fuzz_fuzz_iso20022_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_iso20022_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_iso20022_LDADD   = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_iso20022.sh
TESTS += tests/fuzz/replay_iso20022.sh
endif
