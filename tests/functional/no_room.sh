#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# no_room.sh - a disk that is full, a directory that may not be read or written, or is not there: one error each with its path, status
# 3, nothing half done, and the next run loads it once the reason is gone.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 setpriv
requires_plugin nacha jsonl source-file sink-file sqlite

"$GEN_NACHA" -s 3M --seed 1 -o "$T/a.ach"
entries=$(grep -c '^6' "$T/a.ach")
# root may read and write everything, unless it gives that up
as_anybody=()
[ "$(id -u)" != 0 ] || as_anybody=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search)

conf () { # STATE INPUT SINK PATH
  cat > "$T/x.conf" <<EOC
pipeline: {
  name = "x"; state = "$1";
  source: { plugin = "file"; path = "$2"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "$3"; path = "$4"; } );
  limits: { workers = 1; };
};
EOC
  chmod 600 "$T/x.conf"
}
run () { expect_status "$1" timeout 120 "${as_anybody[@]}" "$PENSTOCK" run "$T/x.conf"; }
# says TEXT: how the run failed, and what has the reason is named.
says () { run 3; expect_text "$T/err" "$1"; }
forget () { rm -rf "$T/state" "$T/dst"; }

# ---- input ----
mkdir "$T/in"
cp "$T/a.ach" "$T/in/"
chmod 000 "$T/in"
for path in "$T/in" "$T/in/*.ach"; do
  conf "$T/state" "$path" file "$T/dst/x.jsonl"
  says "source: cannot read the directory $T/in: Permission denied"
done
chmod 755 "$T/in"
chmod 000 "$T/in/a.ach"
says "source: cannot open $T/in/a.ach: Permission denied"
chmod 644 "$T/in/a.ach"
run 0
forget
conf "$T/state" "$T/nowhere/a.ach" file "$T/dst/x.jsonl"
says "source: cannot read $T/nowhere/a.ach: No such file or directory"
conf "$T/state" "$T/nowhere/*/[ab].ach" file "$T/dst/x.jsonl"
says "source: cannot read the directory $T/nowhere: No such file or directory"
conf "$T/state" "$T/in/*/[ab].ach" file "$T/dst/x.jsonl"
run 0

# ---- state ----
mkdir "$T/closed"
chmod 555 "$T/closed"
conf "$T/closed/state" "$T/a.ach" file "$T/dst/x.jsonl"
says "cannot create the state directory $T/closed/state: Permission denied"
conf "$T/closed" "$T/a.ach" file "$T/dst/x.jsonl"
says "cannot open $T/closed/lock: Permission denied"
conf "$T/state" "$T/a.ach" file "$T/dst/x.jsonl"
run 0
chmod 444 "$T/state/state.db"
says "state database $T/state/state.db: cannot write: attempt to write a readonly database"
forget

# ---- sinks ----
conf "$T/state" "$T/a.ach" file "$T/closed/sub/x.jsonl"
says "sink \"file\": cannot open directory $T/closed/sub: Permission denied"
forget
conf "$T/state" "$T/a.ach" sqlite "$T/nowhere/x.db"
says "sink \"sqlite\": table files: cannot open $T/nowhere/x.db: unable to open database file: No such file or directory"
mkdir "$T/nowhere"
run 0
[ "$(sqlite3 "$T/nowhere/x.db" 'select count(*) from entries')" = "$entries" ] || fail "not every entry was loaded"
forget

# ---- full disks ----
mkdir "$T/small"
if [ "$(id -u)" != 0 ] || ! mount -t tmpfs -o size=1m none "$T/small" 2> "$T/mount"; then
  echo "no_room.sh: no tmpfs can be mounted here: full disks are not tested"
  exit 0
fi
at_exit umount "$T/small"
conf "$T/state" "$T/a.ach" file "$T/small/x.jsonl"
says "sink \"file\": cannot write x.jsonl ($T/small/x.jsonl): No space left on device"
[ -z "$(ls -A "$T/small")" ] || fail "left behind on the full disk: $(ls -A "$T/small")"
mount -o remount,size=64m "$T/small"
run 0
[ "$(grep -c '"transaction_code"' "$T/small/x.jsonl")" = "$entries" ] || fail "not every entry was loaded"
rm "$T/small/x.jsonl"
forget
mount -o remount,size=1m "$T/small"
conf "$T/state" "$T/a.ach" sqlite "$T/small/x.db"
says "sink \"sqlite\": $T/small/x.db: cannot commit: database or disk is full"
mount -o remount,size=64m "$T/small"
run 0
[ "$(sqlite3 "$T/small/x.db" 'select count(*), count(distinct _offset) from entries')" = "$entries|$entries" ] || fail "entries are lost or doubled"
rm "$T/small/"*
forget
mount -o remount,size=1m "$T/small"
head -c 1048576 /dev/zero > "$T/small/fill"
conf "$T/small/state" "$T/a.ach" file "$T/dst/x.jsonl"
says "$T/small/state"
rm "$T/small/fill"
run 0
