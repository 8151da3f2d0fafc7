#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hostile.sh - a parser that attacks: each attack is denied or contained and reported, its object stays invisible, the
# others are delivered, the host lives on, nobody is left behind.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3
requires_plugin jsonl

HOSTILE_DIR=$builddir/tests/plugins/.libs
mkdir -p "$T/in"
printf 'alpha\nbeta\n' > "$T/in/1_good.txt"
printf 'before\nATTACK now\nafter\n' > "$T/in/2_bad.txt"
printf 'gamma\ndelta\nepsilon\n' > "$T/in/3_good.txt"

# run_attack NAME ISOLATE: leaves $T/status, $T/err, $T/report and $T/NAME/out.
run_attack () {
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
  limits: { workers = 2; deadline = "2s"; memory = "256M"; };
};
EOC
  status=0
  "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/$1.conf" > "$T/stdout" 2> "$T/err" < /dev/null || status=$?
}

# The two good objects are there, whole; nothing says that an attack was successful; no process was left behind.
others_are_well () {
  local name=$1
  [ "$(field left "$T/report")" = 0 ] || fail "$name: $(cat "$T/report")"
  ! grep -q 'got through' "$T/err" || { cat "$T/err"; fail "$name: the attack got through"; }
  [ ! -e /tmp/penstock-hostile ] || fail "$name: a file was made"
  printf '{"text":"alpha"}\n{"text":"beta"}\n' | cmp - "$T/$name/out/1_good.txt.jsonl" \
    || fail "$name: the object before is not as it should be"
  printf '{"text":"gamma"}\n{"text":"delta"}\n{"text":"epsilon"}\n' | cmp - "$T/$name/out/3_good.txt.jsonl" \
    || fail "$name: the object after is not as it should be"
}

# contained NAME TEXT: refused, said so, invisible.
contained () {
  run_attack "$1" pipeline
  [ "$status" = 1 ] || { cat "$T/err"; fail "$1: exit status $status, expected 1"; }
  others_are_well "$1"
  expect_text "$T/err" "$2"
  expect_text "$T/err" "2_bad.txt"
  [ -z "$(find "$T/$1/out" -name '*2_bad*')" ] || fail "$1: something of the attacked object is visible"
}

# survived NAME: goes on as if nothing had been; at worst its own object suffers.
survived () {
  run_attack "$1" object
  [ "$status" = 0 ] || [ "$status" = 1 ] || { cat "$T/err"; fail "$1: exit status $status, expected 0 or 1"; }
  others_are_well "$1"
  ! LC_ALL=C grep -q '[[:cntrl:]]' <(tr -d '\n' < "$T/err") || fail "$1: control bytes on standard error"
}

while read -r name call; do
  contained "$name" "denied $call at hostile.so+0x"
done <<'EOT'
open openat
create openat
stat newfstatat
socket socket
connect connect
fork clone
thread clone3
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

contained spin deadline
contained hang deadline
contained segv "signal 11"
contained abort "signal 6"
contained stack_overflow "signal 11"
contained exit0 "exited"
contained eat_memory hungry
contained garbage_message malformed
contained wrong_seq malformed
contained huge_counts malformed
contained foreign_slot malformed

survived garbage_slot
survived flip_after_handover
survived send_fds
survived flood
survived escape
survived bad_carry

echo "38 attacks: denied or contained, and told"
