# SPDX-License-Identifier: Apache-2.0
"""notify_listen.py SOCKET LOG: a service manager's end of NOTIFY_SOCKET; every message becomes a line of LOG."""
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
with open(sys.argv[2], "a", buffering=1) as log:
    log.write("listening\n")
    while True:
        log.write(listener.recv(4096).decode().replace("\n", " ") + "\n")
