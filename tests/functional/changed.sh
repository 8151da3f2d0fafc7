# SPDX-License-Identifier: Apache-2.0
# changed.sh - a file that shrinks, grows or is rewritten while it is read is an error of that object, never a crash.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin nacha jsonl stdout sink-file

"$GEN_NACHA" -s 24M -o "$T/original"
mkfifo "$T/pipe"

# While nobody reads the pipe, the sink waits, and with it all the rest: the file is changed under a run that cannot end.
shrink () { truncate -s 1M "$1"; }
cp "$T/original" "$T/in.ach"
"$PENSTOCK" cat -p nacha "$T/in.ach" >"$T/pipe" 2>"$T/err" & pid=$!
exec 5<"$T/pipe"
read -r first <&5
case $first in '{"_table"'*) ;; *) fail "no row came first, but: $first" ;; esac
shrink "$T/in.ach"
cat <&5 >/dev/null
exec 5<&-
status=0; wait "$pid" || status=$?
[ "$status" = 3 ] || { cat "$T/err" >&2; fail "shrunk: status 3 expected, got $status"; }
grep -qE 'shrank|changed while it was read' "$T/err" || { cat "$T/err" >&2; fail "shrunk: no message says so"; }

# In object mode: the host is stopped while it has the file open, the file is changed, the host goes on.
cat >"$T/x.conf" <<EOF
pipeline: {
  name = "x"; state = "$T/state";
  source: { plugin = "file"; path = "$T/in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/dst/{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
};
EOF
chmod 600 "$T/x.conf"
has_open () { ls -l "/proc/$pid/fd" 2>/dev/null | grep -qF "$T/in.ach" || ! kill -0 "$pid" 2>/dev/null; }

# try CHANGE: 0 when the change fell into the run
try () {
  rm -rf "$T/state" "$T/dst"
  mkdir "$T/dst"
  cp "$T/original" "$T/in.ach"
  "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/x.conf" 2>"$T/err" & pid=$!
  wait_for has_open
  kill -STOP "$pid" 2>/dev/null || true
  "$1" "$T/in.ach"
  kill -CONT "$pid" 2>/dev/null || true
  status=0; wait "$pid" || status=$?
  [ "$status" != 0 ]
}
grow () { echo more >>"$1"; }
rewrite () { printf 9 | dd of="$1" bs=1 seek=5000000 conv=notrunc status=none; }

for change in shrink grow rewrite; do
  tries=0
  until try "$change"; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || fail "$change: 20 runs were over before the file was changed"
  done
  [ "$status" = 3 ] || { cat "$T/err" >&2; fail "$change: status 3 expected, got $status"; }
  [ -z "$(find "$T/dst" -type f)" ] || fail "$change: something is visible: $(ls -A "$T/dst")"
  grep -qE 'shrank|changed while it was read' "$T/err" || { cat "$T/err" >&2; fail "$change: no message says so"; }
done
