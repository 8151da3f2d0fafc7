#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The ISO 20022 examples as they are installed: transfers in the database, statements as CSV, a bad transaction aside; wrong
# totals, a truncated document and mixed kinds refused with one reason and nothing seen of them; the same rows for any number
# of workers and size of chunk.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin iso20022 sqlite source-file jsonl encoder-csv stdout

messages=$srcdir/plugins/parsers/xml/iso20022/messages
data=$srcdir/tests/data/iso20022
example () { sed "s|plugin *= \"iso20022\";|& definitions = \"$messages\";|" "$srcdir/etc/examples/$1" > "$T/$1"; chmod 600 "$T/$1"; }
example pacs008-to-sqlite.conf
example camt053-to-csv.conf
sed -i "s|out/|csv/|" "$T/camt053-to-csv.conf"

mkdir "$T/inbox"
cp "$data/pacs008.xml" "$T/inbox/a.xml"
expect_status 0 "$PENSTOCK" run "$T/pacs008-to-sqlite.conf"
expect_text "$T/err" "settlement_total 1510.75"
query () { sqlite3 -separator '|' "$T/payments.db" "$1"; }
query "SELECT \"transaction\", end_to_end_id, CAST(amount AS TEXT), currency, message_kind, priority, debtor_name, _line
  FROM transactions ORDER BY 1" | sed 's/|\(100050000\|50000000\|1025000\)|/|&|/;s/||/|/g' > "$T/rows"
[ "$(wc -l < "$T/rows")" = 3 ] || { cat "$T/rows" >&2; fail "three transactions expected"; }
grep -q '^1|E2E-1|.*|EUR|pacs.008|NORM|Bjørn & Søn|24$' "$T/rows" || { cat "$T/rows" >&2; fail "E2E-1"; }
grep -q '^2|E2E-2|.*|EUR|pacs.008|HIGH|Denis|37$' "$T/rows" || { cat "$T/rows" >&2; fail "E2E-2"; }
[ "$(query "SELECT count(*) || ' ' || group_concat(value) FROM elements")" = "3 Local,fast,FRA" ] || fail "supplementary data"

# a transaction that breaks a rule costs itself; the totals hold all the same
sed 's/PACS-1/PACS-2/; s/>DE89370400440532013000</>DE88370400440532013000</' "$data/pacs008.xml" > "$T/inbox/b.xml"
expect_status 1 "$PENSTOCK" run "$T/pacs008-to-sqlite.conf"
expect_text "$T/err" 'b.xml:29: offset 1113: iban: debtor_account_iban: expected check digits that fit, found "DE88370400440532013000"'
[ "$(query "SELECT count(*) FROM transactions")" = 5 ] || fail "two transactions of b.xml expected beside three of a.xml"

# one reason for each bad document, and nothing of it
bad () { # NAME REASON: the document on standard input
  cat > "$T/inbox/$1.xml"
  expect_status 1 "$PENSTOCK" run "$T/pacs008-to-sqlite.conf"
  grep "$1.xml" "$T/err" | grep -q "$2" || { cat "$T/err" >&2; fail "$1: \"$2\" was expected"; }
  [ "$(query "SELECT count(*) FROM transactions")" = 5 ] || fail "$1: nothing of it may be visible"
  [ "$(query "SELECT count(*) FROM messages")" = 2 ] || fail "$1: nothing of it may be visible"
}
sed 's/PACS-1/C-1/; s/<NbOfTxs>3</<NbOfTxs>2</' "$data/pacs008.xml" | bad count 'xml:16: offset 171: transaction_count.* claims 2, computed 3\|transaction_count.*claims 2, computed 3'
sed 's/PACS-1/C-2/; s/<CtrlSum>1510.75</<CtrlSum>1510.74</' "$data/pacs008.xml" | bad sum 'control_sum.*claims 1510.74000, computed 1510.75000'
sed 's/PACS-1/C-3/' "$data/pacs008.xml" | head -c 3000 | bad short "truncated.*expected </.*found the document's end"
sed 's/PACS-1/C-4/; s/<FIToFICstmrCdtTrf>/<PmtRtr>/; s/<.FIToFICstmrCdtTrf>/<\/PmtRtr>/' "$data/pacs008.xml" | bad root 'message_root.*expected FIToFICstmrCdtTrf'
{ echo '<All>'; sed 's/PACS-1/C-5/; /^<?xml/d' "$data/pacs008.xml"; sed '/^<?xml/d' "$data/camt053.xml"; echo '</All>'; } \
  | bad mixed 'mixed_kinds.*expected pacs.008 like the first message, found camt.053'

# statements
rm "$T"/inbox/*
cp "$data/camt053.xml" "$T/inbox/s.xml"
mkdir "$T/csv"
expect_status 0 "$PENSTOCK" run "$T/camt053-to-csv.conf"

python3 - "$T/csv" <<'PY'
import csv, glob, sys
def rows(table):
    (name,) = glob.glob(f"{sys.argv[1]}/*.{table}.csv")
    return list(csv.DictReader(open(name, newline="")))
e = rows("statement_entries")
assert [(r["entry"], r["amount"], r["credit_debit"], r["status"]) for r in e] == [
    ("1", "200.25000", "DBIT", "BOOK"), ("2", "25.00000", "CRDT", "BOOK"), ("3", "15.00000", "CRDT", "PDNG")], e
d = rows("entry_details")
assert [(r["entry"], r["detail"], r["end_to_end_id"], r["creditor_name"]) for r in d] == [
    ("1", "1", "E-1", "Carla Costa"), ("1", "2", "E-2", "Denis")], d
b = rows("balances")
assert [(r["balance_type"], r["amount"]) for r in b] == [("OPBD", "100.00000"), ("CLBD", "75.25000")], b
PY
sed 's/STMT-2026/STMT-2027/; s/>25.00</>25.01</' "$data/camt053.xml" > "$T/inbox/wrong.xml"
expect_status 1 "$PENSTOCK" run "$T/camt053-to-csv.conf"
expect_text "$T/err" "closing_balance claims -75.25000, computed -75.24000"
[ -z "$(find "$T/csv" -name '*wrong*')" ] || fail "a file of wrong.xml"

# the same bytes for any workers and chunks
python3 - "$data/pacs008.xml" > "$T/big.xml" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
records = re.findall(r"      <CdtTrfTxInf>.*?</CdtTrfTxInf>\n", text, re.S)
n = 400
many = "".join("".join(r.replace("E2E-", "E2E-%05d-" % i) for r in records) for i in range(n))
text = text.replace("".join(records), many).replace("<NbOfTxs>3<", "<NbOfTxs>%d<" % (3 * n))
sys.stdout.write(text.replace(">1510.75<", ">%.2f<" % (1510.75 * n)))
PY
for workers in 1 3; do
  for chunk in 64K 300K; do
    "$PENSTOCK" cat -p iso20022 -O "definitions=$messages" -j $workers --chunk $chunk "$T/big.xml" > "$T/out.$workers.$chunk" 2> "$T/err" || { cat "$T/err" >&2; fail "cat -j $workers --chunk $chunk"; }
    same "$T/out.$workers.$chunk" "$T/out.1.64K"
  done
done
[ "$(grep -c '"_table":"transactions"' "$T/out.1.64K")" = 1200 ] || fail "1200 transactions expected"
