#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that penstock-nacha.7 lists every table, column and rule as the parser has them; --write brings it up to date."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "penstock-nacha.7")
LEVEL = {"R": "reject", "W": "warn", "O": "off"}
TABLES = (("files", "FILE"), ("batches", "BATCH"), ("entries", "ENTRY"), ("addenda", "ADDENDA"))


def read(name):
    with open(os.path.join(TOP, "plugins", "parsers", "nacha", name), encoding="utf-8") as f:
        return f.read()


def escape(text):
    text = text.replace("\\\\", "\\e")
    return "\\&" + text if text[:1] in ".'" else text


def kind(name, precision, scale):
    return "decimal(%s,%s)" % (precision, scale) if name == "DECIMAL" else name.lower()


def columns(source, table):
    body = source.split("#define NACHA_%s_COLS(X)" % table)[1].split("\n#define")[0].split("\nenum")[0]
    found = re.findall(r'X \((\w+), (\w+), (\d), (\d+), (\d+), (\d+),[\s\\]*"((?:[^"\\]|\\.)*)"\)', body)
    assert len(found) == body.count("X ("), (table, len(found), body.count("X ("))
    return found


def table_text(source):
    out = []
    for name, macro in TABLES:
        out.append(".Ss %s" % name)
        out.append(".Bl -tag -width 4n -compact")
        for col, typ, nullable, precision, scale, _, doc in columns(source, macro):
            null = "" if nullable == "1" else ", never null"
            out.append(".It Va %s Pq %s%s" % (col, kind(typ, precision, scale), null))
            out.append(escape(doc[0].upper() + doc[1:]) + ".")
        out.append(".El")
    return "\n".join(out) + "\n"


def rule_text(source):
    found = re.findall(r'X \((\w+),\s*([RWO]), ([RWO]), ([RWO]), ([RWO]), "(.*?)"\)', source)
    assert len(found) == len(re.findall(r"^  X \(", source, re.M)), len(found)
    out = [".Bl -tag -width 4n -compact"]
    for code, strict, standard, lenient, returns, doc in found:
        out.append(".It Cm %s Pq %s; strict %s, lenient %s, returns %s" % (
            code, LEVEL[standard], LEVEL[strict], LEVEL[lenient], LEVEL[returns]))
        out.append(escape(doc[0].upper() + doc[1:]) + ".")
    out.append(".El")
    return "\n".join(out) + "\n"


def fill(page, name, text):
    begin, end = '.\\" begin %s\n' % name, '.\\" end %s\n' % name
    head, rest = page.split(begin)
    return head + begin + text + end + rest.split(end)[1]


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    want = fill(fill(page, "tables", table_text(read("columns.h"))), "rules", rule_text(read("rules.h")))
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(want)
    elif want != page:
        sys.exit("docs/penstock-nacha.7 is not up to date: run tests/plugins/nacha_manpage.py --write")
    print("%d lines of tables and rules" % (want.count("\n.It ")))


main()
