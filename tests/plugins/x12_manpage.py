#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that penstock-x12.7 lists every table, column and rule as parser and definitions have them; --write brings it up to date."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "penstock-x12.7")
SOURCE = os.path.join(TOP, "plugins", "parsers", "x12")
LEVEL = {"R": "reject", "W": "warn", "O": "off"}
KIND = {"TEXT": "text", "LONG": "int64", "DATE": "date"}
KEYS = ("set_ordinal", "segment_ordinal", "parent_ordinal")


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as f:
        return f.read()


def escape(text):
    text = text.replace("\\", "\\e")
    return "\\&" + text if text[:1] in ".'" else text


def item(name, kind, doc):
    out = [".It Va %s Pq %s" % (name, kind)]
    if doc:
        out.append(escape(doc[0].upper() + doc[1:]).rstrip(".") + ".")
    return out


def fixed():
    """The tables of rows.c, by their names there."""
    source = read("rows.c")
    out = []
    for name, array in re.findall(r'\{ "(\w+)", (\w+_cols), N', source):
        body = source.split("pen_col_spec %s[] = {\n" % array)[1].split("\n};")[0]
        out += [".Ss %s" % name, ".Bl -tag -width 4n -compact"]
        for line in re.sub(r'",\s*\n\s*"', '", "', re.sub(r'"\s*\n\s*"', "", body)).split("\n"):
            m = re.match(r'  (TEXT|LONG|DATE) \("(\w+)", "((?:[^"\\]|\\.)*)"\),$', line)
            e = re.match(r"  E \((\d+)\),$", line)
            assert m or e, line
            if m:
                out += item(m[2], KIND[m[1]], m[3])
            elif e[1] == "01":
                out += item("e01 No to Va e30", "text", "elements")
        out.append(".El")
    return out


def column_kind(word):
    if word in ("AN", "ID"):
        return "text"
    if word == "DT":
        return "date"
    if word == "TM":
        return "text"
    return "int64" if word == "N0" else "decimal(28,%s)" % word[1]


def tables_of(name):
    """Tables and columns of a definition, in the order in which it names them."""
    tables, loops, now = {}, [], None
    for line in read("sets/" + name + ".def").split("\n"):
        quoted = re.search(r'"([^"]*)"', line)
        doc = quoted[1] if quoted else ""
        words = re.sub(r'"[^"]*"', "", line.split("#")[0] if not quoted else line).split()
        if not words:
            continue
        if words[0] == "row":
            loops = [words[1]]
            tables.setdefault(words[1], {})
        elif words[0] in ("loop", "segment"):
            own = words[words.index("row") + 1] if "row" in words else None
            if own:
                tables.setdefault(own, {})
            if words[0] == "loop":
                loops.append(own or "")
            now = own or next(t for t in reversed(loops) if t)
        elif words[0] == "end":
            loops.pop()
        elif words[0] == "pair" or re.match(r"\d", words[0]):
            column, kind = (words[3], words[4]) if words[0] == "pair" else (words[1], words[2] if len(words) > 2 else "")
            if column not in ("-", "~"):
                where = tables[now].setdefault(column, [column_kind(kind), doc])
                where[1] = where[1] or doc
    return tables


def table_text():
    out = fixed()
    for name in [w for w in re.sub("#.*", "", read("sets/index")).split()]:
        for table, columns in tables_of(name).items():
            out += [".Ss %s Pq %s" % (table, name), ".Bl -tag -width 4n -compact"]
            for column, (kind, doc) in columns.items():
                out += item(column, kind, doc)
            out.append(".El")
    return "\n".join(out) + "\n"


def rule_text():
    source = read("rules.h")
    found = re.findall(r'X \((\w+),\s*([RWO]), "(.*?)"\)', source)
    assert len(found) == len(re.findall(r"^  X \(", source, re.M)), len(found)
    out = [".Bl -tag -width 4n -compact"]
    for code, level, doc in found:
        out += [".It Cm %s Pq %s" % (code, LEVEL[level]), escape(doc[0].upper() + doc[1:]) + "."]
    out.append(".El")
    return "\n".join(out) + "\n"


def fill(page, name, text):
    begin, end = '.\\" begin %s\n' % name, '.\\" end %s\n' % name
    head, rest = page.split(begin)
    return head + begin + text + end + rest.split(end)[1]


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    want = fill(fill(page, "tables", table_text()), "rules", rule_text())
    options = re.findall(r'^  \{ "(\w+)", PEN_', read("plugin.c"), re.M)
    missing = [o for o in options if not re.search(r"^\.It Ic %s\b" % o, page, re.M)]
    if missing:
        sys.exit("docs/penstock-x12.7 lacks the options: " + ", ".join(missing))
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(want)
    elif want != page:
        sys.exit("docs/penstock-x12.7 is not up to date: run tests/plugins/x12_manpage.py --write")
    print("%d lines of tables and rules, %d options" % (want.count("\n.It "), len(options)))


main()
