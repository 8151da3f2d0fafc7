#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the nacha parser over a corpus with known verdicts and values, and prints what agrees; argues every difference.

nacha.py SHOW CORPUS [--write docs/CONFORMANCE.md]     SHOW: tests/conformance/nacha_show
Exit 1 when a definite verdict or a value differs and no reason is given below, or when chunk sizes matter.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys

INVARIANT_MAX = float(os.environ.get("INVARIANT_MAX", "inf"))  # bytes up to which every chunk size is tried

# path in the corpus: why we differ from its verdict
REASONS = {}
# why a value differs from its JSON twin: (SEC codes, columns, reason)
COUNTED = (("ATX", "CTX", "ENR", "TRX"), ("individual_name",), "columns 55-58 count addenda, the name is 59-74; the twin has one field")
CHECKS = (("ARC", "BOC", "POP", "RCK", "TRC", "XCK"), ("identification_number", "individual_name"),
          "check serial number, terminal, process control and research number have columns of their own; the twin keeps one field")
VALUE_REASONS = (COUNTED, CHECKS)
TIME = "a time that is none is kept, with a warning; the twin drops it"
ENTRY = {"transactionCode": "transaction_code", "RDFIIdentification": "receiving_dfi_identification", "checkDigit": "check_digit",
         "DFIAccountNumber": "dfi_account_number", "amount": "amount", "identificationNumber": "identification_number",
         "individualName": "individual_name", "traceNumber": "trace_number", "addendaRecordIndicator": "addenda_record_indicator",
         "adviceRoutingNumber": "advice_routing_number", "fileIdentification": "file_identification", "julianDay": "julian_day",
         "achOperatorRoutingNumber": "ach_operator_routing_number"}
BATCH = {"serviceClassCode": "service_class_code", "companyName": "company_name", "companyIdentification": "company_identification",
         "originatorIdentification": "company_identification", "standardEntryClassCode": "standard_entry_class_code",
         "companyEntryDescription": "company_entry_description", "effectiveEntryDate": "effective_entry_date",
         "ODFIIdentification": "originating_dfi_identification", "batchNumber": "batch_number",
         "ISODestinationCountryCode": "iso_destination_country_code", "foreignExchangeIndicator": "foreign_exchange_indicator"}
CONTROL = {"entryAddendaCount": "entry_addenda_count", "entryHash": "entry_hash", "totalDebit": "total_debit_entry_dollar_amount",
           "totalCredit": "total_credit_entry_dollar_amount"}
FILE = {"immediateDestination": "immediate_destination", "immediateOrigin": "immediate_origin",
        "fileCreationDate": "file_creation_date", "fileCreationTime": "file_creation_time", "fileIDModifier": "file_id_modifier",
        "immediateDestinationName": "immediate_destination_name", "immediateOriginName": "immediate_origin_name"}
FILE_CONTROL = dict(CONTROL, batchCount="batch_count", blockCount="block_count")
ADDENDA = {"paymentRelatedInformation": "payment_related_information", "sequenceNumber": "addenda_sequence_number",
           "returnCode": "return_reason_code", "originalTrace": "original_entry_trace_number",
           "originalEntryTraceNumber": "original_entry_trace_number", "changeCode": "change_code", "correctedData": "corrected_data",
           "terminalCity": "terminal_city", "terminalState": "terminal_state", "transactionTypeCode": "transaction_type_code",
           "foreignPaymentAmount": "foreign_payment_amount", "name": "receiving_company_name", "originatorName": "originator_name",
           "originatorCityStateProvince": "originator_city_state", "ODFIName": "originating_dfi_name",
           "RDFIName": "receiving_dfi_name", "receiverStreetAddress": "receiver_street_address",
           "foreignCorrespondentBankName": "foreign_correspondent_bank_name", "dateOfDeath": "date_of_death",
           "originalDFI": "original_receiving_dfi_identification", "addendaInformation": "addenda_information",
           "dishonoredReturnReasonCode": "return_reason_code", "contestedReturnCode": "return_reason_code",
           "returnTraceNumber": "return_trace_number", "dishonoredReturnTraceNumber": "dishonored_return_trace_number",
           "returnSettlementDate": "return_settlement_date", "traceNumber": "trace_number"}
CONTESTED = dict(ADDENDA, dishonoredReturnReasonCode="dishonored_return_reason_code",
                 dishonoredReturnSettlementDate="dishonored_return_settlement_date", returnReasonCode="original_return_reason_code")
REFUSED = dict(ADDENDA, refusedChangeCode="change_code", changeCode="refused_change_code")
MONEY = ("amount", "total_debit_entry_dollar_amount", "total_credit_entry_dollar_amount", "foreign_payment_amount")


