#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill.sh - 500 endpoints, the host killed in the middle, again and again, then a run to the end: every record once.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/http/httplib.sh"
requires nginx sqlite3
requires_plugin source-http parser-csv sqlite

mkdir "$T/www"
awk -v dir="$T/www" 'BEGIN { for (i = 1; i <= 500; i++) { f = dir "/" i ".csv"; print "id,name" > f
  for (k = 1; k <= 20; k++) print i * 100 + k ",n" i > f; close (f) } }'
port=$(free_port)
start_nginx "server { listen 127.0.0.1:$port; root $T/www; }"
cat > "$T/kill.conf" <<CONF
pipeline: { name = "kill"; state = "$T/state";
  source: { plugin = "http"; plain = true; url = "http://127.0.0.1:$port/{1..500}.csv"; per_host = 50; };
  parser: { plugin = "csv"; table = "t"; columns = [ "id int", "name string" ]; };
  sinks: ( { plugin = "sqlite"; path = "$T/kill.db"; } );
};
CONF
chmod 600 "$T/kill.conf"
has_rows () { [ "$(sqlite3 "$T/kill.db" 'SELECT count(*) FROM t' 2>/dev/null || echo 0)" -ge "$1" ]; }

kills=0
for at in 20 2000 4000; do
  "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/kill.conf" 2> "$T/err" &
  host=$!
  until has_rows "$at" || ! kill -0 "$host" 2> /dev/null; do :; done
  kill -9 "$host" 2> /dev/null && kills=$((kills + 1))
  wait "$host" 2> /dev/null || :
done
[ "$kills" -ge 1 ] || fail "the host was never killed in the middle"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/kill.conf"
sqlite3 "$T/kill.db" 'SELECT id FROM t ORDER BY id' > "$T/got"
awk 'BEGIN { for (i = 1; i <= 500; i++) for (k = 1; k <= 20; k++) print i * 100 + k }' > "$T/want"
same "$T/got" "$T/want"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/kill.conf"
expect_text "$T/err" "500 not modified"
[ "$(sqlite3 "$T/kill.db" 'SELECT count(*) FROM t')" = 10000 ] || fail "the last run brought something twice"
echo "$kills kills"
