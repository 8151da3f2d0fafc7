#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_csv, and 400 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_csv" -mutations="${MUTATIONS:-400}" "$srcdir/tests/fuzz/csv"
