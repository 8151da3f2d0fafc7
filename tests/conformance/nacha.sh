#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The nacha parser over a corpus of files with known verdicts, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}/nacha
[ -f "$corpus/MANIFEST.tsv" ] || skip "no corpus at $corpus"
python3 "$srcdir/tests/conformance/nacha.py" "$builddir/tests/conformance/nacha_show" "$corpus"
