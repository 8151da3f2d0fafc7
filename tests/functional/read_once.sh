# SPDX-License-Identifier: Apache-2.0
# read_once.sh - a file's bytes are read once, by the cutter, and its workers parse them where it has put them.
. "${srcdir:-.}/tests/lib.sh"
requires strace awk
requires_plugin nacha jsonl sink-file
! is_sanitized || skip "sanitizers do not work under strace"
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"

"$GEN_NACHA" -s 3M -o "$T/in.ach"
size=$(stat -c %s "$T/in.ach")

# read_by ISOLATE: bytes of the file that all processes have read; its chunks are of 100 KB
read_by () {
  mkdir "$T/$1"
  cat >"$T/$1.conf" <<EOF
pipeline: {
  name = "$1"; state = "$T/state-$1"; isolate = "$1"; duplicates = "process";
  source: { plugin = "file"; path = "$T/in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/$1/{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; chunk = "100K"; };
};
EOF
  chmod 600 "$T/$1.conf"
  expect_status 0 strace -ff -qq -y -e trace=pread64 -o "$T/trace.$1" "$PENSTOCK" run "$T/$1.conf"
  awk -v f="<$T/in.ach>" 'index ($0, f) { n += $NF } END { print n + 0 }' "$T/trace.$1".*
}
n=$(read_by pipeline)
[ "$n" = "$size" ] || fail "a file of $size bytes: $n were read"
# where workers must not share memory, each reads its chunk for itself
n=$(read_by object)
[ "$n" = $((2 * size)) ] || fail "isolated: twice $size bytes expected, $n were read"
for f in "$T/pipeline"/*; do same "$f" "$T/object/${f##*/}"; done
