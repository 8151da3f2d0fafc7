#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The XML example as it is installed: rows with types and children in the database, bad orders aside; and the same rows for any
# number of workers and size of chunk.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin xml sqlite source-file jsonl stdout

cp "$srcdir/etc/examples/xml-to-sqlite.conf" "$T/x.conf"
chmod 600 "$T/x.conf"
mkdir "$T/inbox"
cp "$srcdir/tests/data/xml/orders.xml" "$T/inbox/a.xml"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
query () { sqlite3 -separator '|' "$T/orders.db" "$1"; }
query "SELECT record_no, id, shop, ordered, customer, total, currency, notes, _line FROM orders ORDER BY record_no" > "$T/rows"
cat > "$T/want" <<'END'
1|A-1|Köln|2025-01-31T22:30:00Z|Smith & Sons|3150|EUR|left; <right>|4
2|A-2|Köln|2025-02-01T08:00:00Z||700|USD||13
END
same "$T/rows" "$T/want"
query "SELECT record_no, no, sku, quantity, price FROM lines ORDER BY 1, 2" > "$T/rows"
printf '1|1|BOLT|10|125\n1|2|NUT|20|95\n' > "$T/want"
same "$T/rows" "$T/want"

# an order that breaks a rule costs itself and its lines
sed 's/<Price>0.95</<Price>95 cents</; s/id="A-/id="B-/' "$srcdir/tests/data/xml/orders.xml" > "$T/inbox/b.xml"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "b.xml:11: offset 166: type: price: expected decimal(12,2), found \"95 cents\""
[ "$(query "SELECT group_concat(id) FROM (SELECT id FROM orders ORDER BY id)")" = A-1,A-2,B-2 ] || fail "A-1, A-2 and B-2 expected"
[ "$(query "SELECT count(*) FROM lines")" = 2 ] || fail "the lines of B-1 must not be seen"

# 1 worker = N workers, whatever the chunks
python3 - "$T/many.xml" <<'PY'
import sys
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write('<?xml version="1.0"?>\n<o xmlns="urn:1" d="D">')
    for i in range(4000):
        f.write('<g n="%d"><h>head</h>' % i if i % 100 == 0 else "")
        f.write('<r i="%d" a=\'x/>&lt;y\'><v>%s</v><!-- </r> --><w><![CDATA[</r>%d]]></w><e/></r>\r\n' % (i, "ä" * (i % 70), i))
        f.write("</g>" if i % 100 == 99 else "")
        f.write("<?p </g> ?>" if i % 7 == 0 else "")
    f.write("</o>\n")
PY
for how in "-j 1" "-j 2 -c 64K" "-j 3 -c 1000" "-j 2 -c 1"; do
  # shellcheck disable=SC2086
  "$PENSTOCK" cat -p xml -l $how -O record=/o/g/r -O "columns=i int path(@i) required" -O "columns=a string path(@a)" \
    -O "columns=g int path(../@n)" -O "columns=d string path(../../@d)" -O "columns=v string" -O "columns=w string" \
    "$T/many.xml" > "$T/got" 2> "$T/err" || { cat "$T/err" >&2; fail "cat $how"; }
  [ -e "$T/first" ] || cp "$T/got" "$T/first"
  same "$T/got" "$T/first"
done
[ "$(wc -l < "$T/first")" = 4000 ] || fail "4000 rows expected, $(wc -l < "$T/first") came"
python3 - "$T/many.xml" "$T/first" <<'PY'
import json, sys, xml.etree.ElementTree as E
n = "{urn:1}"
want = [(int(r.get("i")), r.get("a"), int(g.get("n")), "D", r.findtext(n + "v") or None, r.findtext(n + "w"))
        for g in E.parse(sys.argv[1]).getroot().iter(n + "g") for r in g.iter(n + "r")]
got = [(d["i"], d["a"], d["g"], d["d"], d.get("v"), d["w"]) for d in map(json.loads, open(sys.argv[2], encoding="utf-8"))]
sys.exit(got != want and "rows are not as Python's ElementTree has them")
PY
