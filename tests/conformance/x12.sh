#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The x12 parser over a corpus of files with known verdicts, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}/x12
[ -f "$corpus/MANIFEST.tsv" ] || skip "no corpus at $corpus"
if is_sanitized; then export INVARIANT_MAX=${INVARIANT_MAX:-1500}; fi # the plain build tries every size on longer files, too
python3 "$srcdir/tests/conformance/x12.py" "$builddir/tests/conformance/x12_show" "$srcdir/plugins/parsers/x12/sets" "$corpus"
