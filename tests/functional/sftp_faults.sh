# SPDX-License-Identifier: Apache-2.0
# sftp_faults.sh - killed in the middle of downloads, cut connections, servers that hang, lie or rename, a full spool: clear
# errors of the objects concerned, the others go on, and in the end every record is there once.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 python3
requires_plugin nacha sqlite jsonl stdout
not_under_tsan "its timeouts are for programs at full speed; sftp.sh runs under ThreadSanitizer"
. "$srcdir/tests/functional/sshlib.sh"

R=$T/remote
mkdir -p "$R"
for i in 1 2 3; do "$GEN_NACHA" -n 20 --seed $i -o "$T/small$i.ach"; done
"$GEN_NACHA" -s 24M --seed 9 -o "$T/big.ach"
big=$("$PENSTOCK" cat -p nacha -t entries "$T/big.ach" | wc -l)
fresh () { # FILES...
  rm -rf "$R" "$T/state" "$T/out.db"*
  mkdir -p "$R/in"
  for f in "$@"; do cp "$T/$f.ach" "$R/in/"; done
}
run () { expect_status "$1" timeout 120 "$PENSTOCK" run "$T/x.conf"; }
in_background () { timeout 120 "$PENSTOCK" run "$T/x.conf" > "$T/out" 2> "$T/err" & pid=$!; }
ends_with () { local got=0; wait "$pid" || got=$?; [ "$got" = "$1" ] || { cat "$T/err"; fail "status $1 expected, got $got"; }; }
rows_are () { local n; n=$(sqlite3 "$T/out.db" 'select count(*) from entries'); [ "$n" = "$1" ] || { cat "$T/err"; fail "$1 entries expected, $n found"; }; }
doubled () { sqlite3 "$T/out.db" 'select count(*) from (select 1 from entries group by _object, _offset having count(*) > 1)'; }
# the process of the newest session, once it has opened a file whose name ends so
session_with () {
  local p
  for p in $(sessions "$(cat "$S/sshd.pid")"); do
    find "/proc/$p/fd" -lname "*$1" 2> "$T/unseen" | grep -q . && { session=$p; return 0; }
  done
  return 1
}
# Starts a run and stops the server's process while it has big.ach open: as long as the sink is held the download waits for room in
# the spool.
stop_within_big () {
  fresh big small1
  empty_like "$T/schema" "$T/out.db"
  hold "$T/out.db"
  in_background
  wait_for session_with big.ach
  kill -STOP "$session"
  let_go
}
sessions () { local c; for c in $(cat "/proc/$1/task/$1/children"); do echo "$c"; sessions "$c"; done; }

server
known_hosts ed25519

# ---- killed at any moment, with deletion: what is on the server and what is in the sink is every record once ----
delete='after: { success = "delete"; }; requests = 2;'
fresh big small1 small2
sftp_pipeline "$R/in/*.ach" "$delete"
start=$(date +%s%N)
run 0
took=$(($(date +%s%N) - start))
schema_of "$T/out.db" > "$T/schema"
rows_are $((big + 40))
RANDOM=${SEED:=$$}
if is_sanitized; then : "${ROUNDS:=2}"; fi
for ((round = 1; round <= ${ROUNDS:=6}; round++)); do
  fresh big small1 small2
  for ((life = 1; life <= 4; life++)); do
    status=0
    "$builddir/tests/fault/killer" -r "$T/report" -h $((took / 1000 * (RANDOM % 100) / 100)) "$PENSTOCK" run "$T/x.conf" > "$T/out" 2> "$T/err" || status=$?
    [ "$status" != 99 ] || fail "SEED=$SEED: left behind: $(cat "$T/report")"
    [ "$status" = 137 ] || break
  done
  run 0
  rows_are $((big + 40))
  [ "$(doubled)" = 0 ] || fail "SEED=$SEED: records are there twice"
  [ -z "$(ls -A "$R/in")" ] || fail "SEED=$SEED: left on the server: $(ls -A "$R/in")"
done

# ---- the connection is cut in the middle: the download goes on behind what is there ----
sftp_pipeline "$R/in/*.ach" 'requests = 1;' 'limits: { spool = "8M"; };'
stop_within_big
kill -9 "$session"
ends_with 0
rows_are $((big + 20))
grep -qE 'big.ach: .*going on after [0-9]+ bytes' "$T/err" || { cat "$T/err"; fail "no word of the cut"; }

# ---- the server hangs in the middle of one: a timeout, and the run goes on ----
sftp_pipeline "$R/in/*.ach" 'requests = 1; timeout = "3s"; retries = 3;' 'limits: { spool = "8M"; };'
stop_within_big
hung=$session
ends_with 0
kill -9 "$hung"
expect_text "$T/err" "cannot read it: timeout"
rows_are $((big + 20))