def manifest(corpus):
    with open(os.path.join(corpus, "MANIFEST.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            yield dict(zip(head, line.rstrip("\n").split("\t")))


def run(show, corpus, cases):
    """path -> (counts, rows by table, findings)."""
    out = {}
    paths = [os.path.join(corpus, c["path"]) for c in cases]
    large = [p for p in paths if os.path.getsize(p) > INVARIANT_MAX]
    text = b"".join(subprocess.run([show] + args, stdout=subprocess.PIPE, check=False).stdout
                    for args in (["-i", "--"] + [p for p in paths if p not in large], ["--"] + large))
    for part in text.decode("utf-8", "surrogateescape").split("=== ")[1:]:
        name, status, body = part.split("\n", 2)
        words = status.split()
        rows, rest = body.split("--- rows\n")[1].split("--- findings\n", 1)
        findings, rest = rest.split("--- claims\n", 1)
        claims, broken = rest.split("--- broken\n", 1)
        tables = collections.defaultdict(list)
        for row in rows.splitlines():
            cells = row.split("|")
            tables[cells[0]].append({k: v for k, v in (c.split("=", 1) for c in cells[1:])})
        out[os.path.relpath(name, corpus)] = (dict(zip(words[::2], words[1::2])), tables, (findings + claims).splitlines(), broken)
    return out


def unescape(text):
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m.group(1), 16)), text)


def same(column, ours, theirs):
    ours = unescape(ours) if ours is not None else ""
    if column in MONEY:
        return ours.replace(".", "").lstrip("0") == str(theirs).lstrip("0")
    if column.endswith("_date") or column == "date_of_death":
        theirs = str(theirs)
        digits = ours.replace("-", "")
        # the twin may hold what is no date, or an ISO one
        return digits[-6:] == theirs.strip() or (not ours and not theirs.strip("0 ")) or digits == theirs[:10].replace("-", "")
    if isinstance(theirs, int):
        return ours.lstrip("0") == str(theirs).lstrip("0")
    a, b = ours.strip(), str(theirs).strip()
    return a == b or (a.isdigit() and b.isdigit() and a.lstrip("0") == b.lstrip("0"))


class Values:
    def __init__(self):
        self.compared = 0
        self.argued = collections.Counter()
        self.wrong = []

    def check(self, path, names, theirs, ours, sec=""):
        for key, column in names.items():
            if key not in theirs:
                continue
            self.compared += 1
            if ours is not None and same(column, ours.get(column), theirs[key]):
                continue
            reasons = [r for secs, columns, r in VALUE_REASONS if sec in secs and column in columns]
            if column == "file_creation_time" and not theirs[key]:
                reasons = [TIME]
            if reasons:
                self.argued[" ".join((sec, reasons[0])).strip()] += 1
            else:
                self.wrong.append("%s: %s: expected %r, found %r" % (path, column, theirs[key], (ours or {}).get(column)))


def addenda_of(entry):
    for key in sorted(k for k in entry if k.startswith("addenda") and k != "addendaRecords" and k != "addendaRecordIndicator"):
        for a in entry[key] if isinstance(entry[key], list) else [entry[key]]:
            if isinstance(a, dict):
                yield key, a


def compare(values, path, twin, tables):
    """Pairs rows with the twin's objects by their rank in the file: the twin does not count blank lines, streams have none."""
    want = {"batches": [], "entries": [], "addenda": []}
    for batch in (twin.get("batches") or []) + (twin.get("IATBatches") or []):
        head = batch.get("batchHeader") or batch.get("IATBatchHeader")
        control = batch.get("advBatchControl") or batch["batchControl"]
        want["batches"].append((head["lineNumber"], [(BATCH, head), (CONTROL, control)], ""))
        for key in ("entryDetails", "advEntryDetails", "IATEntryDetails"):
            for e in batch.get(key) or []:
                want["entries"].append((e["lineNumber"], [(ENTRY, e)], head["standardEntryClassCode"]))
                for kind, a in addenda_of(e):
                    want["addenda"].append((a["lineNumber"], [(REFUSED if "Refused" in kind else CONTESTED if "Contested" in kind else ADDENDA, a)], ""))
    control = twin["fileControl"] if twin["fileControl"].get("lineNumber") else twin["fileADVControl"]
    want["files"] = [(1, [(FILE, twin["fileHeader"]), (FILE_CONTROL, control)], "")]
    for table, objects in want.items():
        rows = sorted(tables[table], key=lambda r: int(r["_offset"]))
        if len(rows) != len(objects):
            values.wrong.append("%s: %s: expected %d rows, found %d" % (path, table, len(objects), len(rows)))
            continue
        for row, (_, pairs, sec) in zip(rows, sorted(objects, key=lambda o: o[0])):
            for names, twin_object in pairs:
                values.check(path, names, twin_object, row, sec)


