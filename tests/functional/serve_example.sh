#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_example.sh - the customers of etc/conf.d under serve, and the units of systemd.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3
requires_plugin nacha parser-csv sqlite source-file

for c in acme umbrella; do
  mkdir -p "$T/$c/inbox"
  sed "s|/srv/penstock|$T|; s|every = \"1m\"; jitter = \"10s\"|every = \"1m\"|" "$srcdir/etc/conf.d/$c.conf" > "$CONF/$c.conf"
done
"$GEN_NACHA" -n 40 --seed 1 -o "$T/acme/inbox/1.ach"
printf 'order,sku,quantity,price\nA-1,X,2,9.50\nA-2,Y,1,0.05\n' > "$T/umbrella/inbox/1.csv"
serve_start
has_come () { [ "$(sqlite3 "$T/acme/payroll.db" 'select count(*) from entries')" = 40 ]; }
wait_for has_come
# at night only: the next start is at 01:30 or 04:30 in New York
due=$(field umbrella-orders due_ns)
case $(TZ=America/New_York date -d "@${due%?????????}" '+%H:%M %u') in
  "01:30 "[1-5] | "04:30 "[1-5]) ;;
  *) fail "umbrella is due at $(TZ=America/New_York date -d "@${due%?????????}")" ;;
esac
[ ! -e "$T/umbrella/orders.db" ] || fail "umbrella ran before its time"
# in a minute in which it is due it runs
sed -i 's|cron .*|cron = "* * * * *";|' "$CONF/umbrella.conf"
reload
has_come () { [ "$(sqlite3 "$T/umbrella/orders.db" 'select count(*), sum(quantity) from orders')" = '2|3' ]; }
WAIT_SECONDS=180 wait_for has_come
kill "$serve"
serve_ends 0

# the units are what systemd understands, and keep the service in its cage
if command -v systemd-analyze > /dev/null; then
  for unit in penstock.service penstock@.service; do
    sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|; /^Documentation/d" "$builddir/etc/systemd/$unit" > "$T/${unit/@/@x}"
    systemd-analyze verify --man=no "$T/${unit/@/@x}" > "$T/verify" 2>&1 || fail "$unit: $(cat "$T/verify")"
    ! grep -F "$T" "$T/verify" || fail "$unit: systemd has a remark"
    if systemd-analyze --help | grep -q -- --offline; then
      systemd-analyze security --offline=true --threshold=30 "$T/${unit/@/@x}" > "$T/security" 2>&1 \
        || { tail -3 "$T/security" >&2; fail "$unit is more exposed than 3.0"; }
    fi
  done
else
  echo "serve_example.sh: systemd-analyze is lacking: the units were not verified"
fi
