#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_serve, and 2000 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_serve" -mutations="${MUTATIONS:-2000}" "$srcdir/tests/fuzz/serve"
