#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_wire and fuzz_seat: one whole record or message of each kind. corpus_wire.py WIRE SEAT"""
import os
import struct
import sys

wire, seat = sys.argv[1:3]
os.makedirs(wire, exist_ok=True)
os.makedirs(seat, exist_ok=True)


def put(name, data, out=wire):
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


def segment(slot=0, offset=0, n=100, kind=1, stream=0, table=0, rows=3):
    return struct.pack("<BBHHHIII", kind, stream, table, slot, 0, offset, n, rows)


def message(kind, payload=b"", flags=15, a=0, b=0, c=0, shift=0):
    return bytes([kind - 64, flags, a, b, c, len(payload) & 255, len(payload) >> 8, shift]) + payload


STARTING, IDLE, BUSY, CUTTER = 0, 1, 2, 4
put("ready", bytes([STARTING]) + message(64, a=0), seat)
put("parsed", bytes([BUSY]) + message(69, b"carry" + segment() + segment(1, kind=2, n=40), b=5), seat)
put("parts", bytes([BUSY]) + message(68, segment() * 3, a=1) + message(68, segment(2)) + message(69, segment(2, 100)),
    seat)
put("twice", bytes([BUSY]) + message(69, segment()) * 2, seat)
put("beyond", bytes([BUSY]) + message(69, segment(offset=0xFFFFFFF8, n=0xFFFFFFFF)), seat)
put("edge", bytes([BUSY]) + message(69, segment(offset=1 << 20, n=0) + segment(offset=0, n=1 << 20)), seat)
put("foreign_slot", bytes([BUSY]) + message(69, segment(slot=0xFFFF)), seat)
put("reserved_slot", bytes([BUSY]) + message(69, segment(slot=7)), seat)
put("stream", bytes([BUSY]) + message(69, segment(stream=2)), seat)
put("table", bytes([BUSY]) + message(69, segment(table=3)), seat)
put("other_chunk", bytes([BUSY]) + message(69, segment(), flags=14, a=9), seat)
put("texts", bytes([BUSY]) + message(71, b"\x1b[2J\xc2\x9b", a=1) + message(70, b"no\n", a=1), seat)
put("cut", bytes([IDLE | CUTTER]) + message(65, b"carry", c=5, shift=16) + message(66, b"0123456789abcdef")
    + message(67, b"0123456789abcdef"), seat)
put("cut_short", bytes([IDLE | CUTTER]) + message(65, b"carry", c=200, shift=16), seat)
put("denied", bytes([BUSY]) + message(72, struct.pack("<IiIIQQ56s56s", 0x4E454450, 257, 2, 0, 1, 2, b"a.so", b"l")), seat)
