#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_config, and 5000 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_config" -mutations="${MUTATIONS:-5000}" "$srcdir/tests/fuzz/config"
