#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the csv parser over a corpus with known verdicts and values, and prints what agrees; argues every difference.

csv.py SHOW GUESS CORPUS [--write docs/CONFORMANCE.md]     SHOW, GUESS: tests/conformance/csv_show, csv_guess
Every file is read as text columns without a header, with the delimiter and the encoding that `penstock infer -s` proposes.
Exit 1 when a definite verdict or a value differs and no reason is given below, or when chunk sizes matter.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

INVARIANT_MAX = int(os.environ.get("INVARIANT_MAX", 1500))  # bytes up to which every chunk size is tried

# A definite verdict that this parser does not share, and why: by the rule that it names, by path.
VALID_REASONS = (
    ("missing_columns", "rows of different widths are refused unless short_rows = pad says otherwise"),
    ("extra_columns", "rows of different widths are refused unless long_rows = truncate says otherwise"),
    ("stray_quote", "a quote inside of an unquoted field is refused unless stray_quotes = data says otherwise"),
    ("text_after_quote", "text after a closing quote is refused: upstream reads it with strictness off, an own escape or another quote"),
    ("unclosed_quote", "a quote that does not close is refused: upstream reads it with an own escape or another quote"),
    ("encoding", "bytes that are no UTF-8 are refused: upstream names the encoding"),
    ("nul_byte", "NUL is refused unless nul_bytes = remove says otherwise"),
    ("field_too_long", "a field above max_field"),
    ("record_too_long", "a record above max_record"),
)
INVALID_REASONS = (
    (r"blank", "a blank line is passed over unless blank_lines = reject says otherwise"),
    (r"csvw_schema|schema_validation", "the error is in a schema that lies elsewhere; the file itself is sound"),
    (r"duplicate|blank-headers|without-headers", "the error is in the names of the columns, which a run without header does not look at"),
    (r"inconsistent-line-endings", "LF, CRLF and CR each end a record by default; newline = lf | crlf | cr says otherwise"),
    (r"Maximum line size", "the limit of 30 to 42 bytes is an option of the upstream test"),
    (r"COMMENT must not|DECIMAL_SEPARATOR|Unsupported parameter", "the error is in an option of the upstream test"),
    (r"not utf-16|Invalid unicode", "upstream reads it in another encoding than the one that the bytes have"),
    (r"automatically detect|line 3002|line 7|Line: 7|Conversion|whitespace", "the error is a type or a style that upstream's options ask for"),
    (r"one_r_n_two|strict mode", "LF, CRLF and CR each end a record by default; newline = lf | crlf | cr says otherwise"),
    (r"cut-multibyte", "its bytes are well-formed UTF-8 with closed quotes and a last line end: nothing of the cut is left to see"),
    (r"surrogate", "the pair is an escape of JSON in a text, not an encoding of the file"),
)
# Values: what CPython's csv module reads differently, and why.
VALUE_REASONS = (
    (lambda ours, theirs, raw: b"\0" in raw, "NUL bytes"),
    (lambda ours, theirs, raw: b"\r" in raw and b'"' in raw, "CPython turns line ends in quotes into LF, here they stay"),
    (lambda ours, theirs, raw: [r for r in theirs if r] == ours, "blank lines"),
)


