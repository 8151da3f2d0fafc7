#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Messages validated with schemas of the user in jailed workers: a good file, a bad record aside, a message over the limit refused
# or let through, the same for any workers and chunks; broken schemas are errors of the configuration; memory is counted.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin iso20022 sqlite source-file jsonl stdout

data=$srcdir/tests/data/iso20022
mkdir "$T/xsd" "$T/inbox"
cp "$data"/schemas/*.xsd "$T/xsd"
config () { # SCHEMA [RULES]
  cat > "$T/x.conf" <<CONF
pipeline: {
  name = "x"; state = "$T/state.x"; limits: { workers = 2; chunk = "64K"; };
  source: { plugin = "source-file"; path = [ "$T/inbox" ]; };
  parser: { plugin = "iso20022"; definitions = "$srcdir/plugins/parsers/xml/iso20022/messages";
            schema: { directory = "$T/xsd"; files = [ "pacs.xsd", "head.xsd" ]; $1 }; rules: { ${2:-} }; };
  sinks = ( { plugin = "sqlite"; path = "$T/x.db"; } );
};
CONF
  chmod 600 "$T/x.conf"
}
count () { sqlite3 "$T/x.db" 'SELECT count(*) FROM transactions'; }

# the limit counts in the bound of every worker
config 'limit = "8M";'
expect_status 0 "$PENSTOCK" check "$T/x.conf"
expect_text "$T/out" "worker: chunk + longest record: 2 x 12352K"
expect_text "$T/out" "cutter: memory of the parser's own"
expect_text "$T/out" "worker: memory of the parser's own: 2 x 32M"
config 'limit = "8M"; memory = "64K";'
expect_status 78 "$PENSTOCK" check "$T/x.conf"
expect_text "$T/err" "schema.memory: expected at least "
config 'limit = "8M";'

cp "$data/pacs008.xml" "$T/inbox/good.xml"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
[ "$(count)" = 3 ] || fail "three transactions expected, got $(count)"

sed 's/PACS-1/PACS-2/; 0,/<ChrgBr>SLEV/s//<ChrgBr>NONE/' "$data/pacs008.xml" > "$T/inbox/bad.xml"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "bad.xml:27: offset 1113: xsd: Element 'ChrgBr': [facet 'enumeration'] The value 'NONE' is not an element of the set {'SLEV', 'SHAR'}."
[ "$(count)" = 5 ] || fail "two of bad.xml's transactions expected, got $(count)"

# messages of 5 MB, more than a window has without schemas, and a file of many small ones
python3 - "$data/pacs008.xml" "$T" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
records = re.findall(r"      <CdtTrfTxInf>.*?</CdtTrfTxInf>\n", text, re.S)
def message(ident, n, last=""):
    many = "".join("".join(r.replace("E2E-", "E2E-%05d-" % i) for r in records) for i in range(n)) + last
    t = text.replace("".join(records), many).replace("PACS-1", ident).replace("<NbOfTxs>3<", "<NbOfTxs>%d<" % (3 * n))
    return t.replace(">1510.75<", ">%.2f<" % (1510.75 * n))
long = message("LONG-1", 2100)
assert 5e6 < len(long) < 7e6, len(long)
open(sys.argv[2] + "/long.xml", "w").write(long)
inside = re.compile(r"(?s).*<BusinessMessage>(.*)</BusinessMessage>.*")
many = [inside.match(message("M-%d" % i, 20)).group(1) for i in range(40)]
many[33] = many[33].replace("<ChrgBr>SHAR</ChrgBr>", "", 1)
open(sys.argv[2] + "/many.xml", "w").write("<All>" + "".join(many) + "</All>")
PY
cp "$T/long.xml" "$T/inbox/"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
[ "$(count)" = 6305 ] || fail "6300 transactions of long.xml expected beside 5, got $(count)"
config 'limit = "3M";'
sed 's/LONG-1/LONG-2/' "$T/long.xml" > "$T/inbox/longer.xml"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "xsd_limit: expected a message of at most schema.limit = 3145728 bytes to validate, found a longer one"
[ "$(count)" = 6305 ] || fail "nothing of longer.xml may be visible"
config 'limit = "3M";' 'xsd_limit = "warn";'
rm "$T/inbox/longer.xml"
sed 's/LONG-1/LONG-3/' "$T/long.xml" > "$T/inbox/let.xml"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "xsd_limit: expected a message of at most"
[ "$(count)" = 12605 ] || fail "6300 transactions of let.xml expected, got $(($(count) - 6305))"

# the same rows and findings for any workers and chunks
for how in "-j 1 --chunk 5M" "-j 3 --chunk 64K" "-j 2 --chunk 8K"; do
  "$PENSTOCK" cat -p iso20022 -O "definitions=$srcdir/plugins/parsers/xml/iso20022/messages" -O "schema.directory=$T/xsd" \
    -O schema.files=pacs.xsd -O schema.files=head.xsd $how "$T/many.xml" > "$T/many.out" 2> "$T/many.err" || true
  grep -q "xsd: Element 'ChrgsInf': This element is not expected. Expected is ( ChrgBr )" "$T/many.err" || { cat "$T/many.err" >&2; fail "many.xml: $how"; }
  [ -e "$T/many.1" ] || cp "$T/many.out" "$T/many.1"
  same "$T/many.out" "$T/many.1"
done
[ "$(grep -c '"_table":"transactions"' "$T/many.1")" = 2399 ] || fail "2399 of 2400 transactions expected"

# a document type is refused before any of it is looked at
sed '1s|.*|<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>|' "$data/pacs008.xml" > "$T/inbox/typed.xml"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "typed.xml:1: offset 0: doctype"

# a message of XSD_MB, under the highest limit: validated as a whole, within what check says
python3 - "$data/pacs008.xml" "$T/inbox/most.xml" "${XSD_MB:-8}" <<'PY'
import re, sys
text = open(sys.argv[1]).read().replace("PACS-1", "MOST-1")
records = re.findall(r"      <CdtTrfTxInf>.*?</CdtTrfTxInf>\n", text, re.S)
n = int(sys.argv[3]) * 1000000 // len("".join(records))
head, tail = text.replace("".join(records), "\0").replace("<NbOfTxs>3<", "<NbOfTxs>%d<" % (3 * n)).replace(">1510.75<", ">%.2f<" % (1510.75 * n)).split("\0")
with open(sys.argv[2], "w") as f:
    f.write(head)
    for i in range(n):
        f.write("".join(records).replace("E2E-", "E2E-%06d-" % i))
    f.write(tail)
PY
rm -f "$T"/inbox/[!m]*.xml "$T"/x.db*
config 'limit = "64M";'
expect_status 0 "$PENSTOCK" check "$T/x.conf"
bound=$(sed -n 's/^ *\([0-9]*\)  bytes at most$/\1/p' "$T/out")
measured "$PENSTOCK" run "$T/x.conf" > "$T/out" 2> "$T/err"
echo "schema.limit 64M, a message of ${XSD_MB:-8} MB: peak $peak of $bound bytes in $looks looks"
[ "$status" = 0 ] || { head -5 "$T/err" >&2; fail "most.xml: status $status"; }
if [ "$(id -u)" = 0 ] && ! is_sanitized; then
  [ "$looks" -ge 5 ] && [ "$peak" -gt 0 ] && [ "$peak" -le "$bound" ] || fail "the bound does not hold"
fi
rm "$T/inbox/most.xml"
cp "$data/pacs008.xml" "$T/inbox/good.xml"

# schemas that are not good
sed -i 's/type="Transfer"/type="Nothing"/' "$T/xsd/pacs.xsd"
expect_status 78 "$PENSTOCK" check "$T/x.conf"
expect_text "$T/err" "schema.files: pacs.xsd:10: element decl."
rm "$T/xsd/routing.xsd"
cp "$data/schemas/pacs.xsd" "$T/xsd"
expect_status 78 "$PENSTOCK" check "$T/x.conf"
expect_text "$T/err" "pacs.xsd: it includes or imports \"https://example.com/schemas/routing.xsd\": cannot open $T/xsd/routing.xsd: No such file or directory"
