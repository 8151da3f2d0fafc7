#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_reload.sh - customers are added, changed, broken, mended and removed while their files come: no record is lost or doubled.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3
requires_plugin nacha sqlite source-file

customer acme
customer umbrella
files acme 1 6
files umbrella 101 106
serve_start
wait_for is acme accepted 6

# added under load
customer initech
files initech 201 206
files acme 7 12
reload
files umbrella 107 112
expect_text "$T/serve.err" "initech: added"
all_of initech
# what did not change was not touched
! grep -q 'acme: changed\|umbrella: changed' "$T/serve.err" || fail "a pipeline that is the same was swapped"

# changed while a run is under way: that run completes what it took in
is_running () { [ "$(field "$1" state)" = running ] && [ "$(field "$1" open)" -ge 1 ]; }
hold "$T/acme/out.db"
files acme 13 13 20000
wait_for is_running acme
customer acme 'schedule: { every = "100ms"; }; limits: { chunk = "8K"; workers = 1; }; quota: { workers = 1; };'
files acme 14 20
reload
expect_text "$T/serve.err" "acme: completing what it took in"
! grep -q 'acme: changed' "$T/serve.err" || fail "the run that was under way did not come to its end"
let_go
wait_for grep -q 'acme: changed' "$T/serve.err"
files umbrella 113 118
all_of acme

# only comments: nothing happens
n=$(grep -c 'acme: changed' "$T/serve.err")
echo '# a remark' >> "$CONF/acme.conf"
reload
[ "$(grep -c 'acme: changed' "$T/serve.err")" = "$n" ] || fail "a comment swapped the pipeline"

# broken: the old one stays in force, and the answer says so; the others go on
sed -i 's/plugin = "nacha"/plugin = "nachha"/' "$CONF/umbrella.conf"
files umbrella 119 124
reload
expect_text "$T/serve.err" 'umbrella.conf:4: parser "nachha"'
expect_text "$T/serve.err" "umbrella.conf: not taken over: it stays as it was"
answer > "$T/answer"
expect_text "$T/answer" '"in_force":true'
expect_text "$T/answer" 'did you mean \"nacha\"?'
files umbrella 125 128
files acme 21 24
all_of umbrella
all_of acme
# two files with one name: the second is refused
cp "$CONF/acme.conf" "$CONF/zz.conf"
reload
expect_text "$T/serve.err" 'zz.conf:1: pipeline "acme": has the name of the pipeline at'
rm "$CONF/zz.conf"
# a file that others may write is refused like on the command line
chmod 666 "$CONF/initech.conf"
echo '# more' >> "$CONF/initech.conf"
reload
expect_text "$T/serve.err" "may be written by everybody"
chmod 644 "$CONF/initech.conf"

# mended, and moved into another file
customer umbrella
mv "$CONF/umbrella.conf" "$CONF/aa-umbrella.conf"
files umbrella 129 132
reload
answer > "$T/answer"
expect_text "$T/answer" '"bad_files":[]'
all_of umbrella

# removed while it runs: what it took in is completed
hold "$T/initech/out.db"
files initech 207 207 20000
wait_for is_running initech
rm "$CONF/initech.conf"
reload
let_go
wait_for grep -q 'initech: removed' "$T/serve.err"
all_of initech
! answer initech > "$T/answer" 2>&1 || fail "a removed pipeline is still there"

files acme 25 30
all_of acme
kill "$serve"
serve_ends 0
! grep -q 'was killed by signal' "$T/serve.err" || fail "a run was killed"
echo "acme $(arrived acme), umbrella $(arrived umbrella), initech $(arrived initech) entries, each once"
