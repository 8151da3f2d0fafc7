#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# features.sh - templates, lists, pages, conditions over restarts, credentials, the shared rate, and options that are refused.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/http/httplib.sh"
requires sqlite3
requires_plugin source-http parser-csv jsonl
start_faulty
quick='plain = true; retries: { max = 1; first = "20ms"; };'
asked () { grep -c "\"path\": \"$1" "$T/requests.log" || :; }

# a list with a template, a comment and a URL that stands there twice
cat > "$T/list" <<END
# suppliers
$base/ok/{eu,us}-{01..03}
$base/ok/eu-01

$base/ok/{today}
END
pipeline list "$quick list = \"$T/list\"; date = \"%Y%m%d\";"
run 0 list
expect_rows list 21
expect_text "$T/err" "1 URLs are named more than once"
[ "$(asked "/ok/$(date -u +%Y%m%d)")" = 1 ] || fail "today's object expected"

# not modified: nothing new, in another process; only what was acknowledged counts
pipeline etag "$quick url = \"$base/etag/{1..5}\";"
run 0 etag
expect_rows etag 15
run 0 etag
expect_text "$T/err" "5 not modified since the last run"
expect_rows etag 15
[ "$(grep -c '"if-none-match"' "$T/requests.log")" = 5 ] || fail "5 conditions expected"

# pages
pipeline pages "$quick url = [ \"$base/page/x\", \"$base/page/y?a=1\" ]; paging: { kind = \"count\"; };"
run 0 pages
expect_rows pages 16
[ "$(asked '/page/y?a=1&page=')" = 5 ] || fail "five pages of y expected"
pipeline link "$quick url = [ \"$base/link/a\", \"$base/link/b\" ]; paging: { kind = \"link\"; };"
run 0 link
expect_rows link 12
pipeline circle "$quick url = \"$base/circle/a\"; paging: { kind = \"link\"; };"
run 3 circle
expect_text "$T/err" "the pages go round in circles"
pipeline json "$quick url = \"$base/json/a\"; paging: { kind = \"json\"; field = \"links.next\"; };" \
  'plugin = "csv"; table = "t"; delimiter = "|"; quote = "none"; header = false; columns = [ "line string" ];'
run 0 json
expect_rows json 3

# credentials
printf 'secret' > "$T/secret"
printf 'pass' > "$T/pass"
chmod 600 "$T/secret" "$T/pass"
pipeline oauth "$quick url = \"$base/secure/{1..4}\"; auth: { kind = \"oauth2\"; token_url = \"$base/token\";
  client_id = \"client\"; client_secret = \"file:$T/secret\"; scope = \"read all\"; };"
run 0 oauth
expect_rows oauth 12
grep '"/token"' "$T/requests.log" | grep -q '"body": "grant_type=client_credentials&scope=read%20all"' || fail "the token's form"
pipeline basic "$quick url = \"$base/basic/1\"; auth: { kind = \"basic\"; user = \"user\"; password = \"file:$T/pass\"; };"
run 0 basic
expect_rows basic 3
pipeline refused "$quick url = \"$base/basic/2\";"
run 3 refused
expect_text "$T/err" "/basic/2: HTTP 401"

# one rate for two pipelines: 2 x 5 requests, evenly spaced by 100 ms, take 900 ms at least
rate="rate: { limit = 10; name = \"test-$$\"; };"
at_exit rm -f "/run/penstock/rate-test-$$"
for p in one two; do pipeline "$p" "$quick $rate url = \"$base/ok/$p-{1..5}\";"; done
began=$(date +%s%N)
timeout 60 "$PENSTOCK" run "$T/one.conf" 2> "$T/one.err" &
one=$!
run 0 two
wait "$one" || fail "the first pipeline failed: $(cat "$T/one.err")"
took=$(( ($(date +%s%N) - began) / 1000000 ))
[ "$took" -ge 900 ] || fail "10 requests at 10 a second took $took ms"
expect_rows one 15
expect_rows two 15

# what is refused before anything is asked for, with the reason
refuses () { # OPTIONS TEXT
  pipeline bad "$1"
  expect_status 3 timeout 60 "$PENSTOCK" run "$T/bad.conf"
  expect_text "$T/err" "$2"
}
refuses 'plain = true;' "url or list: at least one"
refuses 'url = "https://a/"; headers = "Authorization: x";' "is set by other options"
refuses 'url = "https://a/"; headers = "no colon";' 'expected "Name: value"'
refuses 'url = "https://a/"; auth: { kind = "bearer"; };' "needs auth.token"
refuses 'url = "https://a/"; tls: { key = "k.pem"; };' "it belongs to tls.cert"
for bad in "http://a/ is.not.https" "https://u:p@a/ has.a.user.name" "ftp://a/ expected.https" "https://a/{ brace.that.is.not.closed" \
  "https://a/{9..1} counts.downwards"; do
  pipeline bad "url = \"${bad% *}\";"
  expect_status 3 timeout 60 "$PENSTOCK" run "$T/bad.conf"
  grep -q "${bad#* }" "$T/err" || { cat "$T/err" >&2; fail "${bad% *}: expected ${bad#* }"; }
done
