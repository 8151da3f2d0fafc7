#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the NACHA samples of this folder: invented banks, people and amounts, but right counts, hashes and check digits."""
import os
import sys

ODFI = "09100001"
BANKS = ["02100002", "12104288", "23138010", "06100001"]


def digit(eight):
    weights = (3, 7, 1, 3, 7, 1, 3, 7)
    return str((10 - sum(w * int(d) for w, d in zip(weights, eight)) % 10) % 10)


def left(s, n):
    assert len(s) <= n, (s, n)
    return s.ljust(n)


def num(v, n):
    s = str(v).rjust(n, "0")
    assert len(s) == n, (v, n)
    return s


class File:
    def __init__(self, dest="091000019", origin=" 121042882", name="First Test Bank", sender="Acme Payroll"):
        self.lines = ["101 " + dest + origin + "2611201015A094101" + left(name, 23) + left(sender, 23) + left("REF00001", 8)]
        self.batches = self.count = self.hash = self.debit = self.credit = 0
        self.adv = False

    def batch(self, sec, entries, service="200", desc="PAYROLL", company="ACME CORPORATION", cid="1234567890", odfi=ODFI,
              disc="", day="261120", status="1", header=None, date="261121", settle="   "):
        self.batches += 1
        number = num(self.batches, 7)
        mid = header or left(company, 16) + left(disc, 20)
        tail = left(day, 6) if not header or len(header) == 36 and sec not in ("IAT",) and not header.startswith("IATCOR") else "USDUSD"
        self.lines.append("5" + service + mid + left(cid, 10) + sec + left(desc, 10) + tail + date + settle + status + odfi + number)
        count = hashed = debit = credit = 0
        for e in entries:
            for line in e if isinstance(e, list) else [e]:
                assert len(line) == 94, (line, len(line))
                self.lines.append(line)
                count += 1
                if line[0] == "6":
                    hashed += int(line[3:11])
                    tc = int(line[1:3])
                    amount = int(line[27:39] if sec == "ADV" else line[29:39])
                    is_debit = tc % 2 == 0 if 81 <= tc <= 88 else tc % 10 >= 5
                    debit += amount if is_debit else 0
                    credit += 0 if is_debit else amount
        if sec == "ADV":
            self.adv = True
            self.lines.append("8" + service + num(count, 6) + num(hashed % 10**10, 10) + num(debit, 20) + num(credit, 20)
                              + left("FED", 19) + odfi + number)
        else:
            self.lines.append("8" + service + num(count, 6) + num(hashed % 10**10, 10) + num(debit, 12) + num(credit, 12)
                              + left(cid, 10) + " " * 25 + odfi + number)
        self.count += count
        self.hash += hashed
        self.debit += debit
        self.credit += credit

    def records(self):
        n = len(self.lines) + 1
        blocks = (n + 9) // 10
        w = 20 if self.adv else 12
        control = ("9" + num(self.batches, 6) + num(blocks, 6) + num(self.count, 8) + num(self.hash % 10**10, 10)
                   + num(self.debit, w) + num(self.credit, w)).ljust(94)
        lines = self.lines + [control] + ["9" * 94] * (blocks * 10 - n)
        for line in lines:
            assert len(line) == 94, (line, len(line))
        return lines


SEQ = [0]


def trace(odfi=ODFI):
    SEQ[0] += 1
    return odfi + num(SEQ[0], 7)


def entry(tc, amount, account, mid, addenda=(), bank=0, odfi=ODFI, indicator=None):
    """mid: columns 40 to 78."""
    assert len(mid) == 39, (mid, len(mid))
    t = trace(odfi)
    rdfi = BANKS[bank % len(BANKS)]
    ind = indicator or ("1" if addenda else "0")
    lines = ["6" + tc + rdfi + digit(rdfi) + left(account, 17) + num(amount, 10) + mid + ind + t]
    seq = {}
    for a in addenda:
        kind = a[:2]
        seq[kind] = seq.get(kind, 0) + 1
        lines.append("7" + a.replace("{seq}", num(seq[kind], 4)).replace("{tie}", t[8:]).replace("{trace}", t))
    return lines


def plain(ident, name, disc="  "):
    return left(ident, 15) + left(name, 22) + left(disc, 2)


