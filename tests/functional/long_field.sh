# SPDX-License-Identifier: Apache-2.0
# long_field.sh - a quoted CSV field of 100 MB on one line costs its record, by name and limit, and no more memory than any other file.
. "${srcdir:-.}/tests/lib.sh"
requires python3
requires_plugin parser-csv jsonl source-file sink-file

python3 - "$T/in.csv" <<'END_PY'
import sys
with open(sys.argv[1], "wb") as f:
    f.write(b'a,b\n1,"before"\n2,"')
    for i in range(100):
        f.write(b"x, y" * 250000)
    f.write(b'"\n3,after\n')
END_PY
cat > "$T/p.conf" <<END_CONF
pipeline: {
  name = "long"; state = "$T/state"; lineage = false;
  source: { plugin = "file"; path = "$T/in.csv"; };
  parser: { plugin = "csv"; columns = [ "a int", "b string" ]; };
  sinks: ( { plugin = "file"; path = "$T/out.jsonl"; } );
  limits: { workers = 1; };
};
END_CONF
chmod 600 "$T/p.conf"
status=0
"$PENSTOCK" run "$T/p.conf" > "$T/stdout" 2> "$T/err" &
pid=$!
at_exit kill -9 "$pid"
# all processes of the run, memory that they share divided among them
python3 - "$pid" > "$T/peak" <<'END_PY'
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
                return int(line.split()[1])
    except OSError:
        pass
    return 0

peak = n = 0
while True:
    now = sum(share(pid) for pid in tree(int(sys.argv[1])))
    if not now:
        break
    peak, n = max(peak, now), n + 1
print(peak, n)
END_PY
wait "$pid" || status=$?
[ "$status" = 1 ] || { cat "$T/err"; fail "exit status $status, expected 1: one record is refused"; }
expect_text "$T/err" "field_too_long: b: column 2: expected at most max_field = 1048576 bytes, found more; the record is skipped"
expect_text "$T/err" "3 records, 1 rejected"
printf '{"a":1,"b":"before"}\n{"a":3,"b":"after"}\n' > "$T/want"
same "$T/want" "$T/out.jsonl"
read -r peak samples < "$T/peak"
echo "peak $peak KiB in $samples samples"
if [ "$(id -u)" = 0 ] && ! is_sanitized; then
  [ "$samples" -ge 5 ] && [ "$peak" -le $((96 * 1024)) ] || fail "peak of $peak KiB in $samples samples, at most 98304 expected"
fi
