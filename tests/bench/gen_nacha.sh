#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gen_nacha.sh - the generator's hashes, counts, totals and check digits are right by awk's count, and one digit wrong on request.
. "${srcdir:-.}/tests/lib.sh"
requires awk cmp

cat > "$T/verify.awk" <<'EOA'
# Says nothing where the file is right, else one word for each thing that is wrong.
function f(a, b) { return substr ($0, a, b - a + 1) }
function low10(v) { return v - int (v / 1e10) * 1e10 }
length ($0) != 94 { print "length" }
{ lines++ }
/^5/ { batches++; n = h = d = c = 0; trace = ""; if (f(88, 94) + 0 != batches) print "batch-order" }
/^6/ {
  n++; h += f(4, 11); if (f(3, 3) == 7) d += f(30, 39); else c += f(30, 39)
  s = 0; split ("3 7 1 3 7 1 3 7", w, " ")
  for (i = 1; i <= 8; i++) s += substr ($0, 3 + i, 1) * w[i]
  if ((10 - s % 10) % 10 != f(12, 12)) print "check-digit"
  if (f(80, 94) <= trace) print "trace"
  if (f(30, 39) == 0) print "zero"
  if (want7) print "addenda"
  trace = f(80, 94); want7 = f(79, 79) + 0
}
/^7/ { n++; if (f(88, 94) != substr (trace, 9, 7)) print "addenda-trace"; if (!want7) print "orphan"; want7 = 0 }
/^8/ {
  if (f(5, 10) + 0 != n) print "entry-count"
  if (f(11, 20) + 0 != low10(h)) print "entry-hash"
  if (f(21, 32) + 0 != d) print "debit"
  if (f(33, 44) + 0 != c) print "credit"
  if (f(88, 94) + 0 != batches) print "batch-number"
  N += n; H += low10(h); D += d; C += c
}
/^9/ && !done {
  done = 1; b = f(2, 7) + 0; k = f(8, 13) + 0
  if (f(14, 21) + 0 != N) print "file-count"
  if (f(22, 31) + 0 != low10(H)) print "file-hash"
  if (f(32, 43) + 0 != D) print "file-debit"
  if (f(44, 55) + 0 != C) print "file-credit"
}
END {
  if (b != batches) print "file-batches"
  if (lines % 10) print "filler"
  if (k != lines / 10) print "file-blocks"
}
EOA

for args in '-n 1' '-n 25000' '-s 1M --seed 7' '-n 30000 --batch 77' '-n 20000 --one-batch --seed 3' '-n 9000 --mix ppd,ccd,web --batch 500'; do
  "$GEN_NACHA" $args > "$T/a"
  "$GEN_NACHA" $args -o "$T/b"
  cmp "$T/a" "$T/b" || fail "$args: not the same twice"
  said=$(awk -f "$T/verify.awk" "$T/a" | sort -u | tr '\n' ' ')
  [ -z "$said" ] || fail "$args: wrong: $said"
done
"$GEN_NACHA" -n 25000 --seed 2 | cmp -s - "$T/a" && fail "the seed changes nothing"
addenda=$("$GEN_NACHA" -n 100000 | grep -c '^7')
[ "$addenda" -gt 4500 ] && [ "$addenda" -lt 5500 ] || fail "$addenda addenda on 100000 entries, expected one in twenty"

"$GEN_NACHA" -n 3000 --batch 1000 > "$T/right"
for kind in check-digit entry-hash entry-count debit credit batch-number file-batches file-blocks file-count file-hash file-debit file-credit; do
  "$GEN_NACHA" -n 3000 --batch 1000 --corrupt "$kind" > "$T/wrong"
  [ "$(cmp -l "$T/right" "$T/wrong" | wc -l)" = 1 ] || fail "--corrupt $kind changed more or less than one byte"
  said=$(awk -f "$T/verify.awk" "$T/wrong" | sort -u | tr '\n' ' ')
  [ "$said" = "$kind " ] || fail "--corrupt $kind is seen as: $said"
done
expect_status 2 "$GEN_NACHA" -n 10 --corrupt debit@2
lines=$("$GEN_NACHA" -n 100 | wc -l)
[ "$("$GEN_NACHA" -n 100 --eol none | wc -c)" = $((94 * lines)) ] || fail "--eol none: wrong size"
[ "$("$GEN_NACHA" -n 100 --eol crlf | wc -c)" = $((96 * lines)) ] || fail "--eol crlf: wrong size"
