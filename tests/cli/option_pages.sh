#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual page of every parser, and that of the encoders, lists the options that they say they have, all of them and no
# others.
. "${srcdir:-.}/tests/lib.sh"
requires python3
for plugin in csv iso20022 nacha x12 xml jsonl rows; do
  "$PENSTOCK" describe --json "$plugin" > "$T/$plugin.json"
done
python3 - "$srcdir/docs" "$T" << 'PY'
import json, re, sys
bad = seen = 0
pages = [(p, "parser", [p]) for p in ("csv", "iso20022", "nacha", "x12", "xml")]
for title, kind, plugins in pages + [("encoders", "encoder", ["csv", "jsonl", "rows"])]:
    has = set()
    for name in plugins:
        for line in open(f"{sys.argv[2]}/{name}.json", encoding="utf-8"):
            plugin = json.loads(line)
            if kind in plugin["kinds"]:
                has |= {o["name"] for o in plugin["options"]}
    page = open(f"{sys.argv[1]}/penstock-{title}.7", encoding="utf-8").read()
    section = re.search(r"^\.Sh OPTIONS\n(.*?)^\.Sh ", page, re.M | re.S)[1]
    told = set()
    for item in re.findall(r"^\.It (.*)$", section, re.M):
        told |= {name for name in re.findall(r"Ic (\S+)", item)}
    # rules. stands for all of them, which a list of their own has
    missing = {n for n in has if n not in told and not (n.startswith("rules.") and "rules." in told)}
    extra = {n for n in told if n != "rules." and n not in has}
    for name in sorted(missing):
        print(f"penstock-{title}.7 lacks the option {name}")
    for name in sorted(extra):
        print(f"penstock-{title}.7 has {name}, which is no option there")
    bad += len(missing) + len(extra)
    seen += len(has)
assert seen > 60, f"only {seen} options: describe says less than there is"
sys.exit(bad != 0)
PY
