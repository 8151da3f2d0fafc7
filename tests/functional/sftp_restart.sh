# SPDX-License-Identifier: Apache-2.0
# sftp_restart.sh - what a later run knows of a server's files: loaded ones are not fetched again, and a kept download goes on after
# kill -9 where it was, unless anything about it is not what was noted. The server's own log counts the bytes.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin nacha sqlite
. "$srcdir/tests/functional/sshlib.sh"
sftp_server=/usr/lib/openssh/sftp-server
[ -x "$sftp_server" ] || skip "needs $sftp_server (package openssh-sftp-server), whose log has the counts"

R=$T/remote
"$GEN_NACHA" -n 20 --seed 1 -o "$T/one.ach"
"$GEN_NACHA" -n 20 --seed 2 -o "$T/two.ach"
"$GEN_NACHA" -s 7M --seed 9 -o "$T/big.ach"
size=$(stat -c %s "$T/big.ach")
big=$("$PENSTOCK" cat -p nacha -t entries "$T/big.ach" | wc -l)
fresh () { # FILES...
  rm -rf "$R" "$T/state" "$T/out.db"*
  mkdir -p "$R/in"
  for f in "$@"; do cp -p "$T/$f.ach" "$R/in/"; done
}
# A server that logs what is opened and how many bytes of it are read; serve_up_to BYTES: and says no more after so many,
# until its client is gone.
printf '#!/bin/sh\nexec %s -e -l INFO 2>> "%s"\n' "$sftp_server" "$S/files" > "$S/serve"
cat > "$S/serve_up_to" <<EOP
#!/bin/sh
$sftp_server -e -l INFO 2>> "$S/files" | exec python3 -c '
import os, select, sys
left = int (open (sys.argv[1]).read ())
while left:
    got = os.read (0, min (left, 65536))
    if not got: sys.exit ()
    os.write (1, got)
    left -= len (got)
client = select.poll ()
client.register (1, 0)
client.poll ()' "$S/most"
EOP
chmod 700 "$S"/serve*
: > "$S/files"
run () { : > "$S/files"; expect_status "$1" timeout 120 "$PENSTOCK" run "$T/x.conf"; }
opened () { grep -c '^open ' "$S/files" || true; }
bytes_read () { sed -n 's/^close .* bytes read \([0-9]*\) .*/\1/p' "$S/files" | awk '{ n += $1 } END { print n + 0 }'; }
is_closed () { [ "$(opened)" = "$(grep -c '^close ' "$S/files")" ]; }
fetched () { # FILES BYTES, in the last run
  wait_for is_closed
  [ "$(opened)" = "$1" ] || { cat "$T/err"; fail "$1 files should have been opened: $(cat "$S/files")"; }
  [ "$(bytes_read)" = "$2" ] || { cat "$T/err"; fail "$2 bytes should have been read: $(cat "$S/files")"; }
}
rows_are () { local n; n=$(sqlite3 "$T/out.db" 'select count(*) from entries'); [ "$n" = "$1" ] || { cat "$T/err"; fail "$1 entries expected, $n found"; }; }
each_once () { [ "$(sqlite3 "$T/out.db" 'select count(*) from (select 1 from entries group by _object, _offset having count(*) > 1)')" = 0 ] || fail "records are there twice"; }
bytes_of () { cat "$@" | wc -c; }

server "ForceCommand $S/serve"
known_hosts ed25519

