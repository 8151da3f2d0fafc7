#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_x12, and 200 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
X12_SETS="$srcdir/plugins/parsers/x12/sets" "$builddir/tests/fuzz/fuzz_x12" -mutations="${MUTATIONS:-200}" "$srcdir/tests/fuzz/x12"