def manifest(corpus):
    with open(os.path.join(corpus, "MANIFEST.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            yield dict(zip(head, line.rstrip("\n").split("\t")))


def infer(program, paths):
    """Options as `penstock infer -s` proposes them, and the number of columns, by path."""
    got = subprocess.run([program] + paths, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "surrogateescape")
    seen = {}
    for part in got.split("=== ")[1:] if got.startswith("=== ") else []:
        path, text = part.split("\n", 1)
        lines = text.split("\n")[:-1]
        options = [o for o in lines if o.startswith(("delimiter=", "encoding="))]
        fit = lines and not any(ord(c) < 0x20 or ord(c) == 0x7f for o in lines for c in o)
        seen[path] = (options, sum(o.startswith("columns=") for o in lines)) if fit else (None, 0)
    return seen


def unescape(text):
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


def show(program, todo):
    """What the parser says of files, by path; todo: (path, options, width, whether in all chunks)."""
    seen = {}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="surrogateescape") as f:
        for path, options, width, invariant in todo:
            columns = ",".join(f"c{i} string" for i in range(width))
            words = ["-i"] if invariant else []
            for o in [f"columns={columns}", "header=false", "empty_text=true"] + options:
                words += ["-o", o]
            f.write("\t".join(words + [path]) + "\n")
        f.flush()
        text = subprocess.run([program, "-l", f.name], stdout=subprocess.PIPE).stdout.decode("utf-8", "surrogateescape")
    for part in re.split(r"^=== (?=/)", text, flags=re.M)[1:]:
        path, part = part.split("\n", 1)
        status = re.match(r"status (-?\d+) recognised -?\d+ invariant (\d)", part)
        rows, findings = part.split("\n--- rows\n", 1)[1].split("--- findings\n", 1)
        findings, rest = findings.split("--- claims\n", 1)
        broken = rest.split("--- broken\n", 1)[1]
        seen[path] = {"status": int(status[1]), "invariant": status[2] == "1", "rows": rows,
                      "rules": [f.split(" ", 1)[0] for f in findings.splitlines()], "broken": broken.strip()}
    return seen


def values(rows, width):
    out = []
    for line in rows.split("\n")[:-1]:
        cells = dict(c.split("=", 1) for c in line.split("|")[1:])
        out.append([unescape(cells.get(f"c{i}", "")) for i in range(width)])
    return out


def twin(corpus, path):
    try:
        with open(os.path.join(corpus, path + ".pycsv.json"), encoding="utf-8") as f:
            return json.load(f).get("rows")
    except (OSError, ValueError):
        return None


def main():
    program, guess, corpus = sys.argv[1:4]
    corpus = os.path.abspath(corpus)
    table = collections.defaultdict(collections.Counter)
    argued = collections.Counter()
    value_notes = collections.Counter()
    unexplained, compared, equal, n = [], 0, 0, 0
    files = []
    for m in manifest(corpus):
        verdict = re.split(r"[: ]", m["expected_verdict"])[0]
        if m["kind"] != "golden" and verdict in ("valid", "invalid", "conditional", "unspecified"):
            files.append((m, verdict, os.path.join(corpus, m["path"])))
    guessed = infer(guess, [path for _, _, path in files])
    todo = []
    for m, verdict, path in files:
        options, width = guessed[path]
        if options is None:
            continue
        if verdict == "invalid":  # a guess that makes bad bytes good ones is not what is asked here
            options = [o for o in options if not o.startswith("encoding=")]
        todo.append((path, options, width, os.path.getsize(path) <= INVARIANT_MAX and width < 200))
    seen = show(program, todo)
    used = {path: (options, width) for path, options, width, _ in todo}
    for m, verdict, path in files:
        n += 1
        if path not in used:
            table[verdict]["nothing to read"] += 1
            continue
        options, width = used[path]
        with open(path, "rb") as f:
            raw = f.read()
        got = seen.get(path)
        if not got or got["status"] or not got["invariant"] or got["broken"]:
            unexplained.append(f"{m['path']}: status, chunks or contract: {got and {k: got[k] for k in ('status', 'invariant', 'broken')}}")
            continue
        rules = got["rules"]
        table[verdict]["findings" if rules else "accepted"] += 1
        if verdict == "valid" and rules:
            why = next((w for r, w in VALID_REASONS if r == rules[0]), None)
            if why:
                argued[f"valid, but {rules[0]}: {why}"] += 1
                if "--list" in sys.argv:
                    print(rules[0], m["path"], options, m["note"])
            else:
                unexplained.append(f"{m['path']}: valid, but {rules[0]}")
        if verdict == "invalid" and not rules:
            text = m["path"] + " " + m["expected_verdict"]
            why = next((w for r, w in INVALID_REASONS if re.search(r, text)), None)
            if why:
                argued[f"invalid, but accepted: {why}"] += 1
            else:
                unexplained.append(f"{m['path']}: {m['expected_verdict']}, but accepted")
        rows = twin(corpus, m["path"])
        if rows and not rules and not options:
            ours = values(got["rows"], width)
            theirs = [r for r in rows if r]
            compared += 1
            if ours == theirs:
                equal += 1
                continue
            why = next((w for test, w in VALUE_REASONS if test(ours, theirs, raw)), None)
            if why:
                value_notes[why] += 1
            else:
                unexplained.append(f"{m['path']}: values: {ours[:2]} and {theirs[:2]}")
    out = [f"{n} files, read as text columns without a header, delimiter and encoding as `penstock infer -s` proposes; files up to "
           f"{INVARIANT_MAX} bytes in windows of every size: the same rows and findings.", "",
           "| expected | accepted | with findings | nothing to read |", "|---|---:|---:|---:|"]
    for v in ("valid", "invalid", "conditional", "unspecified"):
        out.append(f"| {v} | {table[v]['accepted']} | {table[v]['findings']} | {table[v]['nothing to read']} |")
    out += ["", "*Conditional* and *unspecified* files depend on options or have no verdict: they must be read to their end, in any chunks. "
            "What upstream reads with options of its own is read here by default options: every difference by rule.", ""]
    out += [f"- {k}: {t}" for t, k in sorted(argued.items(), key=lambda x: (-x[1], x[0]))]
    out += ["", f"{compared} accepted files have a twin read by CPython's csv module: {equal} are equal, value by value."]
    out += [f"- {k} differ: {t}." for t, k in sorted(value_notes.items(), key=lambda x: -x[1])]
    text = "\n".join(out)
    print(text)
    for u in unexplained:
        print("UNEXPLAINED", u)
    if "--write" in sys.argv:
        where = sys.argv[sys.argv.index("--write") + 1]
        with open(where, encoding="utf-8") as f:
            doc = f.read()
        begin, end = "<!-- begin csv -->", "<!-- end csv -->"
        if begin not in doc:
            doc += f"\n## CSV\n{begin}\n{end}\n"
        doc = doc[:doc.index(begin)] + f"{begin}\n\n{text}\n\n" + doc[doc.index(end):]
        with open(where, "w", encoding="utf-8") as f:
            f.write(doc)
    return 1 if unexplained else 0


sys.exit(main())