# ---- a server that takes the connection and says nothing ----
python3 - "$T/port" <<'EOP' &
import socket, sys
s = socket.socket(); s.bind (("127.0.0.1", 0)); s.listen ()
open (sys.argv[1] + ".new", "w").write (str (s.getsockname ()[1]))
import os; os.rename (sys.argv[1] + ".new", sys.argv[1])
held = []
while True: held.append (s.accept ())
EOP
silent=$!
at_exit kill "$silent"
wait_for test -s "$T/port"
right=$ssh_port
ssh_port=$(cat "$T/port")
sftp_pipeline "$R/in/*.ach" 'timeout = "300ms"; retries = 2;'
ssh_port=$right
run 3
expect_text "$T/err" "no SSH connection with 127.0.0.1: timeout"

# ---- a file shrinks while it is read: an error of that object, nothing of it is visible, the other is loaded ----
sftp_pipeline "$R/in/*.ach" 'requests = 1; retries = 2;' 'limits: { spool = "8M"; };'
stop_within_big
truncate -s 1M "$R/in/big.ach"
kill -CONT "$session"
ends_with 3
grep -qE 'big.ach: .*(it ends after|changed while it was downloaded)' "$T/err" || { cat "$T/err"; fail "no word of the truncation"; }
rows_are 20

# ---- a server that renames under us: between the looks, and while the file is read ----
fresh small1 small2
ssh_settle='settle = "1s";' sftp_pipeline "$R/in/*.ach" 'after: { success = "delete"; };'
in_background
logged_in () { grep -q Accepted "$S/log"; }
server_log_mark=$(wc -l < "$S/log")
listed () { tail -n +$((server_log_mark + 1)) "$S/log" | grep -q 'Accepted'; }
wait_for listed
mv "$R/in/small1.ach" "$R/in/moved.ach"
ends_with 0
run 0
rows_are 40
[ "$(doubled)" = 0 ] || fail "records are there twice"
sftp_pipeline "$R/in/*.ach" "requests = 1; after: { success = \"move\"; to = \"$R\"; tries = 2; };" 'limits: { spool = "8M"; };'
stop_within_big
mv "$R/in/big.ach" "$R/in/other.ach"
kill -CONT "$session"
ends_with 3
expect_text "$T/err" "$R/in/big.ach is gone, and is not at $R/big.ach either"
rows_are $((big + 20))
run 0
rows_are $((big + 20))
[ -z "$(ls -A "$R/in")" ] || fail "left on the server: $(ls -A "$R/in")"

# ---- the server does not let us delete: every file says so, all is loaded, nothing twice when it does at last ----
server "ForceCommand internal-sftp -P remove"
fresh small1 small2
sftp_pipeline "$R/in/*.ach" 'after: { success = "delete"; tries = 2; };'
run 3
expect_text "$T/err" "cannot delete $R/in/small1.ach: cannot delete $R/in/small1.ach: permission denied"
expect_text "$T/err" "small2.ach: the source could not acknowledge it; the next run will"
rows_are 40
server
run 0
rows_are 40
[ -z "$(ls -A "$R/in")" ] || fail "left on the server: $(ls -A "$R/in")"

# ---- following: files come, the server goes away and comes back, files come again ----
fresh small1
ssh_settle='settle = "200ms";' sftp_pipeline "$R/in/*.ach" 'poll = "200ms"; retries = 2; after: { success = "delete"; };'
timeout 300 "$PENSTOCK" run --follow "$T/x.conf" > "$T/out" 2> "$T/err" & pid=$!
at_exit kill "$pid"
has_rows () { [ "$(sqlite3 "$T/out.db" 'select count(*) from entries' 2> "$T/unseen")" = "$1" ]; }
is_empty () { [ -z "$(ls -A "$R/in")" ]; }
wait_for has_rows 20
wait_for is_empty
server_stop
cp "$T/small2.ach" "$R/in/"
wait_for grep -q "Connection refused" "$T/err"
server
wait_for has_rows 40
wait_for is_empty
cp "$T/small3.ach" "$R/in/new.part"
mv "$R/in/new.part" "$R/in/new.ach"
wait_for has_rows 60
wait_for is_empty
kill "$pid"
wait "$pid" || true
[ "$(doubled)" = 0 ] || fail "records are there twice"

# ---- the spool is full: the object that does not fit says so, the others are loaded ----
spool=$T/state/spool
fresh big small1
mkdir -p "$spool"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=2m none "$spool" 2> "$T/mount"; then
  at_exit umount "$spool"
  sftp_pipeline "$R/in/*.ach"
  run 3
  expect_text "$T/err" "cannot write to the spool: No space left on device"
  rows_are 20
  umount "$spool"
  run 0
  rows_are $((big + 20))
else
  echo "sftp_faults.sh: no tmpfs can be mounted here: a full spool is not tested"
fi
