#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The XML reading core beside libxml2 over a corpus, where one lies beside the checkout (CORPUS=... names another).
. "${srcdir:-.}/tests/lib.sh"
requires python3
corpus=${CORPUS:-$srcdir/../shared/corpus}
[ -f "$corpus/xml/MANIFEST.tsv" ] && [ -f "$corpus/iso20022/MANIFEST.tsv" ] || skip "no corpus at $corpus"
python3 "$srcdir/tests/conformance/xml.py" "$builddir/tests/conformance/xml_show" "$corpus"
