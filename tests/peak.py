# SPDX-License-Identifier: Apache-2.0
"""peak.py PID - the most bytes that a process and all below it have at a time, memory that they share divided among them, and in
how many looks, until the process is gone. Only root may look at a worker."""
import os, sys


def tree(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in open(f"/proc/{pid}/task/{task}/children").read().split():
                found += tree(int(child))
    except OSError:
        pass
    return found


def share(pid):
    try:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


peak = looks = 0
while now := sum(share(pid) for pid in tree(int(sys.argv[1]))):
    peak, looks = max(peak, now), looks + 1
print(peak, looks)
