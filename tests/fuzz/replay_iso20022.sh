#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_iso20022, and mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_iso20022" -mutations="${MUTATIONS:-200}" "$srcdir/tests/fuzz/iso20022"
