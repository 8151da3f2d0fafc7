#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Identifications that come twice are found whatever lies between them: in one document of many chunks, with random ones that
# go to disk, the same findings for any workers and chunks, nobody for others; of messages, also in the objects of other runs.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin iso20022 sqlite source-file jsonl

data=$srcdir/tests/data/iso20022
mkdir "$T/inbox"
config () { # RULES [COMMIT]
  cat > "$T/x.conf" <<CONF
pipeline: {
  name = "x"; state = "$T/state.x"; commit = "${2:-object}"; errors: { keep_findings = 100000; };
  source: { plugin = "source-file"; path = [ "$T/inbox" ]; settle = "0s"; };
  parser: { plugin = "iso20022"; definitions = "$srcdir/plugins/parsers/xml/iso20022/messages"; rules: { $1 }; };
  sinks = ( { plugin = "sqlite"; path = "$T/x.db"; } );
};
CONF
  chmod 600 "$T/x.conf"
}
found () { sqlite3 "$T/state.x/state.db" "SELECT q.offset, q.line, q.text FROM quarantine q JOIN objects o ON q.object = o.id WHERE o.name LIKE '%$1' AND q.rule = '$2' ORDER BY 1"; }

# 20000 transactions with random identifications of 16 hex digits, a dozen of which come again, from near to far
python3 - "$data/pacs008.xml" "$T" <<'PY'
import random, re, sys
text = open(sys.argv[1]).read()
records = re.findall(r"      <CdtTrfTxInf>.*?</CdtTrfTxInf>\n", text, re.S)
random.seed(7)
n, last = 20000, re.sub("<(Dbtr|Cdtr)>.*?</\\1>", "", records[2])
ids = ["%016x" % random.getrandbits(64) for i in range(n)]
again = {1: 0, 17: 16, 600: 2, 5000: 4000, 9999: 3, 12345: 12344, 15000: 100, 19990: 17000, 19997: 5, 19998: 5, 19999: 5}
for late, early in again.items():
    ids[late] = ids[early]
body = "".join(last.replace("E2E-3", i) for i in ids)
text = text.replace("".join(records), body).replace("<NbOfTxs>3<", "<NbOfTxs>%d<" % n).replace(">1510.75<", ">%.2f<" % (10.25 * n))
open(sys.argv[2] + "/inbox/far.xml", "w").write(text)
at = [m.start() for m in re.finditer("<CdtTrfTxInf>", text)]
with open(sys.argv[2] + "/expected", "w") as f:
    first = {}
    for i, ident in enumerate(ids):
        if ident in first:
            f.write("%d|%d|expected an identification of its own in the message: the one at offset %d has it\n" % (
                len(text[:at[i]].encode()), text.count("\n", 0, at[i]) + 1, len(text[:at[first[ident]]].encode())))
        else:
            first[ident] = i
PY
[ "$(wc -l < "$T/expected")" = 11 ] || fail "the sample has 11 identifications that come again"
for how in "--workers=1 64K" "--workers=2 1M" "--workers=3 13K"; do
  rm -rf "$T/state.x" "$T/x.db"
  config ''
  sed -i "s|commit =|limits: { chunk = \"${how#* }\"; }; commit =|" "$T/x.conf"
  expect_status 0 "$PENSTOCK" run ${how% *} "$T/x.conf"
  found far.xml duplicate_id > "$T/found"
  same "$T/found" "$T/expected"
done
rm -rf "$T/state.x" "$T/x.db"
config 'duplicate_id = "reject";'
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "expected an identification of its own in the message: the one at offset"
[ "$(sqlite3 "$T/x.db" 'SELECT count(*) FROM transactions')" = 0 ] || fail "nothing of far.xml may be visible"

# the same identification in two messages is none; of the messages themselves it is
rm -rf "$T/state.x" "$T/x.db" "$T/inbox/far.xml"
two () { echo '<All>'; for i in 1 2; do sed "s/PACS-1/$1-$(($2 * i))/; /^<?xml/d" "$data/pacs008.xml"; done; echo '</All>'; }
two A 1 > "$T/inbox/a.xml"
two B 0 > "$T/inbox/b.xml"
config 'repeated_message = "reject";'
expect_status 1 "$PENSTOCK" run "$T/x.conf"
[ -z "$(found a.xml duplicate_id)$(found a.xml duplicate_message)" ] || fail "a.xml has no duplicates"
line=$(grep -n '<h:AppHdr' "$T/inbox/b.xml" | tail -1 | cut -d: -f1)
first=$(grep -bo '<h:AppHdr' "$T/inbox/b.xml" | head -1 | cut -d: -f1) second=$(grep -bo '<h:AppHdr' "$T/inbox/b.xml" | tail -1 | cut -d: -f1)
expect_text "$T/err" "b.xml:$line: offset $second: duplicate_message: message_id: expected an identification of its own in the document: the one at offset $first has it"
# other runs: an accepted message must not come again, one that was refused may
two A 2 > "$T/inbox/c.xml"
sed 's/PACS-1/B-0/' "$data/pacs008.xml" > "$T/inbox/d.xml"
rm "$T/inbox/b.xml"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "repeated_message: message_id: expected an identification that no earlier object has: "
expect_text "$T/err" "a.xml has it"
[ "$(sqlite3 "$T/state.x/state.db" "SELECT group_concat(name || ' ' || status, ', ') FROM (SELECT replace(name, '$T/inbox/', '') AS name, status FROM objects WHERE status <> 'skipped' ORDER BY id)")" \
  = "a.xml committed, b.xml refused, c.xml refused, d.xml committed" ] || { sqlite3 "$T/state.x/state.db" 'SELECT name, status, why FROM objects' >&2; fail "c.xml refused, d.xml accepted"; }
