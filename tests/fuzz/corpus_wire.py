#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_wire: one whole record or message of each kind. corpus_wire.py FOLDER"""
import os
import struct
import sys

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def put(name, data):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


def head(kind, payload, obj=1, gen=0, seq=7, a=0, b=0, c=0, version=1):
    return struct.pack("<HHIIIQQQQ", version, kind, len(payload), obj, gen, seq, a, b, c) + payload


def counted(b):
    return struct.pack("<I", len(b)) + b


def record(kind, body):
    return counted(bytes([kind]) + body)


finding = record(1, bytes([2, 0]) + struct.pack("<QQQ", 940, 94, 11) + counted(b"amount") + counted(b"amount")
                 + counted(b"expected digits, found \x1b[2J\xc2\x9b") + counted(b"6220910000" * 9))
opened = record(2, struct.pack("<I", 1) + counted(b"0000001"))
added = record(3, struct.pack("<IQQ", 2, 12345, 0))
closed = record(4, struct.pack("<I", 1) + counted(b"0000001") + struct.pack("<QQQ", 1, 94, 3) + struct.pack("<I", 2)
                + struct.pack("<IBq", 0, 3, 99) + struct.pack("<IBq", 1, 0, -99))
tally = record(5, struct.pack("<IQQQQ", 0, 10, 1, 9, 0))
everything = finding + opened + added + closed + tally

put("message_log", b"\0" + head(71, b"hello", a=2))
put("message_parsed", b"\0" + head(69, struct.pack("<BBHHHIII", 1, 0, 0, 0, 0, 0, 100, 3)))
put("message_version", b"\0" + head(69, b"", version=2))
put("message_short", b"\0" + head(69, b"")[:20])
put("message_long", b"\0" + head(69, b"x" * 16385))
put("evidence_all", b"\1\xff" + everything)
put("evidence_bytewise", b"\1\1" + everything)
put("evidence_half", b"\1\7" + everything[:-5])
put("evidence_huge", b"\1\3" + tally + struct.pack("<I", 0xFFFFFFFF) + b"x")
put("evidence_claims", b"\1\5" + record(4, struct.pack("<I", 1) + counted(b"") + struct.pack("<QQQI", 0, 0, 0, 33)))
put("denial", b"\2" + struct.pack("<IiIIQQ56s56s", 0x4E454450, 257, 2, 0, 0x1234, 0xF1A2, b"acme.so", b"libc.so.6"))
put("denial_escape", b"\2" + struct.pack("<IiIIQQ56s56s", 0x4E454450, -1, 2, 0, 0, 0, b"\x1b[2J", b"x" * 55))
