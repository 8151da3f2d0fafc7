#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""asyncio_pool.py - the usual Python answer to "use both cores": asyncio, a pool of two processes, mmap, 1 MiB chunks.

All records come back to the parent by pickle and are gathered in one list there, as such programs do; then the parent
writes JSON lines. Nothing is checked, and a chunk does not know its batch: that is the pattern's own shortcut.
"""
import asyncio
import json
import mmap
import os
import sys
from concurrent.futures import ProcessPoolExecutor

CHUNK = 1 << 20
RECORD = 95


def parse(path, start, end):
    rows = []
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
        for at in range(start, end, RECORD):
            line = m[at:at + RECORD]
            if line[:1] == b"6":
                text = line.decode("ascii")
                rows.append({
                    "transaction_code": text[1:3], "rdfi": text[3:12], "account": text[12:29].rstrip(),
                    "amount": f"{int(text[29:37])}.{text[37:39]}", "individual_id": text[39:54].rstrip(),
                    "individual_name": text[54:76].rstrip(), "discretionary_data": text[76:78].rstrip(),
                    "addenda": text[78], "trace_number": text[79:94],
                })
    return rows


async def main(source, target):
    size = os.path.getsize(source)
    step = CHUNK - CHUNK % RECORD
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as pool:
        parts = await asyncio.gather(*(
            loop.run_in_executor(pool, parse, source, at, min(at + step, size)) for at in range(0, size, step)))
    records = [row for part in parts for row in part]
    with open(target, "w", encoding="ascii") as out:
        for row in records:
            out.write(json.dumps(row) + "\n")
    print(len(records), "entries", file=sys.stderr)


asyncio.run(main(sys.argv[1], sys.argv[2]))
