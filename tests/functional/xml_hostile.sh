#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile XML, read by xml and by iso20022: entities, nesting without end, texts of 100 MB, encodings that are others, documents cut off,
# tags that do not fit. Each is refused with one reason at its place, nothing of it is seen, and all of them together take no more
# memory than `penstock check` says. HOSTILE_MB and HOSTILE_DEPTH are the sizes.
. "${srcdir:-.}/tests/lib.sh"
requires python3 sqlite3
requires_plugin xml iso20022 source-file sink-file jsonl
megabytes=${HOSTILE_MB:-100} depth=${HOSTILE_DEPTH:-1000000}
is_sanitized && megabytes=${HOSTILE_MB:-24} depth=${HOSTILE_DEPTH:-100000}

mkdir "$T/in"
python3 "$srcdir/tests/functional/xml_hostile.py" "$T/in" "$megabytes" "$depth" > "$T/expected"

parser_of () {
  case $1 in
    xml) echo 'plugin = "xml"; record = "/p:Document/p:FIToFICstmrCdtTrf/p:CdtTrfTxInf";
      namespaces = [ "p=urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08" ]; columns = [ "id string path(PmtId/EndToEndId)", "debtor string path(Dbtr/Nm)", "lines.a string path(@a)" ]; tables = [ "lines L" ];' ;;
    iso20022) echo "plugin = \"iso20022\"; definitions = \"$srcdir/plugins/parsers/xml/iso20022/messages\";" ;;
  esac
}
for parser in xml iso20022; do
  D=$T/$parser
  mkdir -p "$D/in" "$D/out"
  awk -F'\t' -v p="$parser" '$2 == "-" || $2 == p' "$T/expected" > "$D/expected"
  while IFS=$'\t' read -r name _; do ln "$T/in/$name.xml" "$D/in/"; done < "$D/expected"
  cat > "$D/x.conf" <<END
pipeline: {
  name = "$parser"; state = "$D/state";
  source: { plugin = "file"; path = [ "$D/in/*.xml" ]; };
  parser: { $(parser_of $parser) };
  sinks: ( { plugin = "file"; path = "$D/out/{object}.{table}.jsonl"; } );
  limits: { workers = 2; };
};
END
  chmod 600 "$D/x.conf"
  expect_status 0 "$PENSTOCK" check "$D/x.conf"
  bound=$(sed -n 's/^ *\([0-9]*\)  bytes at most$/\1/p' "$T/out")
  measured "$PENSTOCK" run "$D/x.conf" > "$T/out" 2> "$D/err"
  [ "$status" = 1 ] || { head -20 "$D/err" >&2; fail "$parser: exit status $status, expected 1"; }
  echo "$parser: peak $peak of $bound bytes in $looks looks"
  [ -z "$(find "$D/out" -type f)" ] || { find "$D/out" -type f | head >&2; fail "$parser: something of a document is seen"; }
  python3 - "$D" <<'PY' || fail "$parser: not each document was refused with one reason at its place"
import re, sqlite3, sys
folder, wrong = sys.argv[1], []
said = open(folder + "/err", encoding="utf-8", errors="replace").read().replace("penstock: " + folder + "/in/", "").split("\n")
db = sqlite3.connect(folder + "/state/state.db")
status = {name.split("/")[-1]: s for name, s in db.execute("SELECT name, status FROM objects")}
expected = [line.rstrip("\n").split("\t") for line in open(folder + "/expected")]
for name, _, line, offset, column, rule, words in expected:
    about = [s for s in said if re.match(rf"{name}\.xml:\d+: offset ", s)]
    begin = f"{name}.xml:{line}: offset {offset}: {rule}: " + (f"column {column}: " if column != "0" else "")
    if len(about) != 1 or not about[0].startswith(begin) or words not in about[0]:
        wrong.append(f"expected once: {begin}...{words}...\n  found: " + "\n         ".join(about or [s for s in said if name in s]))
    if status.get(name + ".xml") != "refused":
        wrong.append(f"{name}: status {status.get(name + '.xml')}")
if len(status) != len(expected) or not expected:
    wrong.append(f"{len(expected)} documents, {len(status)} in the journal")
sys.exit("\n".join(wrong) or None)
PY
  if [ "$(id -u)" = 0 ] && ! is_sanitized; then
    [ "$looks" -ge 5 ] && [ "$peak" -gt 0 ] && [ "$peak" -le "$bound" ] && [ "$peak" -le $((96 << 20)) ] \
      || fail "$parser: peak of $peak bytes in $looks looks, at most $bound and 96 MiB expected"
  fi
done
