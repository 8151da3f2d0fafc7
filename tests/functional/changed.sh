# SPDX-License-Identifier: Apache-2.0
# changed.sh - a file that shrinks, grows or is rewritten while it is read is an error of that object, never a crash.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha jsonl stdout sink-file sqlite

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

# In object mode: the other sink is held, and with it the object, while the file is changed.
cat >"$T/x.conf" <<EOF
pipeline: {
  name = "x"; state = "$T/state";
  source: { plugin = "file"; path = "$T/in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/dst/{table}.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "sqlite"; path = "$T/held.db"; } );
};
EOF
chmod 600 "$T/x.conf"
has_open () { ls -l "/proc/$pid/fd" | grep -qF "$T/in.ach"; }

grow () { echo more >>"$1"; }
rewrite () { printf 9 | dd of="$1" bs=1 seek=5000000 conv=notrunc status=none; }

mkdir "$T/dst"
"$GEN_NACHA" -n 3 -o "$T/in.ach"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
schema_of "$T/held.db" > "$T/schema"
for change in shrink grow rewrite; do
  rm -rf "$T/state" "$T/dst"
  mkdir "$T/dst"
  cp "$T/original" "$T/in.ach"
  empty_like "$T/schema" "$T/held.db"
  hold "$T/held.db"
  "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/x.conf" 2>"$T/err" & pid=$!
  at_exit kill -9 "$pid"
  wait_for has_open
  "$change" "$T/in.ach"
  let_go
  status=0; wait "$pid" || status=$?
  [ "$status" = 3 ] || { cat "$T/err" >&2; fail "$change: status 3 expected, got $status"; }
  [ -z "$(find "$T/dst" -type f)" ] || fail "$change: something is visible: $(ls -A "$T/dst")"
  grep -qE 'shrank|changed while it was read' "$T/err" || { cat "$T/err" >&2; fail "$change: no message says so"; }
done
