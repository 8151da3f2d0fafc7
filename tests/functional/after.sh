# SPDX-License-Identifier: Apache-2.0
# after.sh - files that were committed are archived, moved, renamed or deleted, never over another, and only if they are what was
# read; what cannot be done is said, makes status 3 and is done by the next run, whose sinks see nothing twice.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 sha256sum
requires_plugin nacha source-file sqlite

day=$(date -u +%Y-%m-%d)
"$GEN_NACHA" -n 20 --seed 1 -o "$T/one.ach"
"$GEN_NACHA" -n 20 --seed 2 -o "$T/two.ach"
"$GEN_NACHA" -n 20 --seed 3 -o "$T/three.ach"
sed '2s/^\(.\{50\}\).../\1XYZ/; $d' "$T/three.ach" > "$T/bad.ach"

# setup AFTER [FURTHER SOURCE OPTIONS]: a fresh inbox of two files, and a pipeline
setup () {
  rm -rf "$T/in" "$T/to" "$T/no" "$T/state" "$T/out.db"
  mkdir "$T/in" "$T/to" "$T/no"
  cp "$T/one.ach" "$T/in/a.ach"
  cp "$T/two.ach" "$T/in/b.ach"
  config "$@"
}
config () {
  cat > "$T/x.conf" <<EOC
pipeline: {
  name = "x"; state = "$T/state";
  source: { plugin = "file"; path = "$T/in/*.ach"; ${2:-} after: { $1 }; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "$T/out.db"; } );
  errors: { on_reject = "reject-object"; };
};
EOC
  chmod 600 "$T/x.conf"
}
run () { expect_status "$1" "$PENSTOCK" run "$T/x.conf"; }
entries () { sqlite3 "$T/out.db" 'select count(*) from entries'; }
rows_are () { [ "$(entries)" = "$1" ] || fail "$1 entries expected, $(entries) found"; }
is_at () { same "$1" "$T/$2"; }
in_holds () { [ "$(cd "$T/in" && ls -A | tr '\n' ' ')" = "$1" ] || fail "inbox: expected \"$1\", found: $(ls -A "$T/in")"; }

setup "success = \"archive\"; to = \"$T/to\";"
touch -d '2024-02-29 23:59:59 UTC' "$T/in/a.ach"
run 0
in_holds ""
is_at "$T/one.ach" to/2024-02-29/a.ach
is_at "$T/two.ach" "to/$day/b.ach"
rows_are 40

setup "success = \"move\"; to = \"$T/to\";"
echo other > "$T/to/a.ach"
run 0
in_holds ""
[ "$(cat "$T/to/a.ach")" = other ] || fail "the file that was there was overwritten"
key=$(sqlite3 "$T/state/state.db" "select substr(key, 1, 12) from objects where name like '%/a.ach'")
is_at "$T/one.ach" "to/a~$key.ach"
is_at "$T/two.ach" to/b.ach
# the same content under the same name once more: skipped, and put away all the same
cp "$T/one.ach" "$T/in/a.ach"
run 0
in_holds ""
is_at "$T/one.ach" "to/a~$key-2.ach"
rows_are 40

setup 'success = "rename"; suffix = ".loaded";'
sed -i "s|in/\*.ach|in|" "$T/x.conf" # a directory: what was renamed must not be taken again
run 0
in_holds "a.ach.loaded b.ach.loaded "
run 0
expect_text "$T/err" "0 objects"
rows_are 40

setup 'success = "delete";'
: > "$T/in/.old.ach.penstock-gone" # a deletion that was killed
run 0
in_holds ""
rows_are 40

# refused files have a way of their own
setup "success = \"delete\"; refused = \"move\"; refused_to = \"$T/no\";"
cp "$T/bad.ach" "$T/in/c.ach"
run 1
in_holds ""
is_at "$T/bad.ach" no/c.ach
rows_are 40
setup 'success = "delete"; refused = "rename";'
cp "$T/bad.ach" "$T/in/c.ach"
run 1
in_holds "c.ach.refused "
setup 'success = "delete";'
cp "$T/bad.ach" "$T/in/c.ach"
run 1
in_holds "c.ach "

# across file systems: a copy, then the original goes; a copy that a killed run has left is no collision
elsewhere=$(mktemp -d /dev/shm/penstock-test.XXXXXX)
at_exit rm -rf "$elsewhere"
if [ "$(stat -c %d "$elsewhere")" = "$(stat -c %d "$T")" ]; then
  echo "after.sh: $T and /dev/shm are one file system: moving across is not tested"
else
  setup "success = \"move\"; to = \"$elsewhere\";"
  cp -p "$T/in/b.ach" "$elsewhere/b.ach"
  : > "$elsewhere/.a.ach.penstock-part"
  touch -d '2024-02-29 23:59:59 UTC' "$T/in/a.ach"
  run 0
  in_holds ""
  [ "$(ls -A "$elsewhere" | tr '\n' ' ')" = "a.ach b.ach " ] || fail "found: $(ls -A "$elsewhere")"
  same "$T/one.ach" "$elsewhere/a.ach"
  same "$T/two.ach" "$elsewhere/b.ach"
  [ "$(date -u -r "$elsewhere/a.ach" +%s)" = 1709251199 ] || fail "the modification time was lost"
fi

# what cannot be done: every file says so, status 3, all is loaded; the next run does it and loads nothing twice
setup "success = \"archive\"; to = \"$T/to\"; tries = 2;"
: > "$T/to/$day"
run 3
expect_text "$T/err" "cannot archive $T/in/a.ach: cannot make the directory $T/to/$day"
expect_text "$T/err" "cannot archive $T/in/b.ach: cannot make the directory $T/to/$day"
in_holds "a.ach b.ach "
rows_are 40
rm "$T/to/$day"
run 0
in_holds ""
is_at "$T/one.ach" "to/$day/a.ach"
rows_are 40

# the archive is the only place besides the inbox that the source process may write to
setup "success = \"move\"; to = \"$T/absent\";"
run 3
expect_text "$T/err" "cannot move files to $T/absent"

# done-files: no marker, or one that is older than its file, and the file waits; it goes with its marker
setup 'success = "delete";' 'done_file = "{stem}.ok";'
: > "$T/in/b.ok"
touch -d '2024-02-29' "$T/in/a.ach" "$T/in/b.ok"
run 0
in_holds "a.ach b.ach b.ok "
touch "$T/in/b.ok"
run 0
in_holds "a.ach "
rows_are 20

# wrong options end the run before anything is read
config 'success = "archive";'
run 3
expect_text "$T/err" "after.success: archive and move need a directory to go to"
config 'success = "delete";' 'done_file = "done";'
run 3
expect_text "$T/err" "done_file: expected {name} or {stem}"
