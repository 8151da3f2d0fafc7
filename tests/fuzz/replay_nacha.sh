#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_nacha, and mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_nacha" -mutations="${MUTATIONS:-200}" "$srcdir/tests/fuzz/corpus/nacha"