def counted(ident, n, name):
    return left(ident, 15) + num(n, 4) + left(name, 16) + "  " + "  "


def info(text):
    return "05" + left(text, 80) + "{seq}{tie}"


TERMINAL = "02" + left("REF1", 7) + left("R2", 3) + left("TERM01", 6) + left("000123", 6) + "1120" + left("AUTH01", 6) \
    + left("12 MAIN STREET", 27) + left("SPRINGFIELD", 15) + "IL{trace}"

IAT = ["10ANN" + num(125000, 18) + left("FT-0001", 22) + left("BEK ENTERPRISES", 35) + " " * 6 + "{tie}",
       "11" + left("BEK SOLUTIONS", 35) + left("15 WEST PLACE STREET", 35) + " " * 14 + "{tie}",
       "12" + left("JACOBSTOWN*PA\\", 35) + left("US*19305\\", 35) + " " * 14 + "{tie}",
       "13" + left("WELLS FARGO", 35) + "01" + left("231380104", 34) + left("US", 3) + " " * 10 + "{tie}",
       "14" + left("CITADEL BANK", 35) + "01" + left("121042882", 34) + left("CA", 3) + " " * 10 + "{tie}",
       "15" + left("98746549321398", 15) + left("2121 FRONT STREET", 35) + " " * 34 + "{tie}",
       "16" + left("LETTERTOWN*AB\\", 35) + left("CA*80014\\", 35) + " " * 14 + "{tie}"]
REMIT = "17" + left("THIS IS AN INTERNATIONAL PAYMENT", 80) + "{seq}{tie}"
BANK18 = "18" + left("BANK OF FRANCE", 35) + "01" + left("456456456987987", 34) + left("FR", 3) + " " * 6 + "{seq}{tie}"
IAT_HEADER = " " * 16 + "FF3" + " " * 15 + "US"


def iat(tc, amount, n, addenda, bank=1):
    """An IAT entry: number of addenda, foreign account of 35 characters."""
    t = trace()
    rdfi = BANKS[bank]
    lines = ["6" + tc + rdfi + digit(rdfi) + num(n, 4) + " " * 13 + num(amount, 10) + left("DE89370400440532013000", 35)
             + "  " + "  " + "1" + t]
    seq = {}
    for a in addenda:
        seq[a[:2]] = seq.get(a[:2], 0) + 1
        lines.append("7" + a.replace("{seq}", num(seq[a[:2]], 4)).replace("{tie}", t[8:]).replace("{trace}", t))
    return lines


ORIGINAL = "021000020000777"


def ret(code, text="", date=" " * 6):
    return "99" + code + ORIGINAL + date + "02100002" + left(text, 44) + "{trace}"


DISHONORED = "99R68" + ORIGINAL + " " * 6 + "02100002" + "   " + "091000010000555" + "314" + "01" + left("UNTIMELY", 21) + "{trace}"
CONTESTED = "99R73" + ORIGINAL + "261101" + "02100002" + "305" + "091000010000555" + "314" + "01" + "021000020000666" + "318" + "68" \
    + " " + "{trace}"


def noc(code, data):
    return "98" + code + ORIGINAL + " " * 6 + "02100002" + left(data, 29) + " " * 15 + "{trace}"


REFUSED = "98C62" + ORIGINAL + " " * 6 + "02100002" + left("1918171614", 29) + "C01" + "0000777" + " " * 5 + "{trace}"


def one(sec, *entries, **kw):
    f = File()
    f.batch(sec, list(entries), **kw)
    return f.records()


