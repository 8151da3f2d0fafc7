#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What all processes of a pipeline take together stays below the bytes that `penstock check` prints, for an input that is
# larger than that.
. "${srcdir:-.}/tests/lib.sh"
requires python3
requires_root "a worker's memory is readable by root only"
requires_plugin nacha jsonl source-file sink-file
[ -x "$GEN_NACHA" ] || skip "bench/gen_nacha was not built"
! grep -q 'define PEN_SANITIZED' "$builddir/config.h" || skip "a sanitizer's shadow memory is not in the bound"

mkdir "$T/in"
"$GEN_NACHA" -s 160M -o "$T/in/big.ach"
cat > "$T/p.conf" <<'END'
pipeline: {
  name = "bound"; state = "state";
  source: { plugin = "file"; path = [ "in/*" ]; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "out.jsonl"; } );
  limits: { workers = 2; memory = "128M"; };
};
END
chmod 644 "$T/p.conf"
expect_status 0 "$PENSTOCK" check "$T/p.conf"
bound=$(sed -n 's/^ *\([0-9]*\)  bytes at most$/\1/p' "$T/out")
size=$(stat -c %s "$T/in/big.ach")
[ "$size" -gt "$bound" ] || fail "the input of $size bytes is not larger than the bound of $bound"

python3 - "$bound" "$PENSTOCK" run "$T/p.conf" <<'END'
import os, subprocess, sys

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
    """Bytes, memory that processes share divided among them."""
    try:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0

bound = int(sys.argv[1])
run = subprocess.Popen(sys.argv[2:])
peak = samples = 0
while True:
    peak = max(peak, sum(share(pid) for pid in tree(run.pid)))
    samples += 1
    try:
        run.wait(timeout=0.02)
        break
    except subprocess.TimeoutExpired:
        pass
print(f"peak {peak} of {bound} bytes in {samples} samples, status {run.returncode}")
sys.exit(run.returncode != 0 or samples < 5 or not 0 < peak <= bound)
END
