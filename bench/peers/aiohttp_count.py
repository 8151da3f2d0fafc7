#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aiohttp_count.py - what Python programs fetch many URLs with: aiohttp, one session, and only the bytes are counted.

aiohttp_count.py CONCURRENCY FILE-WITH-URLS
"""
import asyncio
import sys

import aiohttp


async def fetch(session, url):
    async with session.get(url) as answer:
        answer.raise_for_status()
        return len(await answer.read())


async def main():
    with open(sys.argv[2], encoding="ascii") as f:
        urls = f.read().split()
    connector = aiohttp.TCPConnector(limit=int(sys.argv[1]))
    async with aiohttp.ClientSession(connector=connector) as session:
        print(sum(await asyncio.gather(*(fetch(session, url) for url in urls))))


asyncio.run(main())
