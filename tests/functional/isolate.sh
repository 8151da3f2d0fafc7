# SPDX-License-Identifier: Apache-2.0
# isolate.sh - isolate = "object": no worker process sees two objects, and the result is the same.
. "${srcdir:-.}/tests/lib.sh"
requires strace
requires_plugin nacha jsonl sink-file
! is_sanitized || skip "sanitizers do not work under strace"
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"

mkdir "$T/in" "$T/a" "$T/b"
for i in 1 2 3 4; do "$GEN_NACHA" -n 300 --seed $i -o "$T/in/$i.ach"; done
# conf NAME ISOLATE
conf () {
  cat >"$T/$1.conf" <<EOF
pipeline: {
  name = "$1"; state = "$T/state-$1"; isolate = "$2";
  source: { plugin = "file"; path = "$T/in"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/$1/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; chunk = "8K"; };
};
EOF
  chmod 600 "$T/$1.conf"
}
conf a pipeline
conf b object
expect_status 0 "$PENSTOCK" run "$T/a.conf"
expect_status 0 strace -f -qq -e trace=execve -o "$T/trace" "$PENSTOCK" run "$T/b.conf"
for f in "$T/a"/*; do same "$f" "$T/b/${f##*/}"; done
n=$(grep -c 'execve(".*penstock-worker"' "$T/trace")
[ "$n" -ge 9 ] || fail "three processes, then a parser and a cutter for each of 3 more objects expected; $n were started"
