#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""line_loop.py - the plainest Python: read a NACHA file line by line, write a JSON line per entry, check nothing."""
import json
import sys


def main(source, target):
    service = sec = company = effective = batch = None
    with open(source, "r", encoding="ascii", newline="\n") as lines, open(target, "w", encoding="ascii") as out:
        for line in lines:
            kind = line[0]
            if kind == "6":
                out.write(json.dumps({
                    "batch": batch, "sec": sec, "service_class": service, "company_id": company, "effective": effective,
                    "transaction_code": line[1:3], "rdfi": line[3:12], "account": line[12:29].rstrip(),
                    "amount": f"{int(line[29:37])}.{line[37:39]}", "individual_id": line[39:54].rstrip(),
                    "individual_name": line[54:76].rstrip(), "discretionary_data": line[76:78].rstrip(),
                    "addenda": line[78], "trace_number": line[79:94],
                }) + "\n")
            elif kind == "5":
                service, company, sec = line[1:4], line[40:50].rstrip(), line[50:53]
                effective, batch = line[69:75], line[87:94]


main(sys.argv[1], sys.argv[2])
