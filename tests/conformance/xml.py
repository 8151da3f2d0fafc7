#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the XML reading core and libxml2 over a corpus and prints what agrees; argues every difference.

xml.py SHOW CORPUS [--write docs/CONFORMANCE.md]     SHOW: tests/conformance/xml_show; CORPUS has the folders xml and iso20022
Exit 1 when verdict or events differ and no reason is given below, or when windows or records matter.
"""
import collections
import os
import re
import subprocess
import sys

REASONS = (
    ("libxml2/test/errors/truncated-utf16.xml", "half a character behind the root element; libxml2 does not look at it"),
    ("iso-2022-jp", "an encoding with shift states, which cannot be cut; the document has a DOCTYPE as well"),
)


def manifest(corpus, part):
    with open(os.path.join(corpus, part, "MANIFEST.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            m = dict(zip(head, line.rstrip("\n").split("\t")))
            if m["kind"] in ("golden", "support-file", "tree-dump", "json") or m["path"].endswith(".json"):
                continue
            yield os.path.join(corpus, part, m["path"]), m


def show(program, paths):
    for i in range(0, len(paths), 200):
        got = subprocess.run([program] + paths[i:i + 200], stdout=subprocess.PIPE, check=True)
        for line in got.stdout.decode("utf-8", "replace").split("\n")[:-1]:
            part = line.split("\t")
            if len(part) >= 5:
                yield part[0], part[1].split(": ")[1], part[2].split(": ")[1], part[3], "\t".join(part[4:])


def main():
    program, corpus = sys.argv[1:3]
    out = []
    unexplained = []
    argued = []
    rules = collections.Counter()
    out += ["Every file is read by the XML parsers' core and by libxml2, as one chunk and in windows from 1 byte on, with elements of "
            "depth 0 to 3 as records: the same verdict, events, place and line of the error. Namespace errors count as errors.", "",
            "| files | well-formed by both, the same events | refused by both | DOCTYPE, refused by name | differ |",
            "|---|---:|---:|---:|---:|"]
    for part, what in (("xml", "W3C, libxml2, roxmltree, fuzz corpora, attacks"), ("iso20022", "ISO 20022 messages and schemas")):
        paths = dict(manifest(corpus, part))
        counts = collections.Counter()
        n = 0
        for path, core, oracle, verdict, why in show(program, sorted(paths)):
            name = os.path.relpath(path, os.path.join(corpus, part))
            n += 1
            if verdict == "same":
                counts["doctype" if core == "doctype" else "good" if core == "good" else "bad"] += 1
                if core not in ("good", "doctype"):
                    rules[core] += 1
                continue
            counts["differ"] += 1
            reason = next((r for key, r in REASONS if key in name), None)
            text = f"`{name}`: core {core}, libxml2 {oracle}"
            if reason and verdict == "verdict":
                argued.append(f"- {text}: {reason}.")
            else:
                unexplained.append(f"{text}: {verdict}: {why}")
        if n != len(paths):
            unexplained.append(f"{part}: {len(paths)} files, {n} answers")
        out.append(f"| {what}: {n} | {counts['good']} | {counts['bad']} | {counts['doctype']} | {counts['differ']} |")
    out += ["", "Rules of the refused: " + ", ".join(f"`{r}` ({k})" for r, k in rules.most_common()) + ".", ""]
    out += ["Verdicts that differ:", ""] + argued if argued else []
    text = "\n".join(out)
    print(text)
    for u in unexplained:
        print("UNEXPLAINED", u)
    if "--write" in sys.argv:
        where = sys.argv[sys.argv.index("--write") + 1]
        with open(where, encoding="utf-8") as f:
            doc = f.read()
        begin, end = "<!-- begin xml -->", "<!-- end xml -->"
        if begin not in doc:
            doc += f"\n## XML\n{begin}\n{end}\n"
        doc = doc[:doc.index(begin)] + f"{begin}\n\n{text}\n\n" + doc[doc.index(end):]
        with open(where, "w", encoding="utf-8") as f:
            f.write(re.sub(r"\n{3,}", "\n\n", doc))
    return 1 if unexplained else 0


sys.exit(main())
