#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The iso20022 man page has every table, column and rule, and is well-formed.
. "${srcdir:-.}/tests/lib.sh"
requires python3
srcdir=$srcdir python3 "$srcdir/tests/plugins/iso20022_manpage.py" || fail "the page is not what the definitions say"
for option in definitions messages elements; do
  grep -q "^\.It Ic $option" "$srcdir/docs/penstock-iso20022.7" || fail "option $option is not in the page"
done
if command -v mandoc >/dev/null; then
  mandoc -T lint -W warning "$srcdir/docs/penstock-iso20022.7" || fail "mandoc finds fault with penstock-iso20022.7"
fi