# ---- files that stay on the server ----
fresh one two
sftp_pipeline "$R/in/*.ach"
run 0
rows_are 40
fetched 2 "$(bytes_of "$R"/in/*)"
run 0
expect_text "$T/err" "0 objects"
expect_text "$T/err" "2 files were loaded before"
fetched 0 0
touch -d '2020-01-01 12:00:00' "$R/in/one.ach" # another time: only its content tells that it is the same
run 0
expect_text "$T/err" "1 skipped"
fetched 1 "$(bytes_of "$R/in/one.ach")"
run 0
fetched 0 0
"$GEN_NACHA" -n 20 --seed 3 -o "$R/in/one.ach"
touch -d '2020-01-01 12:00:01' "$R/in/one.ach"
run 0
rows_are 60
fetched 1 "$(bytes_of "$R/in/one.ach")"
rm "$R/in/two.ach" # what is gone is forgotten
run 0
[ "$(sqlite3 "$T/state/source/sftp.db" 'select group_concat(name) from loaded')" = "sftp://127.0.0.1:$ssh_port$R/in/one.ach" ] || fail "a file that is gone is still noted"
sftp_pipeline "$R/in/*.ach" 'skip_loaded = false;'
run 0
expect_text "$T/err" "1 skipped"
fetched 1 "$(bytes_of "$R/in/one.ach")"
sftp_pipeline "$R/in/*.ach" 'after: { success = "delete"; };' # it has to go, so it is looked at
run 0
[ -z "$(ls -A "$R/in")" ] || fail "left on the server: $(ls -A "$R/in")"
rows_are 60
# a refused one is offered again, as in any other source
fresh
sed '2s/^\(.\{50\}\).../\1XYZ/' "$T/one.ach" > "$R/in/bad.ach"
sftp_pipeline "$R/in/*.ach"
run 1
run 1
fetched 1 "$(bytes_of "$R/in/bad.ach")"

# ---- killed in the middle of a download ----
part=$T/state/source/sftp.part
part_has () { [ "$(stat -c %s "$part")" -ge "$1" ]; }
# A host with more than 4 MiB of the file, and no more to come; killed.
kill_within () {
  echo 5500000 > "$S/most"
  server "ForceCommand $S/serve_up_to"
  fresh big
  sftp_pipeline "$R/in/*.ach" "${1-resume = \"1M\";} timeout = \"10m\";"
  "$PENSTOCK" run "$T/x.conf" > "$T/out" 2> "$T/err" & pid=$!
  at_exit kill -9 "$pid"
  if [ -n "${1-x}" ]; then wait_for part_has 5000000; else wait_for has_some; fi
  kill -9 "$pid"
  wait "$pid" || true
  server "ForceCommand $S/serve"
}
whole () { rows_are "$big"; each_once; }
noted=4194304
kill_within
run 0
expect_text "$T/err" "going on after $noted of $size bytes that an earlier run has fetched"
fetched 1 $((size - noted))
whole
[ ! -e "$part" ] || fail "the kept download is still there after the verdict"
run 0
fetched 0 0

# not what was noted: on the disk, on the server (its time, its length), or nothing is left
anew () { run 0; ! grep -q 'going on after' "$T/err" || { cat "$T/err"; fail "$1: what is there was believed"; }; fetched 1 "$2"; each_once; }
kill_within
printf X | dd of="$part" bs=1 seek=3000000 conv=notrunc status=none
anew "a damaged part" "$size"
whole
kill_within
touch -d yesterday "$R/in/big.ach"
anew "another time" "$size"
whole
kill_within
cp "$T/one.ach" "$R/in/big.ach"
anew "another length" "$(bytes_of "$T/one.ach")"
rows_are 20

# ---- killed when all of it was there and nothing was committed: nothing is fetched a second time ----
fresh big
sftp_pipeline "$R/in/*.ach" 'resume = "1M";'
run 0
schema_of "$T/out.db" > "$T/schema"
fresh big
empty_like "$T/schema" "$T/out.db"
hold "$T/out.db"
: > "$S/files"
"$PENSTOCK" run "$T/x.conf" > "$T/out" 2> "$T/err" & pid=$!
at_exit kill -9 "$pid"
handed_over () { find "/proc/$pid/fd" -lname '*/sftp.part' 2> "$T/unseen" | grep -q .; }
wait_for handed_over
kill -9 "$pid"
wait "$pid" || true
let_go
run 0
expect_text "$T/err" "going on after $size of $size bytes"
fetched 1 0
whole

# ---- without resume: it is fetched again from its beginning, and each record is there once ----
has_some () { grep -q '^open .*big.ach' "$S/files"; }
: > "$S/files"
kill_within ''
run 0
fetched 1 "$size"
whole
