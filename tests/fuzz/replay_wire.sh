#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_wire and fuzz_seat, and 20000 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_wire" -mutations="${MUTATIONS:-20000}" "$srcdir/tests/fuzz/wire"
"$builddir/tests/fuzz/fuzz_seat" -mutations="${MUTATIONS:-20000}" "$srcdir/tests/fuzz/seat"
