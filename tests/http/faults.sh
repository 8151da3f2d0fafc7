#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# faults.sh - a server that does all that goes wrong: one clear error for each object, the others arrive, nothing is visible twice.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/http/httplib.sh"
requires_plugin source-http parser-csv jsonl
start_faulty
quick='plain = true; timeouts: { connect = "5s"; stall = "700ms"; }; retries: { max = 3; first = "20ms"; cap = "100ms"; };'
patient=${quick/700ms/20s} # where nobody hangs: the server itself may be slow on a loaded machine

# every fault beside good objects
pipeline faults "$quick breaker: { failures = 0; };
  url = [ \"$base/ok/{1..20}\", \"$base/busy/91\", \"$base/moved/92\", \"$base/{broken,gone,reset,hang,loris,short,chunkcut}/1\",
          \"$base/{unsized,garbage,loop,elsewhere,later}/1\", \"http://127.0.0.1:$(free_port)/refused\" ];"
run 3 faults
expect_rows faults $((3 * 22))
expect_text "$T/err" "/broken/1: HTTP 500 Internal Server Error (attempt 4 of 4); nothing of it is visible (request "
expect_text "$T/err" "/gone/1: HTTP 410 Gone; nothing"
expect_text "$T/err" "/reset/1: "
expect_text "$T/err" "/hang/1: no byte came within timeouts.stall"
expect_text "$T/err" "/loris/1: slower than timeouts.min_speed"
expect_text "$T/err" "/short/1: "
expect_text "$T/err" "/chunkcut/1: "
expect_text "$T/err" "/unsized/1: neither Content-Length nor chunks"
expect_text "$T/err" "/garbage/1: "
expect_text "$T/err" "/loop/1: redirect loop: more than redirects.max = 5 redirects"
expect_text "$T/err" "another host, and redirects.other_hosts is not set"
expect_text "$T/err" "/later/1: HTTP 503 Service Unavailable; waiting 86400 s more would exceed retries.patience"
expect_text "$T/err" "/refused: "
expect_text "$T/err" "35 objects: 22 accepted, 13 not finished"
[ "$(grep -c '"/gone/1"' "$T/requests.log")" = 1 ] || fail "a permanent answer is not asked for again"
[ "$(grep -c '"/broken/1"' "$T/requests.log")" = 4 ] || fail "4 attempts expected"
[ "$(sqlite3 "$T/state-faults/state.db" "SELECT count(*) FROM objects WHERE status = 'lost' AND origin LIKE 'request %'")" = 13 ] \
  || fail "13 lost objects expected in the journal, with their requests"

# each request has an id of its own; it is the object's in the journal
id=$(sqlite3 "$T/state-faults/state.db" "SELECT substr(origin, 9) FROM objects WHERE name LIKE '%/ok/7'")
grep '"/ok/7"' "$T/requests.log" | grep -q "\"x-request-id\": \"$id\".*\"traceparent\": \"00-$id-[0-9a-f]\{16\}-01\"" \
  || fail "the request of /ok/7 should carry $id"
[ "$(grep '"/busy/91"' "$T/requests.log" | grep -o '"traceparent": "[^"]*"' | sort -u | wc -l)" = 3 ] || fail "each attempt has its own traceparent"
[ "$(grep '"/busy/91"' "$T/requests.log" | grep -o '"x-request-id": "[^"]*"' | sort -u | wc -l)" = 1 ] || fail "they are for one object"

# redirects to another host: allowed, but not into our own network; then that as well, without credentials
pipeline private "$patient url = \"$base/elsewhere/2\"; redirects: { other_hosts = true; };"
run 3 private
expect_text "$T/err" "leads to a private address, and redirects.private is not set"
[ "$(grep -c '"/ok/2"' "$T/requests.log")" = 1 ] || fail "nothing is sent to a private address"
printf 'user-token' > "$T/token"
chmod 600 "$T/token"
pipeline elsewhere "$patient url = \"$base/elsewhere/77\"; redirects: { other_hosts = true; private = true; };
  headers = \"X-Customer: acme\"; auth: { kind = \"bearer\"; token = \"file:$T/token\"; };"
run 0 elsewhere
expect_rows elsewhere 3
grep '"/elsewhere/77"' "$T/requests.log" | grep -q '"x-customer": "acme", "authorization": "Bearer user-token"\|"authorization": "Bearer user-token".*"x-customer": "acme"' \
  || fail "the configured server gets headers and credentials"
grep '"/ok/77"' "$T/requests.log" | grep -q 'authorization\|x-customer' && fail "another server must not get them"

# broken bodies: the rest is asked for, and what is there is not asked for again; without ranges what came must be the same
pipeline flaky "$patient url = [ \"$base/flaky/a\", \"$base/flakywhole/b\", \"$base/changing/c\" ];"
run 3 flaky
expect_rows flaky 120000
expect_text "$T/err" "/changing/c: it changed on the server while it was fetched"
[ "$(grep '"/flaky/a"' "$T/requests.log" | grep -c '"if-range": "\\"flaky\\""')" = 2 ] || fail "two ranges expected"
awk -F'"name":"' '/"name":"a"/ { n++ } END { exit n != 60000 }' "$T"/out-flaky/*flaky_a* || fail "60000 rows of /flaky/a expected"

# a server that is down costs a few requests, not one for each object, and no time of the others
pipeline down "$patient url = [ \"$base/ok/{100..120}\", \"http://127.0.0.1:$(free_port)/f{1..200}\" ];
  breaker: { failures = 3; pause = \"50ms\"; trips = 2; };"
run 3 down
expect_rows down 63
expect_text "$T/err" "is left alone for"
expect_text "$T/err" "is given up for this run"
expect_text "$T/err" "221 objects: 21 accepted, 200 not finished"
