#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The x12 man page says what parser and definitions have, and is well-formed.
. "${srcdir:-.}/tests/lib.sh"
requires python3
python3 "$srcdir/tests/plugins/x12_manpage.py"
if command -v mandoc >/dev/null; then
  mandoc -T lint -W warning "$srcdir/docs/penstock-x12.7" || fail "mandoc finds fault with penstock-x12.7"
fi
