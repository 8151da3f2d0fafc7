#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that penstock-xml.7 lists every option with its default, and every rule, as the parser's sources have them."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = os.path.join(TOP, "plugins", "parsers", "xml")


def main():
    with open(os.path.join(TOP, "docs", "penstock-xml.7"), encoding="utf-8") as f:
        page = f.read()
    text = ""
    for folder in (SOURCES, os.path.join(SOURCES, "core")):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    text += f.read()
    bad = []
    options = re.findall(r'\{ "([\w.]+)", PEN_[A-Z]+, [^,]+, FIELD \(\w+\), (NULL|"[^"]*"),', text)
    for name, default in options:
        want = ".It Ic " + name
        if default != "NULL":
            value = default.strip('"')
            want += " No = " + (value if value[0].isdigit() else '\\(dq%s\\(dq' % value)
        if want + "\n" not in page:
            bad.append("option: %s" % want)
    rules = set(re.findall(r'(?:xml_note|xml_bad|refuse|tell) \([^;"]*?"([a-z_]+)",', text)) | {"not_well_formed"}
    for rule in rules:
        if ".It Cm %s\n" % rule not in page:
            bad.append("rule: %s" % rule)
    if len(options) < 10 or len(rules) < 10:
        bad.append("only %d options and %d rules found: looked in the wrong place" % (len(options), len(rules)))
    print("%d options, %d rules" % (len(options), len(rules)))
    sys.exit("docs/penstock-xml.7 lacks: " + "; ".join(bad) if bad else 0)


main()
