#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""asyncio_http.py - the usual Python client, of the standard library alone: fetches URLs of one server, and only counts bytes.

asyncio_http.py HOST PORT CONCURRENCY FILE-WITH-PATHS

Connections are kept alive, one per task; nothing is parsed, checked or written.
"""
import asyncio
import sys


async def fetch(reader, writer, host, path):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if lines[0].split()[1] != "200":
        raise RuntimeError(f"{path}: {lines[0]}")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return len(await reader.readexactly(int(fields["content-length"])))


async def work(host, port, todo, total):
    reader, writer = await asyncio.open_connection(host, port)
    while todo:
        total[0] += await fetch(reader, writer, host, todo.pop())
    writer.close()


async def main():
    host, port, tasks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(sys.argv[4], encoding="ascii") as f:
        todo = f.read().split()
    total = [0]
    await asyncio.gather(*(work(host, port, todo, total) for _ in range(tasks)))
    print(total[0])


asyncio.run(main())
