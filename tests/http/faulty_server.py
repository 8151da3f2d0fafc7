#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faulty_server.py - a web server that does all that goes wrong with web servers, by path; for tests on loopback.

faulty_server.py PORT-FILE LOG-FILE

Writes its port when it listens, and one JSON line for each request: path, headers, and how often this path was asked for.
"""
import http.server
import json
import os
import socket
import struct
import sys
import threading
import urllib.parse

lock = threading.Lock()
asked = {}
log = open(sys.argv[2], "w", encoding="utf-8")
never = threading.Event()
TOKEN = "token-"


def rows(name, n):
    return ("id,name\n" + "".join(f"{i},{name}\n" for i in range(n))).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        if "Content_Length" not in fields and "Transfer_Encoding" not in fields:
            self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self, reset=False):
        self.wfile.flush()
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note(body.decode())
        if self.headers.get("Authorization") != "Basic Y2xpZW50OnNlY3JldA==":  # client:secret
            self.answer(401, b"{}")
        else:
            with lock:
                n = asked["/token"]
            self.answer(200, json.dumps({"access_token": f"{TOKEN}{n}", "expires_in": 3600}).encode())

    def note(self, body=""):
        with lock:
            n = asked[self.path] = asked.get(self.path, 0) + 1
            log.write(json.dumps({"path": self.path, "n": n, "body": body,
                                  "headers": {k.lower(): v for k, v in self.headers.items()}}) + "\n")
            log.flush()
        return n

    def do_GET(self):
        n = self.note()
        url = urllib.parse.urlsplit(self.path)
        kind, _, rest = url.path[1:].partition("/")
        try:
            getattr(self, "get_" + kind.replace("-", "_"))(n, rest, dict(urllib.parse.parse_qsl(url.query)))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def get_ok(self, n, rest, query):
        self.answer(200, rows(rest, 3))

    def get_etag(self, n, rest, query):
        if self.headers.get("If-None-Match") == f'"{rest}"':
            self.answer(304, ETag=f'"{rest}"')
        else:
            self.answer(200, rows(rest, 3), ETag=f'"{rest}"')

    def get_busy(self, n, rest, query):  # two times not yet
        if n <= 2:
            self.answer(503, b"later", Retry_After="0")
        else:
            self.answer(200, rows(rest, 3))

    def get_later(self, n, rest, query):
        self.answer(503, b"much later", Retry_After="86400")

    def get_broken(self, n, rest, query):
        self.answer(500, b"always")

    def get_gone(self, n, rest, query):
        self.answer(410, b"gone")

    def get_reset(self, n, rest, query):
        self.cut(reset=True)

    def get_hang(self, n, rest, query):
        never.wait(30)

    def get_loris(self, n, rest, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b"x")
            self.wfile.flush()
            never.wait(0.1)

    def get_short(self, n, rest, query):
        self.answer(200, rows(rest, 3), Content_Length="100000")
        self.cut()

    def get_chunkcut(self, n, rest, query):
        body = rows(rest, 3)
        self.answer(200, b"%x\r\n%s\r\n" % (len(body), body), Transfer_Encoding="chunked")
        self.cut()

    def get_unsized(self, n, rest, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + rows(rest, 3))
        self.cut()

    def get_garbage(self, n, rest, query):
        self.wfile.write(b"\x00\x01\x02 this is not HTTP\r\n\r\n")
        self.cut()

    def get_flaky(self, n, rest, query):  # breaks twice; goes on where it was asked to
        body, tag = rows(rest, 60000), '"flaky"'
        wanted = self.headers.get("Range")
        first = int(wanted[6:-1]) if wanted and self.headers.get("If-Range") == tag else 0
        fields = {"ETag": tag, "Content_Length": str(len(body) - first)}
        if first:
            fields["Content_Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        end = len(body) * n // 3
        self.answer(206 if first else 200, body[first:end], **fields)
        if end < len(body):
            self.cut()

    def get_flakywhole(self, n, rest, query):  # breaks once, has no ranges
        body = rows(rest, 60000)
        self.answer(200, body if n > 1 else body[:500000], Content_Length=str(len(body)))
        if n == 1:
            self.cut()

    def get_changing(self, n, rest, query):
        body = rows(rest + str(n), 60000)
        self.answer(200, body if n > 1 else body[:500000], Content_Length=str(len(body)))
        if n == 1:
            self.cut()

    def get_loop(self, n, rest, query):
        self.answer(302, Location=self.path)

    def get_moved(self, n, rest, query):
        self.answer(302, Location=f"/ok/{rest}")

    def get_elsewhere(self, n, rest, query):
        self.answer(302, Location=f"http://localhost:{self.server.server_address[1]}/ok/{rest}")

    def get_page(self, n, rest, query):
        page = int(query["page"])
        self.answer(200, rows(f"{rest}-{page}", 2) if page <= 4 else b"")

    def get_link(self, n, rest, query):
        page = int(query.get("p", "1"))
        fields = {"Link": f'</link/{rest}?p={page + 1}>; rel="next", </>; rel=top'} if page < 3 else {}
        self.answer(200, rows(f"{rest}-{page}", 2), **fields)

    def get_circle(self, n, rest, query):
        self.answer(200, rows(f"{rest}-{query.get('p', '1')}", 2),
                    Link=f"</circle/{rest}?p={2 if query.get('p', '1') == '1' else 1}>; rel=next")

    def get_json(self, n, rest, query):
        page = int(query.get("p", "1"))
        more = {"next": f"?p={page + 1}"} if page < 3 else {"next": None}
        self.answer(200, json.dumps({"page": page, "links": more}).encode() + b"\n")

    def get_secure(self, n, rest, query):
        if self.headers.get("Authorization") == f"Bearer {TOKEN}2":
            self.answer(200, rows(rest, 3))
        else:
            self.answer(401, b"")  # the first token does not do

    def get_basic(self, n, rest, query):
        good = self.headers.get("Authorization") == "Basic dXNlcjpwYXNz"  # user:pass
        self.answer(200 if good else 401, rows(rest, 3) if good else b"")


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