def samples():
    f = File()
    f.batch("PPD", [entry("22", 125000, "123456789", plain("EMP001", "ALICE EXAMPLE")),
                    entry("32", 99950, "  0012-34567", plain("EMP002", "BOB EXAMPLE"), [info("BONUS NOVEMBER")], bank=1),
                    entry("23", 0, "555", plain("EMP003", "CAROL EXAMPLE"), bank=2),
                    entry("27", 100, "77", plain("EMP004", "DAVE EXAMPLE", "R1"), bank=3)])
    f.batch("CCD", [entry("22", 1000000000, "987654321", plain("", "SUPPLIER LTD"), [info("INV*4711*10000000.00\\")]),
                    entry("22", 1, "987654322", plain("INV4712", "OTHER SUPPLIER"), bank=1)], service="220", desc="VENDORS")
    f.batch("WEB", [entry("27", 2599, "4445556", plain("CUST1", "ERIN EXAMPLE", "S "), bank=2),
                    entry("37", 1999, "4445557", plain("CUST2", "FRANK EXAMPLE", "R "), bank=3)], service="225", desc="ONLINE")
    yield "ppd-ccd-web", f.records()
    yield "tel", one("TEL", entry("27", 5000, "1", plain("T1", "GRACE EXAMPLE", "S ")), service="225", desc="PHONE")
    yield "ctx", one("CTX", entry("22", 7770, "31", counted("PO1", 3, "BUYER INC"), [info("ISA*00*"), info("GS*RA*"), info("SE*3*")]),
                     entry("27", 7770, "32", counted("PO2", 0, "SELLER INC"), bank=1))
    yield "arc-boc-rck", arc()
    yield "pop", one("POP", entry("27", 1250, "31", left("000000042", 9) + "SPRI" + "IL" + left("HEIDI EXAMPLE", 22) + "  "),
                     service="225", desc="POP CHECK")
    yield "pos-shr-mte", cards()
    yield "trc-xck-trx", truncated()
    yield "cie", one("CIE", entry("22", 4200, "31", left("IVAN EXAMPLE", 15) + left("UTIL-0001", 22) + "  ", [info("ACCOUNT 17")]),
                     service="220", desc="BILLPAY")
    yield "dne-enr", dne()
    yield "ack-atx", one_of_each()
    f = File()
    f.batch("IAT", [iat("22", 125000, 7, IAT), iat("22", 100, 10, IAT + [REMIT, REMIT, BANK18])], service="220", header=IAT_HEADER,
            desc="TRADEPAYMT")
    yield "iat", f.records()
    f = File()
    f.batch("ADV", [adv("81", 50000), adv("82", 50000)], service="280", status="0", desc="ADVICE")
    yield "adv", f.records()
    f = File()
    f.batch("PPD", [entry("21", 125000, "123456789", plain("EMP001", "ALICE EXAMPLE"), [ret("R01")], odfi="02100002"),
                    entry("26", 100, "77", plain("EMP004", "DAVE EXAMPLE"), [ret("R15", "DECEASED", "261031")], odfi="02100002")],
            odfi="02100002", desc="RETURNS", settle="325")
    f.batch("IAT", [iat_return()], service="220", header=IAT_HEADER, desc="TRADEPAYMT")
    yield "return", f.records()
    yield "dishonored", one("PPD", entry("21", 10, "1", plain("E", "X Y"), [DISHONORED]), entry("21", 20, "1", plain("E", "X Y"), [DISHONORED]))
    yield "contested", one("PPD", entry("21", 10, "1", plain("E", "X Y"), [CONTESTED]))
    f = File()
    f.batch("COR", [entry("21", 0, "123456789", plain("EMP001", "ALICE EXAMPLE"), [noc("C01", "1918171614")], odfi="02100002"),
                    entry("26", 0, "77", plain("EMP004", "DAVE EXAMPLE"), [noc("C03", "121042882   12 34 56")], odfi="02100002")],
            odfi="02100002", desc="NOC")
    f.batch("COR", [entry("21", 0, "123456789", plain("EMP001", "ALICE EXAMPLE"), [REFUSED])], desc="REFUSED")
    f.batch("COR", [iat("21", 0, 1, [noc("C04", "BEK ENTERPRISES LTD")])], header="IATCOR".ljust(16) + "FF3" + " " * 15 + "US", desc="NOC")
    yield "noc", f.records()


def arc():
    f = File()
    check = lambda serial, name: left(serial, 15) + left(name, 22) + "  "
    f.batch("ARC", [entry("27", 2500000, "1", check("00123", "JUDY EXAMPLE"))], service="225", desc="CHECKS")
    f.batch("BOC", [entry("27", 100, "2", check("00124", ""))], service="225", desc="CHECKS")
    f.batch("RCK", [entry("27", 250000, "3", check("00125", "KARL EXAMPLE"))], service="225", desc="REDEPCHECK")
    return f.records()


