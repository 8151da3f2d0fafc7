#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The NACHA samples are what their generator writes.
. "${srcdir:-.}/tests/lib.sh"
requires python3 cmp
python3 "$srcdir/tests/data/nacha/make.py" "$T"
n=0
for f in "$T"/*.ach; do
  cmp "$f" "$srcdir/tests/data/nacha/${f##*/}" || fail "${f##*/} differs from what make.py writes"
  n=$((n + 1))
done
kept=("$srcdir"/tests/data/nacha/*.ach)
[ "$n" = "${#kept[@]}" ] || fail "make.py writes $n samples, the folder holds ${#kept[@]}"
echo "$n samples"
