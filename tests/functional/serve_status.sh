#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_status.sh - what serve says: to a service manager, on its socket, as a table, by its exit status; back-off and time limits.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3 python3
requires_plugin nacha sqlite source-file

# nothing that is good: 78; nobody there: 3
echo 'pipeline: { nam = "x"; };' > "$CONF/bad.conf"
expect_status 78 "$PENSTOCK" serve --socket "$SOCKET" "$CONF"
expect_text "$T/err" 'bad.conf:1: pipeline: unknown key "nam"; did you mean "name"?'
expect_status 78 "$PENSTOCK" serve --socket "$SOCKET" "$T/none.conf"
expect_status 3 "$PENSTOCK" status --socket "$SOCKET"
expect_text "$T/err" "no \`penstock serve\` answers at $SOCKET"
expect_status 2 "$PENSTOCK" serve --workers 0
expect_status 2 "$PENSTOCK" serve --drain-time 5
rm "$CONF/bad.conf"

python3 "$srcdir/tests/functional/notify_listen.py" "$T/notify" "$T/notified" &
manager=$!
at_exit kill "$manager"
wait_for grep -q listening "$T/notified"
customer acme
# its source is not there yet: a failure, again and again, less and less often
customer late 'schedule: { every = "1h"; retry = "50ms"; };'
sed -i "s|$T/late/in/\*.ach|$T/late/in/one.ach|" "$CONF/late.conf"
# takes longer than it may: 1 ms
customer slow 'schedule: { every = "1h"; retry = "1h"; max_run_time = "1ms"; }; limits: { chunk = "4K"; workers = 1; };'
files slow 1 1 20000
files acme 1 3
export NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=200000
serve_start --workers 3 --memory 2G
unset NOTIFY_SOCKET WATCHDOG_USEC
expect_text "$T/notified" "READY=1 STATUS=3 pipelines, 0 files with errors"
watched () { [ "$(grep -c '^WATCHDOG=1$' "$T/notified")" -ge "$1" ]; }
wait_for watched 5
all_of acme

# back-off and the way out of it
failed_often () { [ "$(field late failures_in_a_row)" -ge 4 ]; }
wait_for failed_often
case $(field late state) in
  backoff | running | waiting) ;;
  *) fail "after failures: $(field late state)" ;;
esac
expect_text "$T/serve.err" "late: the run ended with status 3; failure 1 in a row, again in 0.1 s"
expect_text "$T/serve.err" "failure 4 in a row, again in 0.4 s"
answer late > "$T/answer"
expect_text "$T/answer" "$T/late/in/one.ach: No such file or directory"
[ "$(field late lag_ns)" -gt 0 ] || fail "a pipeline that fails shows no lag"
"$GEN_NACHA" -n 60 --seed 5 --batch 20 -o "$T/late/.one"
mv "$T/late/.one" "$T/late/in/one.ach"
all_of late
wait_for is late state idle
is late failures_in_a_row 0 || fail "failures are still counted"
is late lag_ns 0 || fail "a good run leaves a lag"
wait_for grep -q "slow: runs longer than max_run_time: stopped" "$T/serve.err"

# the table, one pipeline, one that is not there
expect_status 0 "$PENSTOCK" status --socket "$SOCKET"
expect_text "$T/out" "workers "
expect_text "$T/out" "of 3, memory "
grep -qE '^late +idle +0 +[0-9]+ +1 +0 ' "$T/out" || { cat "$T/out" >&2; fail "no line of late as expected"; }
expect_status 0 "$PENSTOCK" status --socket "$SOCKET" late
! grep -q '^acme' "$T/out" || fail "asked for one, got another"
expect_status 3 "$PENSTOCK" status --socket "$SOCKET" nobody
expect_text "$T/err" "there is no such pipeline"
python3 - "$SOCKET" <<'EOP' > "$T/said" || fail "the socket's answers are not JSON as documented"
import json, socket, sys
def ask(data, shut=False):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(sys.argv[1])
    s.sendall(data)
    if shut:
        s.shutdown(socket.SHUT_WR)
    got = b""
    while not got.endswith(b"\n"):
        try:
            k = s.recv(65536)
        except ConnectionResetError: # hung up on what it did not read
            k = b""
        if not k:
            break
        got += k
    return got
a = json.loads(ask(b'{"request": "status"}\n'))
assert a["ok"] and [p["pipeline"] for p in a["pipelines"]] == ["acme", "late", "slow"], a
assert a["serve"]["workers"] == 3 and not a["serve"]["crowded"] and all(p["reserved"] for p in a["pipelines"])
assert a["pipelines"][1]["total"]["records"] > 60 and a["pipelines"][1]["last"]["status"] == 0
for bad in b"\n", b"{}\n", b"[]\n", b'{"request": 1}\n', b'{"request": "stop"}\n', b'{"request": "status", "x": 1}\n', b"\xff\xfe\n", b"{" * 4000 + b"\n":
    a = json.loads(ask(bad))
    assert a["ok"] is False and a["error"], (bad, a)
assert ask(b"x" * 5000) == b""                      # a line that does not end
assert ask(b'{"request": "status"', True) == b""    # half a line, and gone
two = ask(b'{"request": "status"}\n{"request": "status", "pipeline": "late"}\n')
for _ in range(5):                                  # asks twice, and does not wait for the answers
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(b'{"request": "status"}\n' * 2)
    s.close()
assert json.loads(ask(b'{"request": "status"}\n'))["ok"]
print("answers as they should be")
EOP
# a second one keeps away from the socket
expect_status 3 "$PENSTOCK" serve --socket "$SOCKET" "$CONF/acme.conf"
expect_text "$T/err" "another \`penstock serve\` answers there"

reload
expect_text "$T/notified" "RELOADING=1 MONOTONIC_USEC="
kill "$serve"
serve_ends 0
wait_for grep -q '^STOPPING=1' "$T/notified"
ready=$(grep -n '^READY=1' "$T/notified" | head -1 | cut -d: -f1)
stopping=$(grep -n '^STOPPING=1' "$T/notified" | cut -d: -f1)
[ "$ready" -lt "$stopping" ] || fail "STOPPING came before READY"

# memory that does not suffice for all at once: they wait for each other, and all get through; for one alone: refused
customer big 'quota: { memory = "10M"; };'
serve_start --memory 120M
expect_text "$T/serve.err" "does not suffice for one worker of every pipeline at a time"
expect_text "$T/serve.err" 'pipeline "big": one worker needs '
files acme 4 6
all_of acme
kill "$serve"
serve_ends 0
