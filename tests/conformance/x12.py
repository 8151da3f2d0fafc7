#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the x12 parser over a corpus with known verdicts and envelope facts, and prints what agrees; argues every difference.

x12.py SHOW DEFINITIONS CORPUS [--write docs/CONFORMANCE.md]     SHOW: tests/conformance/x12_show
Exit 1 when a definite verdict or an envelope fact differs and no reason is given below, or when chunk sizes matter.
"""
import collections
import json
import os
import re
import subprocess
import sys

INVARIANT_MAX = int(os.environ.get("INVARIANT_MAX", 6000))  # bytes up to which every chunk size is tried

# A definite verdict that this parser does not share, and why: by path.
REASONS = {
    "berrywave/tests/data/850.edi": "CTT01 is \"Q2\", which is no number; upstream does not read CTT",
    "node-x12/test/test-data/850_fat.edi": "two interchanges of one file have the same control number (ISA13); `rules.duplicate_interchange = \"warn\"` lets it pass",
    "omniparser/extensions/omniv21/samples/edi/3_x12_834.input.txt": "GS04 is 20231614, which is no date; `rules.group_header = \"warn\"` lets it pass",
    "pyx12/834_eol_in_element.edi": "a line break inside of an element: a file that was wrapped, or mixed terminators; `rules.line_break = \"warn\"` lets it pass",
    "staedi/x12/empty997.edi": "a 997 of ST and SE alone: its definition has AK1 and AK9 as mandatory, as the standard has; upstream checks no definition",
    "staedi/x12/sample275_with_HL7_valid_BIN01.edi": "a binary segment (BIN): its data may hold delimiters; such sets are refused, clearly and on purpose",
    "kartik-x12/packages/x12-edi-tools/tests/fixtures/batch_with_one_bad_transaction.x12": "the error is in what the implementation guide of 270 asks for; no definition of 270 is installed, its segments come out as they are",
    "pyx12/ele.edi": "the errors are in what an 837's implementation guide asks of elements; no definition of 837 is installed",
    "pyx12/per_segment_repeat.edi": "the error is a segment that an 837's implementation guide allows once; no definition of 837 is installed",
    "pyx12/simple1.edi": "the error is in what an 837's implementation guide asks for; no definition of 837 is installed",
}


def manifest(corpus):
    with open(os.path.join(corpus, "MANIFEST.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            yield dict(zip(head, line.rstrip("\n").split("\t")))


def show(program, definitions, path, invariant):
    args = [program] + (["-i"] if invariant else []) + ["-o", "definitions=" + definitions, path]
    text = subprocess.run(args, capture_output=True, timeout=120).stdout.decode("utf-8", "surrogateescape")
    status = re.search(r"^status (-?\d+) recognised -?\d+ invariant (\d) warn (\d+) record (\d+) object (\d+)$", text, re.M)
    if not status:
        return None
    rows, findings = text.split("--- rows\n", 1)[1].split("--- findings\n", 1)
    findings, claims = findings.split("--- claims\n", 1)
    claims, broken = claims.split("--- broken\n", 1)
    return {"status": int(status[1]), "invariant": status[2] == "1", "warn": int(status[3]), "rows": rows, "broken": broken.strip(),
            "refused": int(status[4]) + int(status[5]) + len(claims.splitlines()),
            "rules": [f.split(" ", 1)[0] for f in (findings + claims).splitlines() if " warn " not in f[:60]]}


def unescape(text):
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


def envelope(rows):
    """Interchanges with their groups and sets, as our tables have them, and the segments of all sets."""
    tables = collections.defaultdict(list)
    for line in rows.splitlines():
        name, _, rest = line.partition("|")
        tables[name].append({k: unescape(v) for k, _, v in (c.partition("=") for c in rest.split("|"))})
    sets = collections.defaultdict(list)
    for s in tables["transaction_sets"]:
        sets[s.get("group_ordinal")].append([s.get("set_id"), s.get("control_number"), int(s.get("segment_count", -1))])
    groups = collections.defaultdict(list)
    for g in tables["groups"]:
        groups[g["interchange_ordinal"]].append(
            (g.get("functional_id"), g.get("control_number"), g.get("release"), sets[g["group_ordinal"]]))
    return [(i.get("control_number"), i.get("element_separator"), i.get("component_separator"), i.get("segment_terminator"),
             groups[i["interchange_ordinal"]]) for i in tables["interchanges"]]


def golden(corpus, path):
    """The same from the facts beside the file; None where there are none."""
    try:
        with open(os.path.join(corpus, path + ".expected.json"), encoding="utf-8") as f:
            e = json.load(f)["envelope"]
        return [(i["isa13"].strip(), "%02x" % ord(e["element_separator"]), e["component_separator"], "%02x" % ord(e["segment_terminator"]),
                 [(g["gs01"], g["gs06"], g["gs08"], [[t[0], t[1].strip(), t[2]] for t in g["transactions"]]) for g in i["groups"]])
                for i in e["interchanges"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def main():
    program, definitions, corpus = sys.argv[1:4]
    table = collections.defaultdict(collections.Counter)
    conditional, argued, unexplained = collections.Counter(), [], []
    n = small = compared = sets = 0
    for m in manifest(corpus):
        if m["kind"] == "golden":
            continue
        n += 1
        verdict = m["expected_verdict"].split(":")[0]
        path = os.path.join(corpus, m["path"])
        is_small = os.path.getsize(path) <= INVARIANT_MAX
        small += is_small
        got = show(program, definitions, path, is_small)
        if not got or got["status"] or not got["invariant"] or got["broken"]:
            unexplained.append(f"{m['path']}: status, chunks or contract: {got and {k: got[k] for k in ('status', 'invariant', 'broken')}}")
            continue
        ours = "refused" if got["refused"] else "warnings" if got["warn"] else "accepted"
        table[verdict][ours] += 1
        if verdict == "conditional" and ours == "refused":
            conditional[got["rules"][0]] += 1
        if (verdict == "valid" and ours == "refused") or (verdict == "invalid" and ours != "refused"):
            if m["path"] in REASONS:
                argued.append(f"- {verdict}, but {ours}: `{m['path']}`: {REASONS[m['path']]}.")
            else:
                unexplained.append(f"{m['path']}: {m['expected_verdict']}, but {ours} {got['rules'][:3]}")
        facts = golden(corpus, m["path"])
        if facts and ours != "refused":
            mine = envelope(got["rows"])
            compared += 1
            sets += sum(len(g[3]) for i in facts for g in i[4])
            if mine != facts:
                unexplained.append(f"{m['path']}: envelope: {mine} and {facts}")
    out = [f"{n} files with default options and the installed definitions; the {small} of up to {INVARIANT_MAX} bytes in windows of every "
           "size: the same rows, findings, totals and acknowledgements. A file counts as refused where anything in it is.", "",
           "| expected | accepted | accepted, with warnings | something refused |", "|---|---:|---:|---:|"]
    for v in ("valid", "invalid", "conditional"):
        out.append(f"| {v} | {table[v]['accepted']} | {table[v]['warnings']} | {table[v]['refused']} |")
    out += ["", "*Conditional* files are read by one library and refused by another, mostly for counts that are wrong. They are refused here for "
            + ", ".join(f"`{r}` ({k})" for r, k in conditional.most_common()) + "; each of these rules can be set to warn or off.", "",
            "Verdicts that differ:", ""] + argued
    out += ["", f"{compared} accepted files have a list of their delimiters, interchanges, groups and sets, with control numbers, releases and segment "
            f"counts, made by an independent script: all are equal ({sets} sets)."]
    text = "\n".join(out)
    print(text)
    for u in unexplained:
        print("UNEXPLAINED", u)
    if "--write" in sys.argv:
        where = sys.argv[sys.argv.index("--write") + 1]
        with open(where, encoding="utf-8") as f:
            doc = f.read()
        begin, end = "<!-- begin x12 -->", "<!-- end x12 -->"
        if begin not in doc:
            doc += f"\n## X12\n{begin}\n{end}\n"
        doc = doc[:doc.index(begin)] + f"{begin}\n\n{text}\n\n" + doc[doc.index(end):]
        with open(where, "w", encoding="utf-8") as f:
            f.write(doc)
    return 1 if unexplained else 0


sys.exit(main())