def main():
    show, corpus = sys.argv[1], sys.argv[2]
    everything = list(manifest(corpus))
    cases = [c for c in everything if c["kind"] != "golden" and c["expected_verdict"].split(":")[0] in
             ("valid", "invalid", "conditional", "unspecified") and not c["path"].endswith((".json", ".gz"))]
    # JSON and RTF are not this format: they must be refused like anything else that is none
    others = [c for c in everything if c["path"].endswith(".json") and c["kind"] not in ("golden",)]
    got = run(show, corpus, cases + others)
    table, problems, argued, first = collections.Counter(), [], [], collections.Counter()
    for c in cases + others:
        counts, _, findings, broken = got[c["path"]]
        want = c["expected_verdict"].split(":")[0].split()[0] if c in cases else "other format"
        refused = int(counts["record"]) + int(counts["object"]) > 0
        mine = "refused" if refused else "accepted, with warnings" if int(counts["warn"]) else "accepted"
        table[want, mine] += 1
        if want == "conditional" and refused:
            first[next(f.split()[0] for f in findings if f.split()[1] not in ("warn", "1"))] += 1
        if broken or counts["invariant"] != "1" or counts["status"] != "0":
            problems.append("%s: %s" % (c["path"], broken.strip() or "chunk sizes matter"))
        if (want == "valid" and refused) or (want in ("invalid", "other format") and not refused):
            if c["path"] in REASONS:
                argued.append("`%s`: %s" % (c["path"], REASONS[c["path"]]))
            else:
                problems.append("%s: expected %s, found %s: %s" % (c["path"], want, mine, "; ".join(findings[:2])))
    values, twins = Values(), 0
    for c in cases:
        twin = os.path.join(corpus, c["path"]) + ".golden.json"
        counts, tables, _, _ = got[c["path"]]
        if not os.path.exists(twin) or int(counts["record"]) + int(counts["object"]):
            continue
        with open(twin, encoding="utf-8") as f:
            compare(values, c["path"], json.load(f), tables)
        twins += 1
    text = report(table, argued, first, values, twins, len(cases) + len(others))
    print(text)
    for p in problems + values.wrong:
        print("DIFFERS " + p)
    if "--write" in sys.argv and not problems and not values.wrong:
        write(sys.argv[sys.argv.index("--write") + 1], text)
    sys.exit(bool(problems or values.wrong))


def report(table, argued, first, values, twins, n):
    kinds = ("accepted", "accepted, with warnings", "refused")
    wants = [w for w in ("valid", "invalid", "conditional", "unspecified", "other format") if any(k[0] == w for k in table)]
    out = ["%d files, standard profile, windows of every size from 1 to 128 bytes and a spread up to the whole file: the same rows, "
           "findings and totals." % n, "",
           "| expected | " + " | ".join(kinds) + " |", "|---|" + "---:|" * len(kinds)]
    out += ["| %s | %s |" % (w, " | ".join(str(table[w, k]) for k in kinds)) for w in wants]
    out += ["", "*Conditional* files depend on options or are read by one library and refused by another; *other format* is JSON, "
            "which is refused like anything that is no NACHA file. Expected verdicts are those of moov-io/ach with its default options.", ""]
    out += ["Conditional files are refused for " + ", ".join("`%s` (%d)" % kv for kv in first.most_common())
            + "; each of these rules can be set to warn or off (`record_type` not for an object that begins so).", ""]
    out += ["- " + a for a in argued] or ["No definite verdict differs."]
    out += ["", "%d accepted files have a JSON twin written by moov-io/ach: %d values compared." % (twins, values.compared), ""]
    out += ["- %d: %s." % (k, reason) for reason, k in sorted(values.argued.items())] or ["All are equal."]
    return "\n".join(out) + "\n"


def write(path, text):
    begin, end = "<!-- begin nacha -->\n", "<!-- end nacha -->\n"
    page = open(path, encoding="utf-8").read() if os.path.exists(path) else \
        "# Conformance\n\nWhat the parsers say of files whose verdict others have given. Generated by the scripts in tests/conformance.\n"
    if begin not in page:
        page += "\n## NACHA\n" + begin + end
    head, rest = page.split(begin)
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + begin + "\n" + text + "\n" + end + rest.split(end)[1])


main()
