#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The xml man page says what the parser has, and is well-formed.
. "${srcdir:-.}/tests/lib.sh"
requires python3
python3 "$srcdir/tests/plugins/xml_manpage.py"
if command -v mandoc >/dev/null; then
  mandoc -T lint -W warning "$srcdir/docs/penstock-xml.7" || fail "mandoc finds fault with penstock-xml.7"
fi
