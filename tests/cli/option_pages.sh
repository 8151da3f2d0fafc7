#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual page of every parser lists the options that the parser says it has, all of them and no others.
. "${srcdir:-.}/tests/lib.sh"
requires python3
for parser in csv iso20022 nacha x12 xml; do
  "$PENSTOCK" describe --json "$parser" > "$T/$parser.json"
done
python3 - "$srcdir/docs" "$T" << 'PY'
import json, re, sys
bad = seen = 0
for parser in "csv", "iso20022", "nacha", "x12", "xml":
    has = set()
    for line in open(f"{sys.argv[2]}/{parser}.json", encoding="utf-8"):
        plugin = json.loads(line)
        if "parser" in plugin["kinds"]:
            has |= {o["name"] for o in plugin["options"]}
    page = open(f"{sys.argv[1]}/penstock-{parser}.7", encoding="utf-8").read()
    section = re.search(r"^\.Sh OPTIONS\n(.*?)^\.Sh ", page, re.M | re.S)[1]
    told = set()
    for item in re.findall(r"^\.It (.*)$", section, re.M):
        told |= {name for name in re.findall(r"Ic (\S+)", item)}
    # rules. stands for all of them, which a list of their own has
    missing = {n for n in has if n not in told and not (n.startswith("rules.") and "rules." in told)}
    extra = {n for n in told if n != "rules." and n not in has}
    for name in sorted(missing):
        print(f"penstock-{parser}.7 lacks the option {name}")
    for name in sorted(extra):
        print(f"penstock-{parser}.7 has {name}, which is no option of {parser}")
    bad += len(missing) + len(extra)
    seen += len(has)
assert seen > 60, f"only {seen} options: describe says less than there is"
sys.exit(bad != 0)
PY
