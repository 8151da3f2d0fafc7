#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The X12 example as it is installed: orders and lines in the database, a bad set aside and its neighbour loaded, wrong counts
# refused; a set of one's own by a definition file; and the same rows for any number of workers and any size of chunk.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin x12 sqlite source-file jsonl stdout

sets=$srcdir/plugins/parsers/x12/sets
sed "s|plugin = \"x12\";|& definitions = \"$sets\";|" "$srcdir/etc/examples/x12-to-sqlite.conf" > "$T/x.conf"
chmod 600 "$T/x.conf"
mkdir "$T/inbox"
cp "$srcdir/tests/data/x12/850.edi" "$T/inbox/a.edi"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "1 object"
sqlite3 -separator '|' "$T/orders.db" 'SELECT po_number, po_date, line_number, quantity, l.unit_price, upc FROM purchase_orders o
  JOIN po_lines l USING (set_ordinal) WHERE o.set_ordinal = 1 ORDER BY l._offset' > "$T/rows"
cat > "$T/want" <<'END'
PO00001|2024-06-10|1|48.0000|3.250000|012345678905
PO00001|2024-06-10|2|10.5000|12.500000|
PO00001|2024-06-10|3|1.0000|1999.990000|
END
same "$T/rows" "$T/want"

# a bad set costs itself: its rows stay out, those of the set beside it come
sed 's/\*000000001\*/*000000002*/; s/IEA\*1\*000000001/IEA*1*000000002/; s/PO1\*1\*48\*/PO1*1*4X8*/' "$srcdir/tests/data/x12/850.edi" \
  | awk '/^PO1.1.4X8/ && seen++ { sub(/4X8/, "48") } { print }' > "$T/inbox/b.edi"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" 'element_number: PO102: segment 16: PO102: expected a number with at most 4 decimals, found "4X8"'
[ "$(sqlite3 "$T/orders.db" 'SELECT count(*) FROM transaction_sets')" = 3 ] || fail "one set of b.edi expected beside two of a.edi"

# a trailer that counts wrong refuses the file: its ledger does not balance
sed 's/\*000000001\*/*000000003*/; s/IEA\*1\*000000001/IEA*1*000000003/; s/GE\*2\*1/GE*3*1/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox/c.edi"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "group_sets"
[ "$(sqlite3 "$T/orders.db" 'SELECT count(*) FROM transaction_sets')" = 3 ] || fail "nothing of c.edi expected"

# a transaction set that is not installed: a definition file is all it takes
expect_status 0 "$PENSTOCK" cat -p x12 -O "definitions=$srcdir/tests/data/x12/defs" -t po_change_lines -f csv "$srcdir/tests/data/x12/860.edi"
expect_text "$T/out" "2,DI,0.0000,10.0000,EA,12.500000"

# a control number that an accepted file had: refused in a later run, but not what a refused file had
sed 's/state = "state"/state = "state2"/; s|inbox/\*|inbox2/*|; s/orders.db/orders2.db/; s/ctt_hash = "reject";/used_interchange = "reject";/' "$T/x.conf" > "$T/u.conf"
chmod 600 "$T/u.conf"
mkdir "$T/inbox2"
sed 's/GE\*2\*1/GE*3*1/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox2/a.edi"
expect_status 1 "$PENSTOCK" run "$T/u.conf"
cp "$srcdir/tests/data/x12/850.edi" "$T/inbox2/b.edi"
expect_status 1 "$PENSTOCK" run "$T/u.conf"
[ "$(sqlite3 "$T/orders2.db" 'SELECT count(*) FROM transaction_sets')" = 2 ] || fail "b.edi has the number of a refused file, and is good"
sed 's/PO00001/PO00009/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox2/c.edi"
expect_status 1 "$PENSTOCK" run "$T/u.conf"
expect_text "$T/err" 'c.edi: offset 0: used_interchange: ISA13: expected a control number not used before, found "000000001": '
expect_text "$T/err" 'b.edi has it'
sed 's/BUYERCO        /OTHERCO        /; s/PO00001/PO00010/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox2/d.edi"
expect_status 1 "$PENSTOCK" run "$T/u.conf"
[ "$(sqlite3 "$T/orders2.db" 'SELECT count(*) FROM transaction_sets')" = 4 ] || fail "another sender has numbers of its own, c.edi has none"

# 1 worker = N workers, whatever the chunks: many sets, broken ones and a large one between them, two kinds of delimiters
awk 'function isa(n, e) { printf "ISA%s00%s          %s00%s          %sZZ%sBUYERCO        %sZZ%sSUPPLIERCO     %s240611%s0930%sU%s00401%s%09d%s0%sT%s:~\n", \
       e, e, e, e, e, e, e, e, e, e, e, e, e, n, e, e, e }
  function set(k, lines,  i) { printf "ST%s850%s%04d~\nBEG%s00%sSA%sPO%d%s%s20240610~\n", e, e, k, e, e, e, k, e, e
    for (i = 1; i <= lines; i++) printf "PO1%s%d%s%d%sEA%s2.5%s%sUP%s%012d~\nPID%sF%s%s%s%sITEM %d~\n", e, i, e, i % 7 + 1, e, e, e, e, e, i, e, e, e, e, e, i
    if (k % 13 == 5) printf "PO1%s1%sx%sEA~\n", e, e, e
    printf "CTT%s%d~\nSE%s%d%s%04d~\n", e, lines + (k % 13 == 5), e, lines * 2 + 4 + (k % 13 == 5), e, k }
  BEGIN { for (n = 1; n <= 3; n++) { e = n == 2 ? "|" : "*"; isa(n, e)
    for (g = 1; g <= 2; g++) { printf "GS%sPO%sB%sS%s20240611%s0930%s%d%sX%s004010~\n", e, e, e, e, e, e, g, e, e
      for (k = 1; k <= 60; k++) set(k, k == 40 && n == 3 ? 3000 : k % 9 + 1)
      printf "GE%s60%s%d~\n", e, e, g }
    printf "IEA%s2%s%09d~\n", e, e, n } }' > "$T/many.edi"
for how in "-j 1" "-j 2 -c 64K" "-j 3 -c 1000" "-j 2 -c 4K"; do
  # shellcheck disable=SC2086
  "$PENSTOCK" cat -p x12 -O "definitions=$sets" -O set_buffer=64K -l $how "$T/many.edi" > "$T/got" 2> "$T/err" && fail "broken sets must tell by the status"
  grep 'many.edi: offset' "$T/err" > "$T/found"
  [ -e "$T/first" ] || { cp "$T/got" "$T/first"; cp "$T/found" "$T/first.found"; }
  same "$T/got" "$T/first"
  same "$T/found" "$T/first.found"
done
[ "$(grep -c '"_table":"transaction_sets"' "$T/first")" = 330 ] || fail "360 sets with 30 broken ones expected, $(grep -c '"_table":"transaction_sets"' "$T/first") came"
[ "$(grep -c '"_table":"acknowledgements"' "$T/first")" = 378 ] || fail "an answer to every set, group and interchange expected"
