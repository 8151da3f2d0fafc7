#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables, columns and rules of penstock-iso20022(7) are those of the definition files and of rules.h; --write puts them in."""
import os, re, sys

top = os.environ.get("srcdir", ".")
folder = top + "/plugins/parsers/xml/iso20022"
page = top + "/docs/penstock-iso20022.7"

def words(line):
    doc = re.search(r'"([^"]*)"', line)
    return re.sub(r'"[^"]*"', "", line.split("#")[0] if not doc else line).split(), doc.group(1) if doc else ""

def lines(name):
    for line in open(f"{folder}/messages/{name}.def"):
        w, doc = words(line)
        if w and not w[0].startswith("#"):
            yield w, doc

groups, tables = {}, {}

def column(table, name, kind, doc, where):
    for n, k in [(name, kind.split(":")[0])] + {"amount": [("currency" if name == "amount" else name + "_currency", "text")],
                                                 "datetime": [(name + "_offset", "minutes")]}.get(kind, []):
        c = tables[table].setdefault(n, [k, doc if n == name else "", []])
        c[1] = c[1] or (doc if n == name else "")
        if n == name and where and where not in c[2]:
            c[2].append(where)

def join(a, b):
    return a if b == "." else b if a == "." else a + "/" + b

def line(table, path, prefix, w, doc):
    if w[0] == "use":
        for gw, gdoc in groups[w[1]]:
            deeper = "_".join(x for x in (prefix, w[3] if len(w) > 3 else "") if x)
            line(table, join(path, w[2]), deeper, gw, gdoc)
    else:
        name = prefix if w[1] == "." else "_".join(x for x in (prefix, w[1]) if x)
        column(table, name, w[2], doc, join(path, w[0]))

def read(name):
    stack, group, table = [], None, None
    for w, doc in lines(name):
        if w[0] == "end":
            if table: table = None
            elif group is not None: group = None
            else: stack.pop()
        elif table:
            column(table, w[0], w[1], doc, "")
        elif w[0] == "table":
            table = w[1]
            tables[table] = {k: ["ordinal", "", []] for k in w[2:]}
        elif group is not None:
            group.append((w, doc))
        elif w[0] == "group":
            group = groups[w[1]] = []
        elif w[0] == "message":
            stack.append("messages")
        elif w[0] in ("row", "level", "record"):
            stack.append(w[1])
        elif w[0] not in ("claim", "add", "count", "keep"):
            line(stack[-1], ".", "", w, doc)

read("common")
for n in open(folder + "/messages/index"):
    n = n.split("#")[0].strip()
    if n:
        read(n)

def esc(s):
    return s.replace("\\", "\\e").replace("'", "\\(aq")

def made():
    out = [".\\\" begin of what the definitions say"]
    for table, columns in tables.items():
        out += [f".Ss Table {table}", ".Bl -tag -width Ds -compact"]
        for name, (kind, doc, where) in columns.items():
            out += [f".It Va {name} Pq {kind}"]
            if doc:
                out += [esc(doc[0].upper() + doc[1:]) + "."]
            if where:
                out += [".Sy " + esc(where[0]) + (f" \\(en {len(where) - 1} more" if len(where) > 1 else "")]
        out += [".El"]
    out += [".Sh RULES", ".Bl -tag -width Ds -compact"]
    for code, level, doc in re.findall(r'X \((\w+),\s+([OWR]), "([^"]*)"\)', open(folder + "/rules.h").read()):
        out += [f".It Ic rules.{code} Pq Cm {dict(O='off', W='warn', R='reject')[level]}", esc(doc[0].upper() + doc[1:]) + "."]
    return out + [".El", ".\\\" end of what the definitions say"]

text = open(page).read()
begin, end = text.index('.\\" begin of what'), text.index('.\\" end of what')
end = text.index("\n", end)
if "--write" in sys.argv:
    open(page, "w").write(text[:begin] + "\n".join(made()) + text[end:])
elif text[begin:end] != "\n".join(made()):
    sys.exit("docs/penstock-iso20022.7 does not say what the definitions say: run tests/plugins/iso20022_manpage.py --write")
else:
    print(len(tables), "tables,", sum(map(len, tables.values())), "columns")
