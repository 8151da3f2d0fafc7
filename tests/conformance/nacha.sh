#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The nacha parser over a corpus of files with known verdicts, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}/nacha
[ -f "$corpus/MANIFEST.tsv" ] || skip "no corpus at $corpus"
if is_sanitized; then export INVARIANT_MAX=${INVARIANT_MAX:-2000}; fi # the plain build tries every size on longer files, too
python3 "$srcdir/tests/conformance/nacha.py" "$builddir/tests/conformance/nacha_show" "$corpus"
