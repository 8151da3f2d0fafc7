#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The csv parser over a corpus of files with known verdicts, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}/csv
[ -f "$corpus/MANIFEST.tsv" ] || skip "no corpus at $corpus"
if is_sanitized; then export INVARIANT_MAX=${INVARIANT_MAX:-400}; fi # the plain build tries every size on longer files, too
python3 "$srcdir/tests/conformance/csv.py" "$builddir/tests/conformance/csv_show" "$builddir/tests/conformance/csv_guess" "$corpus"
