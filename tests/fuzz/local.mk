# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: under libFuzzer with --enable-fuzz (CC=clang), else replayed over their kept inputs and mutations.
EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/replay.c tests/fuzz/corpus_wire.py tests/fuzz/wire tests/fuzz/seat
if FUZZ
FUZZ_MAIN =
FUZZ_COMPILE = -fsanitize=fuzzer
FUZZ_LINK = -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay.c
FUZZ_COMPILE =
FUZZ_LINK =
endif

check_PROGRAMS += tests/fuzz/fuzz_wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c $(FUZZ_MAIN)
tests_fuzz_fuzz_wire_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_wire_LDADD   = core/libjail.la core/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_seat
tests_fuzz_fuzz_seat_SOURCES = tests/fuzz/fuzz_seat.c $(FUZZ_MAIN)
tests_fuzz_fuzz_seat_CFLAGS  = $(AM_CFLAGS) $(UV_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_seat_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_seat_LDADD   = core/libhost.la

if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_wire.sh
TESTS += tests/fuzz/replay_wire.sh
endif
include tests/fuzz/config.mk
include tests/fuzz/serve.mk
include tests/fuzz/nacha.mk
include tests/fuzz/csv.mk
include tests/fuzz/x12.mk
include tests/fuzz/xml.mk
include tests/fuzz/http.mk
include tests/fuzz/iso20022.mk
include tests/fuzz/decoders.mk
