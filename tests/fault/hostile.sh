#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hostile.sh - a parser that attacks: each attack is denied or contained and reported, its object stays invisible (or, where it
# only crashes or hangs, loses that record), the others are delivered, the host lives on, nobody is left behind.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires awk sqlite3
requires_plugin jsonl

HOSTILE_DIR=$builddir/tests/plugins/.libs
mkdir -p "$T/in"
printf 'alpha\nbeta\n' > "$T/in/1_good.txt"
# Long enough for several chunks, with an attack in each.
awk 'BEGIN { for (i = 1; i <= 6000; i++) print i % 3000 == 700 ? "ATTACK now" : "line " i " of many" }' > "$T/in/2_bad.txt"
printf 'gamma\ndelta\nepsilon\n' > "$T/in/3_good.txt"

# run_attack NAME ISOLATE: leaves $T/status, $T/err, $T/report and $T/NAME/out. Only who hangs meets a short deadline.
run_attack () {
  local deadline=30s
  case $1 in spin | *hang) deadline=1s ;; esac
  mkdir -p "$T/$1/out"
  cat > "$T/$1.conf" <<EOC
plugin_dirs = [ "$HOSTILE_DIR" ];
pipeline: {
  name = "$1";
  state = "$T/$1/state";
  lineage = false;
  isolate = "$2";
  source: { plugin = "file"; path = "$T/in/*.txt"; };
  parser: { plugin = "hostile"; attack = "$1"; };
  sinks: ( { plugin = "file"; path = "$T/$1/out/{object}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; chunk = "32K"; deadline = "$deadline"; memory = "256M"; ${limits:-} };
};
EOC
  status=0
  (ulimit -n "${fds:-1024}" && exec "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/$1.conf") > "$T/stdout" 2> "$T/err" \
    < /dev/null || status=$?
}

# The two good objects are there, whole; nothing says that an attack was successful; no process was left behind.
others_are_well () {
  local name=$1
  [ "$(field left "$T/report")" = 0 ] || fail "$name: $(cat "$T/report")"
  ! grep -q 'got through' "$T/err" || { cat "$T/err"; fail "$name: the attack got through"; }
  [ ! -e /tmp/penstock-hostile ] || fail "$name: a file was made"
  printf '{"text":"alpha"}\n{"text":"beta"}\n' | cmp - "$T/$name/out/"*1_good.txt.jsonl \
    || fail "$name: the object before is not as it should be"
  printf '{"text":"gamma"}\n{"text":"delta"}\n{"text":"epsilon"}\n' | cmp - "$T/$name/out/"*3_good.txt.jsonl \
    || fail "$name: the object after is not as it should be"
}

# contained NAME TEXT: refused, said so, invisible.
n=0
contained () {
  n=$((n + 1))
  run_attack "$1" pipeline
  [ "$status" = 1 ] || { cat "$T/err"; fail "$1: exit status $status, expected 1"; }
  others_are_well "$1"
  expect_text "$T/err" "$2"
  expect_text "$T/err" "2_bad.txt"
  [ -z "$(find "$T/$1/out" -name '*2_bad*')" ] || fail "$1: something of the attacked object is visible"
  no_leftovers "$1"
}

# costs_records NAME TEXT: a crash or a hang without a broken rule: the object is there without those records, which are in
# quarantine, each with its bytes.
jsonl () { sed 's/.*/{"text":"&"}/'; }
grep -v ATTACK "$T/in/2_bad.txt" | jsonl > "$T/rest.jsonl"
costs_records () {
  n=$((n + 1))
  run_attack "$1" pipeline
  [ "$status" = 1 ] || { cat "$T/err"; fail "$1: exit status $status, expected 1"; }
  others_are_well "$1"
  expect_text "$T/err" "$2"
  expect_text "$T/err" "have killed two workers; looking for the record that does"
  same "$T/rest.jsonl" "$T/$1/out/"*2_bad.txt.jsonl
  sqlite3 "$T/$1/state/state.db" "select o.name like '%2_bad.txt', severity, rule, offset, q.length, cast(raw as text)
    from quarantine q join objects o on o.id = q.object order by offset" > "$T/now"
  grep -b ATTACK "$T/in/2_bad.txt" | awk -F: '{ printf "1|record|worker_died|%d|11|ATTACK now\n\n", $1 }' > "$T/expected"
  same "$T/expected" "$T/now"
  expect_text "$T/err" "6005 records, 2 rejected"
  no_leftovers "$1"
}

# survived NAME: goes on as if nothing had been; at worst its own object suffers.
survived () {
  n=$((n + 1))
  run_attack "$1" object
  [ "$status" = 0 ] || [ "$status" = 1 ] || { cat "$T/err"; fail "$1: exit status $status, expected 0 or 1"; }
  others_are_well "$1"
  ! LC_ALL=C grep -q '[[:cntrl:]]' <(tr -d '\n' < "$T/err") || fail "$1: control bytes on standard error"
}

# The parser itself is a good one.
run_attack none pipeline
[ "$status" = 0 ] || { cat "$T/err"; fail "without an attack: exit status $status"; }
others_are_well none

while read -r name call; do
  contained "$name" "denied $call at hostile.so+0x"
done <<'EOT'
open openat
create openat
stat newfstatat
socket socket
connect connect
fork clone
thread rt_sigaction
exec execve
ptrace ptrace
kill kill
signals rt_sigaction
mask rt_sigprocmask
prctl prctl
exec_mmap mmap
exec_mprotect mprotect
io_uring io_uring_setup
bpf bpf
ftruncate ftruncate
close_socket close
dup dup2
EOT

costs_records spin deadline
costs_records hang deadline
costs_records segv "signal 11"
costs_records abort "signal 6"
costs_records stack_overflow "signal 11"
costs_records exit0 "exited"
# Sanitizers take terabytes of addresses: there is no limit to run into.
is_sanitized || contained eat_memory hungry
contained garbage_message malformed
contained wrong_seq malformed
contained huge_counts malformed
contained foreign_slot malformed
contained wrong_fail malformed
contained cut_open "denied openat at hostile.so+0x"
contained cut_segv "signal 11"
contained cut_hang deadline
contained cut_carry "broke its contract"
contained cut_chunks malformed
contained starve_hang deadline
# However long it waits for the sink: what comes out of a chunk is counted.
limits='expansion = 2;' contained endless 'out of 32'
expect_text "$T/err" 'parser "hostile") died: made 9'
expect_text "$T/err" 'bytes of output for one sink out of 32'
expect_text "$T/err" 'more than limits.expansion (2) allows, 84'

survived garbage_slot
survived flip_after_handover
fds=128 survived send_fds # thousands are sent
survived flood
survived escape
survived bad_carry

# A constructor acts before anybody has read the plugin's descriptor: that plugin is not used at all.
while read -r name call; do
  sed "s/parser: .*/parser: { plugin = \"$name\"; };/; s/\"none\"/\"$name\"/" "$T/none.conf" > "$T/$name.conf"
  expect_status 78 "$PENSTOCK" run "$T/$name.conf"
  expect_text "$T/err" "denied $call at $name.so+0x"
  ! grep -q 'got through' "$T/err" || fail "$name: the constructor got through"
  n=$((n + 1))
done <<'EOT'
ctor_socket socket
ctor_write openat
ctor_exec execve
EOT
[ ! -e /tmp/penstock-hostile ] || fail "a constructor has made a file"

# Where the kernel has Landlock, reading is confined to libraries and plugins while these load: the plugin finds nothing,
# and is good otherwise.
"$PENSTOCK" -v run "$T/none.conf" > "$T/out" 2>&1
if grep -q 'Landlock ABI' "$T/out"; then
  "$PENSTOCK" --plugin-dir="$HOSTILE_DIR" describe ctor_read > "$T/out" 2> "$T/err"
else
  echo "no Landlock here: reading is not confined while plugins load"
fi
! grep -q 'got through' "$T/err" || fail "ctor_read: the constructor has read a foreign file"

echo "$n attacks: denied or contained, and told"
