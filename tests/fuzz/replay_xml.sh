#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every kept input of fuzz_xml, and 500 mutations of each.
. "${srcdir:-.}/tests/lib.sh"
"$builddir/tests/fuzz/fuzz_xml" -mutations="${MUTATIONS:-500}" "$srcdir/tests/fuzz/xml"
