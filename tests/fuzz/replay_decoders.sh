#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_decoders, and 100 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_decoders" -mutations="${MUTATIONS:-100}" "$srcdir/tests/fuzz/decoders"
