#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# example.sh - the example as it is installed, against nginx with TLS; and the manual page has every option with its default.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/http/httplib.sh"
requires openssl nginx
requires_plugin source-http parser-csv jsonl

mkdir -p "$T/www/eu" "$T/www/us" "$T/run"
printf 'sku,price,valid_from\nBOLT-7,3.50,2026-01-01\n' > "$T/www/eu/prices.csv"
printf 'sku,price,valid_from\nBOLT-7,4.10,2026-01-01\nNUT-2,0.07,2026-02-01\n' > "$T/www/us/prices.csv"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
  -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" 2> "$T/openssl.log"
port=$(free_port)
start_nginx "server { listen 127.0.0.1:$port ssl; root $T/www; ssl_certificate $T/cert.pem; ssl_certificate_key $T/key.pem;
  if (\$http_authorization != \"Bearer open-sesame\") { return 401; } }"
# only the server's name and its certificate are the test's own
sed "s|https://feeds.example.com|https://localhost:$port|; s|    retries:  {|    tls: { ca = \"$T/cert.pem\"; };\n&|" \
  "$srcdir/etc/examples/http-to-jsonl.conf" > "$T/run/x.conf"
chmod 600 "$T/run/x.conf"
export ACME_TOKEN=open-sesame
mkdir -p "$T/run/out"
expect_status 0 timeout 60 "$PENSTOCK" run "$T/run/x.conf"
expect_text "$T/err" "2 objects: 2 accepted"
[ "$(cat "$T"/run/out/*.jsonl | wc -l)" = 3 ] || fail "3 rows expected"
expect_status 0 timeout 60 "$PENSTOCK" run "$T/run/x.conf"
expect_text "$T/err" "2 not modified since the last run"
export ACME_TOKEN=wrong
rm -rf "$T/run/state"
expect_status 3 timeout 60 "$PENSTOCK" run "$T/run/x.conf"
expect_text "$T/err" "HTTP 401"
grep -q "open-sesame\|wrong" "$T/err" && fail "a token is in the log"

"$PENSTOCK" describe http > "$T/described"
page=$srcdir/docs/penstock-http.7
n=0
while read -r name type; do
  n=$((n + 1))
  grep -qxF ".It Ic $name" "$page" || fail "the manual page lacks $name"
  grep -A1 -xF ".It Ic $name" "$page" | grep -qxF ".Pq ${type:1:-1}" || fail "the manual page has another type or default of $name than $type"
done < <(sed -n 's/^  \([a-z_.0-9]*\)  (/\1 (/p' "$T/described")
[ "$n" -gt 40 ] || fail "only $n options found"
[ "$(grep -c '^\.It Ic' "$page")" = "$n" ] || fail "the manual page has options that are not there"
