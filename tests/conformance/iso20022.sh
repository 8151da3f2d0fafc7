#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The iso20022 parser over a corpus of files with known verdicts, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}/iso20022
[ -f "$corpus/MANIFEST.tsv" ] || skip "no corpus at $corpus"
abs () { (cd "$(dirname "$1")" && printf '%s/%s\n' "$PWD" "$(basename "$1")"); }
if is_sanitized; then export INVARIANT_MAX=${INVARIANT_MAX:-1700}; fi # the plain build tries every size on longer files, too
python3 "$srcdir/tests/conformance/iso20022.py" "$(abs "$builddir/tests/conformance/iso20022_show")" \
  "$(abs "$srcdir/plugins/parsers/xml/iso20022/messages")" "$corpus"
