# SPDX-License-Identifier: Apache-2.0
"""Writes hostile XML documents, all of them pacs.008 messages at their beginning, and what is expected to be said of each.

xml_hostile.py FOLDER MEGABYTES DEPTH     FOLDER/NAME.xml, and on standard output NAME PARSER LINE OFFSET COLUMN RULE WORDS, by tabs

PARSER: xml, iso20022, or - for both. COLUMN 0: the finding has none, as it is not about a character. Line and offset are those of
the byte that mark() was called before."""
import sys

folder, size, depth = sys.argv[1], int(sys.argv[2]) << 20, int(sys.argv[3])
PART = max(size // 8, 8 << 20)
NAMESPACE = b"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
ROOT = b'<Document xmlns="' + NAMESPACE + b'"><FIToFICstmrCdtTrf>\n'
HEAD = (b"<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-02T09:30:00Z</CreDtTm><NbOfTxs>1</NbOfTxs>"
        b"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>\n")
TAIL = b"</FIToFICstmrCdtTrf></Document>\n"


def record(inside=b"", name=b"Ewa \xc3\x84"):
    return (b'<CdtTrfTxInf><PmtId><EndToEndId>E-1</EndToEndId></PmtId><IntrBkSttlmAmt Ccy="EUR">1.00</IntrBkSttlmAmt>'
            b"<ChrgBr>SLEV</ChrgBr><Dbtr><Nm>" + name + b"</Nm></Dbtr><Cdtr><Nm>Hugo</Nm></Cdtr>" + inside + b"</CdtTrfTxInf>\n")


RECORDS = record() * (1200000 // len(record()))
LONG = "expected a record of at most 4194304 bytes, found a longer one"


class Document:
    def __init__(self, name, *begin):
        self.name, self.f, self.offset, self.line, self.line_at = name, open(f"{folder}/{name}.xml", "wb"), 0, 1, 0
        self.put(*begin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()

    def put(self, *parts):
        for p in parts:
            self.f.write(p)
            self.line += p.count(b"\n")
            if b"\n" in p:
                self.line_at = self.offset + p.rindex(b"\n") + 1
            self.offset += len(p)

    def many(self, part, total):
        """As often as total bytes take, in pieces of a megabyte."""
        piece = part * max(1, (1 << 20) // len(part))
        end = self.offset + total
        while self.offset < end:
            self.put(piece)

    def mark(self, rule, words, parser="-", back=0, column=True):
        at = self.offset - back
        print(self.name, parser, self.line, at, at - self.line_at + 1 if column else 0, rule, words, sep="\t")


ALL = (DECLARATION, ROOT, HEAD, RECORDS)

# ---- entities: refused with their document type, before anything in it is read ----
for name, subset in (
        ("xxe", b'<!ENTITY e SYSTEM "file:///etc/passwd">'),
        ("laughs", b'<!ENTITY a "ha">' + b"".join(b'<!ENTITY %c "%s">' % (i + 1, b"&%c;" % i * 10) for i in range(97, 121))),
        ("parameter", b'<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;'),
        ("default", b'<!ATTLIST Document x CDATA "' + b"y" * 100000 + b'">')):
    with Document(name, DECLARATION) as d:
        d.mark("doctype", "expected no document type")
        d.put(b"<!DOCTYPE Document [" + subset + b"]>\n", ROOT, HEAD, record(name=b"&e;&y;"), TAIL)
with Document("entity", *ALL) as d:
    d.put(b"<CdtTrfTxInf><PmtId><EndToEndId>")
    d.mark("entity", "found &nbsp;")
    d.put(b"&nbsp;</EndToEndId></PmtId></CdtTrfTxInf>", TAIL)

# ---- what is too much of one thing ----
with Document("deep", *ALL) as d:
    d.put(b"<CdtTrfTxInf><SplmtryData><Envlp>")
    for i in range(depth):
        if i + 5 == 200:
            d.mark("limit", "deeper than 200", "iso20022")
        if i + 5 == 256:
            d.mark("limit", "deeper than 256 (max_depth)", "xml")
        d.put(b"<a>")
    d.put(b"</a>" * depth, b"</Envlp></SplmtryData></CdtTrfTxInf>", TAIL)
with Document("attributes", *ALL) as d:
    d.put(b"<CdtTrfTxInf")
    for i in range(100000):
        if i in (64, 256):
            d.mark("limit", "more than %d attributes" % i, "iso20022" if i == 64 else "xml", back=-1)
        d.put(b' a%d=""' % i)
    d.put(b"></CdtTrfTxInf>", TAIL)
with Document("name", *ALL) as d:
    d.put(b"<CdtTrfTxInf>")
    d.mark("limit", "a name has more than")
    d.put(b"<" + b"n" * 1000000, b"/></CdtTrfTxInf>", TAIL)
with Document("text", *ALL) as d:
    d.mark("record_too_long", LONG, "iso20022")
    d.put(b"<CdtTrfTxInf><Dbtr><Nm>")
    d.mark("limit", "a text has more than 1048576 bytes (max_text)", "xml")
    d.many(b"x", size)
    d.put(b"</Nm></Dbtr></CdtTrfTxInf>", TAIL)
with Document("cdata", *ALL) as d:
    d.mark("record_too_long", LONG, "iso20022")
    d.put(b"<CdtTrfTxInf><Dbtr><Nm><![CDATA[")
    d.mark("limit", "a CDATA section has more than 1048576 bytes (max_text)", "xml")
    d.many(b"</CdtTrfTxInf>", PART)
    d.put(b"]]></Nm></Dbtr></CdtTrfTxInf>", TAIL)
with Document("wide", *ALL) as d:
    d.mark("record_too_long", LONG, "xml")
    d.mark("limit", "expected a record with at most 8388608 bytes of rows", "iso20022")
    d.put(b"<CdtTrfTxInf>")
    d.many(b"<Dbtr><Nm>x</Nm></Dbtr>", PART)
    d.put(b"</CdtTrfTxInf>", TAIL)
with Document("rows", *ALL) as d:
    d.mark("limit", "expected a record with at most 8388608 bytes of rows", "iso20022")
    d.put(b"<CdtTrfTxInf><SplmtryData><Envlp>")
    d.many(b"<a/>", 3 << 20)
    d.put(b"</Envlp></SplmtryData></CdtTrfTxInf>", TAIL)
with Document("lines", *ALL) as d:
    d.mark("limit", "expected a record with at most 8388608 bytes of rows", "xml")
    d.put(b"<CdtTrfTxInf>")
    d.many(b"<L/>", 3 << 20)
    d.put(b"</CdtTrfTxInf>", TAIL)
with Document("junk", DECLARATION) as d:
    d.mark("limit", "expected a header with at most 8388608 bytes of rows", "iso20022")
    d.put(ROOT, b"<GrpHdr>")
    d.many(b"<a/>", 3 << 20)
    d.put(b"</GrpHdr>\n", RECORDS, TAIL)
with Document("comment", DECLARATION.strip()) as d:
    d.mark("record_too_long", "expected a header of at most 4194304 bytes", "iso20022")
    d.put(b"<!--")
    d.mark("limit", "a comment has more than 1048576 bytes (max_text)", "xml")
    d.many(b"x ", PART)
    d.put(b"-->", ROOT, HEAD, RECORDS, TAIL)
with Document("blanks", *ALL) as d:
    d.put(b"<!-- -->")
    d.mark("limit", "a text has more than 1048576 bytes (max_text)", "xml")
    d.mark("record_too_long", "expected a header of at most 4194304 bytes", "iso20022")
    d.many(b" ", PART)
    d.put(TAIL)

# ---- encodings ----
for name, declared in (("utf16", b"UTF-16"), ("unknown", b"X-PENSTOCK")):
    with Document(name) as d:
        d.mark("encoding", declared.decode())
        d.put(b'<?xml version="1.0" encoding="%s"?>\n' % declared, *ALL[1:], TAIL)
with Document("wide8") as d:
    d.mark("encoding", "UTF-8")
    d.put((b"".join(ALL[:3]) + record() + TAIL).decode().encode("utf-16"))
with Document("latin1", *ALL) as d:
    d.put(b"<CdtTrfTxInf><Dbtr><Nm>K")
    d.mark("encoding", "expected UTF-8, found the byte 0xf6")
    d.put(b"\xf6ln</Nm></Dbtr></CdtTrfTxInf>", TAIL)
with Document("nul", *ALL) as d:
    d.put(b"<CdtTrfTxInf><Dbtr><Nm>")
    d.mark("not_well_formed", "expected a character that XML allows, found one that it does not (byte 0x00)")
    d.put(b"\0</Nm></Dbtr></CdtTrfTxInf>", TAIL)

# ---- truncated ----
for name, end in (("empty", None), ("head", b""), ("records", RECORDS), ("tag", RECORDS + b"<CdtTrfTxInf><Dbtr><N"),
                  ("element", RECORDS + b"<CdtTrfTxInf><Dbtr><Nm>Ewa"), ("character", RECORDS + b"<CdtTrfTxInf><Dbtr><Nm>\xc3"),
                  ("almost", RECORDS + TAIL[:-3])):
    with Document("cut-" + name, *(() if end is None else (DECLARATION, ROOT, HEAD, end))) as d:
        d.mark("truncated", "expected ")

# ---- tags that do not fit, and what is behind the root ----
with Document("far", *ALL[:3]) as d:
    d.many(RECORDS, size // 4)
    d.mark("not_well_formed", "expected </FIToFICstmrCdtTrf>, found </FIToFICstmrCdtTrg>")
    d.put(b"</FIToFICstmrCdtTrg></Document>\n")
with Document("close", *ALL) as d:
    d.mark("not_well_formed", "expected </FIToFICstmrCdtTrf>, found </CdtTrfTxInf>")
    d.put(b"</CdtTrfTxInf>", TAIL)
with Document("crossed", *ALL) as d:
    d.put(b"<CdtTrfTxInf><Dbtr><Nm>x")
    d.mark("not_well_formed", "expected </Nm>, found </Dbtr>")
    d.put(b"</Dbtr></Nm></CdtTrfTxInf>", TAIL)
with Document("two", *ALL[:3], record(), TAIL) as d:
    d.mark("not_well_formed", "expected one root element, found a second one")
    d.put(*ALL[1:], TAIL)

# ---- kinds ----
with Document("kinds", DECLARATION, b"<All>" + ROOT, HEAD, record(), TAIL) as d:
    d.mark("mixed_kinds", "expected pacs.008 like the first message, found camt.053", "iso20022", column=False)
    d.put(ROOT.replace(b"pacs.008.001.08", b"camt.053.001.08").replace(b"FIToFICstmrCdtTrf", b"BkToCstmrStmt"))
    d.put(b"<GrpHdr><MsgId>M-2</MsgId><CreDtTm>2026-03-02T09:30:00Z</CreDtTm></GrpHdr>\n")
    d.put(TAIL.replace(b"FIToFICstmrCdtTrf", b"BkToCstmrStmt"), b"</All>")
