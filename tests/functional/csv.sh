#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The CSV example as it is installed: rows with types in the database, bad records aside, drift refused, totals compared;
# (SQLite keeps money in cents) and the same rows for any number of workers and any size of chunk.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin parser-csv sqlite source-file jsonl stdout

cp "$srcdir/etc/examples/csv-to-sqlite.conf" "$T/x.conf"
chmod 600 "$T/x.conf"
mkdir "$T/inbox"
cp "$srcdir/tests/data/csv/orders.csv" "$T/inbox/a.csv"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "3 records, 0 rejected"
expect_text "$T/err" "sum_2 123.50"
sqlite3 -separator '|' "$T/orders.db" 'SELECT "Order No", line, sku, quantity, price, ordered, status FROM order_lines ORDER BY _offset' > "$T/rows"
cat > "$T/want" <<'END'
AB-1001|1|BOLT-7|12|350|2024-12-31|open
AB-1001|2|NUT "M6", zinc|400||2024-12-31|shipped
AB-1002|1|PIPE|3|12000|2025-01-02|closed
END
same "$T/rows" "$T/want"

# a bad record costs itself; the trailer counts what was read
cp "$srcdir/tests/data/csv/orders-bad.csv" "$T/inbox/b.csv"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
for rule in stray_quote unclosed_quote type; do expect_text "$T/err" "$rule"; done
expect_text "$T/err" "5 records, 3 rejected"
[ "$(sqlite3 "$T/orders.db" 'SELECT count(*) FROM order_lines')" = 5 ] || fail "2 rows of b.csv expected beside the 3 of a.csv"

# another header than the schema's: nothing of the file is seen, and the difference is told in words
cp "$srcdir/tests/data/csv/orders-drift.csv" "$T/inbox/c.csv"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" '- "quantity" is missing (expected as column 4); + column 4 "amount" is not in the schema'
[ "$(sqlite3 "$T/orders.db" 'SELECT count(*) FROM order_lines')" = 5 ] || fail "nothing of c.csv expected"

# 1 worker = N workers, whatever the chunks: a file with every kind of quoting, and broken lines in between
awk 'BEGIN { print "a,b,c"; for (i = 1; i <= 3000; i++) { printf "%d,\"x %d\"\"y\"\", z\",\"l\nm\"\n", i, i
  if (i % 97 == 0) print "q,\"stray"; if (i % 131 == 0) print "5\" pipe,x,y"; if (i % 151 == 0) print "\"a\"b,c,d" } }' > "$T/mixed.csv"
for how in "-j 1" "-j 2 -c 64K" "-j 3 -c 1000" "-j 2 -c 4K"; do
  # shellcheck disable=SC2086
  "$PENSTOCK" cat -p csv -l $how "$T/mixed.csv" > "$T/got" 2> "$T/err" && fail "broken lines must tell by the status"
  grep -v 'object' "$T/err" | grep 'mixed.csv' > "$T/found"
  [ -e "$T/first" ] || { cp "$T/got" "$T/first"; cp "$T/found" "$T/first.found"; }
  same "$T/got" "$T/first"
  same "$T/found" "$T/first.found"
done
[ "$(wc -l < "$T/first")" = 3000 ] || fail "3000 rows expected, $(wc -l < "$T/first") came"