def cards():
    f = File()
    f.batch("POS", [entry("27", 1999, "1", plain("CARD1", "LINA EXAMPLE", "01"), [TERMINAL])], service="225", desc="PURCHASE")
    f.batch("SHR", [entry("27", 2999, "2", "1228" + left("DOC0000001", 11) + left("4000123412341234", 22) + "01", [TERMINAL])],
            service="225", desc="PURCHASE")
    f.batch("MTE", [entry("27", 6000, "3", left("MONA EXAMPLE", 15) + left("CARD3", 22) + "  ", [TERMINAL])], service="225", desc="ATM")
    return f.records()


def truncated():
    f = File()
    mid = left("00777", 15) + left("CHECK1", 6) + left("RESEARCH01", 16) + "01"
    f.batch("TRC", [entry("27", 100, "1", mid)], service="225", desc="CHECKS")
    f.batch("XCK", [entry("27", 200, "2", mid)], service="225", desc="CHECKS")
    f.batch("TRX", [entry("27", 300, "3", counted("ID", 2, "KEEPER BANK"), [info("ONE"), info("TWO")])], service="225", desc="CHECKS")
    return f.records()


def dne():
    f = File()
    f.batch("DNE", [entry("23", 0, "1", plain("ID1", "NINA EXAMPLE"), [info("    DATE OF DEATH*010218*CUSTOMERSSN*#########*AMOUNT*$$$$.cc\\")])],
            service="220", status="2", desc="DEATH NOTE")
    f.batch("ENR", [entry("23", 0, "2", counted("ID2", 1, "AGENCY"), [info("22*12200004*3*123987654321*777777777*DOE*JOHN*1\\")])],
            service="220", desc="AUTOENROLL")
    return f.records()


def one_of_each():
    f = File()
    f.batch("ACK", [entry("24", 0, "1", plain("ORIG-TRACE", "OTTO INC")), entry("34", 0, "2", plain("ORIG-TRACE", "OTTO INC"), [info("ACK")])],
            service="220", desc="ACKNOWL")
    f.batch("ATX", [entry("24", 0, "3", counted("ORIG-TRACE", 1, "OTTO INC"), [info("ACK")])], service="220", desc="ACKNOWL")
    return f.records()


def adv(tc, amount):
    SEQ[0] += 1
    return ("6" + tc + "23138010" + "4" + left("744-5678-99", 15) + num(amount, 12) + "121042882" + left("11131", 5) + " "
            + left("NAME", 22) + "  " + "0" + ODFI + "050" + num(SEQ[0] % 10000, 4))


def iat_return():
    return iat("21", 125000, 8, IAT + [ret("R03")])


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    write = lambda name, data: open(os.path.join(out, name + ".ach"), "wb").write(data)
    for name, lines in samples():
        write(name, ("\n".join(lines) + "\n").encode("ascii"))
        if name == "ppd-ccd-web":
            base = lines
    write("crlf", ("\r\n".join(base) + "\r\n").encode())
    write("cr", ("\r".join(base) + "\r").encode())
    write("stream", "".join(base).encode())
    write("no-final-newline", "\n".join(base).encode())
    write("trimmed", ("\n".join(line.rstrip() for line in base) + "\n").encode())
    write("padded", ("\n".join(line + "   " for line in base) + "\n").encode())
    write("blank-lines", ("\n\n" + "\n\n".join(base) + "\n\n\n").encode())
    write("no-filler", ("\n".join(line for line in base if line != "9" * 94) + "\n").encode())
    write("bom", b"\xef\xbb\xbf" + ("\n".join(base) + "\n").encode())
    write("ctrl-z", ("\r\n".join(base) + "\r\n\x1a").encode())
    write("nul-tail", ("\n".join(base) + "\n").encode() + b"\0" * 200)
    accents = [line.replace("ALICE EXAMPLE", "ALICE MU\u00d1OZ  ") for line in base]
    write("latin1", ("\n".join(accents) + "\n").encode("latin-1"))
    write("utf8", ("\n".join(accents) + "\n").encode("utf-8"))
    write("zero", ("\n".join([base[0], "9000000000001" + "0" * 42 + " " * 39] + ["9" * 94] * 8) + "\n").encode())


main()
