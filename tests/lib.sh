# SPDX-License-Identifier: Apache-2.0
# lib.sh - what every shell test starts with: the uninstalled programs, a scratch folder, clean-up, skip and fail.
#
#   . "${srcdir:-.}/tests/lib.sh"     (the working folder is the build tree's top, as `make check` has it)
#   requires sqlite3 python3           skips the test, saying why, where a command is lacking
#   "$PENSTOCK" run "$T/x.conf"        the uninstalled program with its uninstalled plugins and workers
#   at_exit kill "$pid"                runs when the test ends, the last registered first
#   fail "what was expected, what came"
#
# A test that waits, waits for an event: wait_for CONDITION... polls without ever deciding by time that all is well. A state that may
# pass between two looks is held first: hold DATABASE stops a run within its object until let_go.

set -u
shopt -s inherit_errexit 2>/dev/null || true
set -e
: "${srcdir:=.}"
srcdir=$(cd "$srcdir" && pwd)
builddir=$PWD
me=${0##*/}

T=$(mktemp -d "${TMPDIR:-/tmp}/penstock-test.XXXXXX")
chmod 700 "$T"
at_exit_commands=()

at_exit () { at_exit_commands+=("$(printf '%q ' "$@")"); }

finish_test () {
  local status=$? i
  set +e
  for ((i = ${#at_exit_commands[@]} - 1; i >= 0; i--)); do eval "${at_exit_commands[i]}" >/dev/null 2>&1; done
  if [ "${KEEP:-0}" = 1 ]; then echo "kept: $T"; else rm -rf "$T"; fi
  exit "$status"
}
trap finish_test EXIT
trap 'echo "$me: line $LINENO: \"$BASH_COMMAND\" failed with status $?" >&2' ERR

fail () { echo "$me: FAIL: $*" >&2; trap - ERR; exit 1; }
skip () { echo "$me: SKIP: $*" >&2; trap - ERR; exit 77; }

is_sanitized () { grep -q '^#define PEN_SANITIZED' "$builddir/config.h"; }
# not_under_tsan REASON: skips where the programs are built with ThreadSanitizer.
not_under_tsan () { ! ldd "$builddir/penstock" | grep -q libtsan || skip "$*"; }

requires () {
  local c
  for c in "$@"; do command -v "$c" >/dev/null 2>&1 || skip "needs the command \"$c\""; done
}

requires_root () { [ "$(id -u)" = 0 ] || skip "needs root: $*"; }

# Plugins that configure left out are not built: a test that needs one is skipped, by name.
requires_plugin () {
  local p
  for p in "$@"; do [ -e "$builddir/.libs/$p.so" ] || skip "plugin \"$p\" was not built"; done
}

# wait_for COMMAND...: until COMMAND succeeds; a deadline only turns a hang into a failure. Who has waited long looks less often: to
# look may cost more (a sanitized program's start) than what is waited for.
wait_for () {
  local begun=${EPOCHREALTIME/[.,]/} waited pause
  until "$@" >/dev/null 2>&1; do
    waited=$((${EPOCHREALTIME/[.,]/} - begun))
    [ "$waited" -lt $((${WAIT_SECONDS:-60} * 1000000)) ] || fail "waited ${WAIT_SECONDS:-60} s in vain for: $*"
    pause=$((waited < 160000 ? 20000 : waited < 4000000 ? waited / 8 : 500000))
    printf -v pause '0.%06d' "$pause"
    read -r -t "$pause" <> <(:) || true
  done
}

# hold DATABASE: nobody else can write to it before let_go, neither can a run into it come to an end. A sink makes its tables before it
# takes anything in: to be held later it has to find them (empty_like SCHEMA DATABASE, from schema_of).
schema_of () { sqlite3 "$1" "select sql || ';' from sqlite_master where sql is not null and name not like 'sqlite_%'"; }
empty_like () { rm -f "$2" "$2"-*; sqlite3 "$2" < "$1"; }
holder=
hold () {
  local told=$T/holds
  rm -f "$told" "$told.fifo"
  mkfifo "$told.fifo"
  sqlite3 -batch -cmd '.timeout 60000' "$1" < "$told.fifo" > "$told" &
  holder=$!
  at_exit kill "$holder"
  exec 7> "$told.fifo"
  printf 'pragma journal_mode = wal; create table if not exists held (x); begin immediate;\n.print held\n' >&7
  wait_for grep -q held "$told"
}
let_go () {
  printf 'rollback;\n.quit\n' >&7
  exec 7>&-
  wait "$holder"
}

# expect_status N COMMAND...: output goes to $T/out and $T/err.
expect_status () {
  local want=$1 got=0
  shift
  "$@" >"$T/out" 2>"$T/err" || got=$?
  [ "$got" = "$want" ] || { head -20 "$T/err" >&2; fail "expected status $want, got $got from: $*"; }
}

# expect_text FILE TEXT: TEXT stands somewhere in FILE, as it is.
expect_text () {
  grep -qF -e "$2" "$1" || { echo "--- $1" >&2; head -40 "$1" >&2; fail "expected to find: $2"; }
}

# measured COMMAND...: runs it; leaves $peak, the most bytes that it and all below it had at a time (memory that they share divided
# among them), $looks, how often that was looked at, and $status. Only root may look at a worker.
measured () {
  status=0
  "$builddir/bench/measure" -m -o "$T/measured" "$@" || status=$?
  peak=$(($(sed -n 's/.* peak_kib=\([0-9]*\).*/\1/p' "$T/measured") * 1024))
  looks=$(sed -n 's/.* samples=\([0-9]*\).*/\1/p' "$T/measured")
}

same () { cmp -s "$1" "$2" || { diff "$1" "$2" | head -10 >&2; fail "$1 and $2 differ"; }; }

# The test's own state, secrets and locale, not the user's.
export HOME=$T/home XDG_STATE_HOME=$T/state XDG_CACHE_HOME=$T/cache XDG_CONFIG_HOME=$T/config LC_ALL=C TZ=UTC
mkdir -p "$HOME"
unset PENSTOCK_PLUGIN_DIR PENSTOCK_LIBEXEC_DIR
export MALLOC_PERTURB_=${MALLOC_PERTURB_:-$((RANDOM % 255 + 1))} MALLOC_CHECK_=${MALLOC_CHECK_:-3}

PEN_PLUGIN_DIR=$builddir/.libs
PEN_LIBEXEC_DIR=$builddir
PENSTOCK=$T/penstock
printf '#!/bin/sh\nexec %q --plugin-dir=%q --libexec-dir=%q "$@"\n' \
  "$builddir/penstock" "$PEN_PLUGIN_DIR" "$PEN_LIBEXEC_DIR" > "$PENSTOCK"
chmod +x "$PENSTOCK"
GEN_NACHA=$builddir/bench/gen_nacha
