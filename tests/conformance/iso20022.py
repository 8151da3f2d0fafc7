#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the iso20022 parser over a corpus with known verdicts and facts: iso20022.py SHOW DEFINITIONS CORPUS [--write DOC]

A file counts as refused where anything in it is. Every file up to LIMIT bytes is run in windows of every size, the others in
some. Facts are counts of elements and identifications that were taken from the files by another program."""
import collections, json, os, re, subprocess, sys

LIMIT = int(os.environ.get("INVARIANT_MAX", 5000))
show, definitions, corpus = sys.argv[1:4]
GOOD, BAD = "accepted", "refused"

# Why a verdict differs: the rule that refuses, or the words of the manifest, and the reason.
WHY_REFUSED = {
    "iban": "a made-up IBAN: its check digits or its length are wrong, which a schema does not see; `rules.iban = \"warn\"`",
    "bic": "a made-up BIC in a message without a namespace",
    "balance": "made-up balances: opening balance and entries do not make the closing one; `rules.balance = \"warn\"`",
    "entry_count": "the summary does not count the entries that the statement has; `rules.entry_count = \"warn\"`",
    "entry_sum": "the summary does not count the entries that the statement has; `rules.entry_count = \"warn\"`",
    "missing_namespace": "no namespace, which the standard asks for; `rules.missing_namespace = \"warn\"` reads it by its root element",
    "no_message": "the message is text inside of another element (CDATA), or none",
    "transaction_count": "NbOfTxs or CtrlSum is wrong, which a schema does not see",
    "payment_count": "NbOfTxs or CtrlSum is wrong, which a schema does not see",
    "payment_sum": "NbOfTxs or CtrlSum is wrong, which a schema does not see",
    "length": "an element that must have a value is empty",
}
WHY_ACCEPTED = [
    ("xsd(libxml2): pain.013", "pain.013 has no definition: its elements are kept, and the rule `unknown_kind` warns"),
    ("sequence", "the order of elements is the schema's business"),
    ("unknown element", "an element that the definition does not have is kept in the table elements; `rules.unknown_element = \"reject\"`"),
    ("wrong document", "a statement without statements: the number of elements is the schema's business"),
    ("CBPR+", "a rule of the CBPR+ usage guidelines or of the schema beyond what is checked here"),
]

def run(args, paths):
    out = subprocess.run([show, "-o", "definitions=" + definitions] + args + paths, capture_output=True, text=True, errors="replace").stdout
    seen, part, cur = {}, None, None
    for line in out.split("\n"):
        if line.startswith("=== "):
            cur = seen[line[4:]] = {"head": None, "rows": [], "findings": [], "claims": [], "broken": []}
            part = None
        elif line.startswith("--- "):
            part = line[4:]
        elif cur is not None and cur["head"] is None:
            w = line.split()
            cur["head"] = dict(zip(w[::2], w[1::2]))
        elif line and part:
            cur[part].append(line)
    return seen

def facts(path, r):
    """Facts of the golden file that do not hold."""
    golden = path + ".expected.json"
    if not os.path.exists(golden):
        return None
    want = json.load(open(golden)).get("facts") or {}
    if any(l.startswith("unknown_kind") for l in r["findings"]) or not any(row.startswith("messages|") for row in r["rows"]):
        return None
    tables = collections.Counter(row.split("|")[0] for row in r["rows"])
    value = lambda column: [c[len(column) + 1:] for row in r["rows"] for c in row.split("|") if c.startswith(column + "=")]
    wrong = []
    for tag, table in (("PmtInf", "payments"), ("Ntry", "statement_entries"), ("TxDtls", "entry_details"), ("CdtTrfTxInf", "transactions"),
                       ("DrctDbtTxInf", "transactions"), ("TxInfAndSts", "transactions"), ("TxInf", "transactions"),
                       ("Stmt", "statements"), ("Rpt", "statements"), ("Ntfctn", "statements")):
        if tag in want and want[tag] != tables[table]:
            wrong.append(f"{tag}: {want[tag]} expected, {tables[table]} rows of {table}")
    if "MsgId" in want and want["MsgId"] not in value("message_id"):
        wrong.append(f"MsgId {want['MsgId']}: {value('message_id')[:2]}")
    if str(want.get("NbOfTxs", "")).isdigit() and any(x.startswith("pa") for x in value("message_kind")) \
            and str(int(want["NbOfTxs"])) not in value("number_of_transactions"):
        wrong.append(f"NbOfTxs {want['NbOfTxs']}: {value('number_of_transactions')[:2]}")
    for ns in want.get("message_namespaces", []):
        if re.search(r"\b(?!head)[a-z]{4}[.]\d{3}[.]\d{3}[.]\d\d", ns) and ns not in value("namespace"):
            wrong.append(f"namespace {ns}")
    return wrong

files = [l.rstrip("\n").split("\t") for l in open(corpus + "/MANIFEST.tsv", encoding="utf-8")][1:]
files = [f for f in files if f[6] not in ("golden", "xsd") and f[7].split(":")[0] != "support"]
os.chdir(corpus)
small = [f[0] for f in files if os.path.getsize(f[0]) <= LIMIT]
large = [f[0] for f in files if os.path.getsize(f[0]) > LIMIT]
seen = run(["-i"], small)
seen.update(run([], large))
for chunk in ("4096", "70000"):
    for path, r in run(["-c", chunk], large).items():
        if r["rows"] != seen[path]["rows"] or r["findings"] != seen[path]["findings"]:
            sys.exit(f"{path}: windows of {chunk} bytes give something else than one")

table, refused, accepted, unexplained = collections.Counter(), collections.defaultdict(list), collections.defaultdict(list), []
checked = equal = 0
for f in files:
    r, verdict = seen.get(f[0]), f[7].split(":")[0]
    if not r or not r["head"] or r["head"]["status"] != "0" or r["head"]["invariant"] != "1":
        sys.exit(f"{f[0]}: {r and r['head']} {r and r['broken'][:3]}")
    if [b for b in r["broken"] if not b.startswith("seam") or not any("not_well_formed" in x for x in r["findings"])]:
        sys.exit(f"{f[0]}: contract broken: {r['broken'][:3]}")
    bad = int(r["head"]["record"]) + int(r["head"]["object"]) > 0
    warned = not bad and int(r["head"]["warn"]) > 0
    table[verdict, BAD if bad else "warned" if warned else GOOD] += 1
    if not bad:
        wrong = facts(f[0], r)
        if wrong is not None:
            checked += 1
            equal += not wrong
            if wrong:
                unexplained.append(f"{f[0]}: {wrong}")
    if verdict == "valid" and bad:
        rules = [l.split()[0] for l in r["findings"] + r["claims"] if l.split()[1] in ("record", "object", "2", "3")]
        why = next((WHY_REFUSED[x] for x in rules if x in WHY_REFUSED), None)
        refused[why].append(f[0]) if why else unexplained.append(f"{f[0]}: valid, but {rules[:3]}")
    if verdict == "invalid" and not bad:
        why = next((w for words, w in WHY_ACCEPTED if words in f[7]), None)
        accepted[why].append(f[0]) if why else unexplained.append(f"{f[0]}: {f[7][:150]}")

text = [f"{len(files)} files with default options and the installed definitions; the {len(small)} of up to {LIMIT} bytes in windows of every size,"
        " the others in some: the same rows, findings and totals. A file counts as refused where anything in it is.", "",
        "| expected | accepted | accepted, with warnings | something refused |", "|---|---:|---:|---:|"]
for v in ("valid", "invalid", "conditional", "unspecified"):
    text.append(f"| {v} | {table[v, GOOD]} | {table[v, 'warned']} | {table[v, BAD]} |")
text += ["", "*Conditional* files are read by one library and are not valid by their schema. Verdicts that differ:", ""]
for word, group in (("valid, but refused", refused), ("invalid, but accepted", accepted)):
    text += [f"- {len(p)}: {word}: {why}" for why, p in sorted(group.items(), key=lambda g: -len(g[1]))]
text += ["", f"{checked} accepted files of kinds with a definition have facts that another program took from them (identifications, numbers of payments, transactions,"
         f" entries and details, namespaces): {equal} are equal.", ""]
print("\n".join(text))
if "--write" in sys.argv:
    doc = sys.argv[sys.argv.index("--write") + 1]
    page = open(doc).read()
    a, b = page.index("<!-- begin iso20022 -->") + len("<!-- begin iso20022 -->"), page.index("<!-- end iso20022 -->")
    open(doc, "w").write(page[:a] + "\n\n" + "\n".join(text) + "\n" + page[b:])
if unexplained:
    sys.exit("not explained:\n" + "\n".join(unexplained))
