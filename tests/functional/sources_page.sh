# SPDX-License-Identifier: Apache-2.0
# sources_page.sh - the manual pages of the file and sftp sources have every option with its default; their examples work.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha sqlite source-file source-sftp
. "$srcdir/tests/functional/sshlib.sh"

for plugin in file sftp; do
  page=$srcdir/docs/penstock-$plugin.7
  expect_status 0 "$PENSTOCK" describe "source-$plugin"
  n=0
  while IFS='|' read -r name default; do
    n=$((n + 1))
    line=$(grep -E "^\.It Ic ${name//./\\.} " "$page") || fail "penstock-$plugin.7 does not have the option $name"
    case $line in
      *"${default:-(}"*) ;;
      *) fail "penstock-$plugin.7 says \"$line\", the default of $name is $default" ;;
    esac
  done < <(sed -n 's/^ *\([a-z_.]*\)  (\(.*\))$/\1|\2/p' "$T/out" | sed 's/|.*default \(.*\)$/|\1/; s/|[^|]*,.*/|/; s/|\(list\|string\|path\|secret\|required\)$/|/')
  [ "$n" -ge 12 ] || { cat "$T/out"; fail "only $n options of $plugin found"; }
done

# the sftp example, against a server of ours
server
known_hosts ed25519
mkdir -p "$T/bank/archive" "$T/run"
"$GEN_NACHA" -n 10 --seed 1 -o "$T/bank/a.ach"
sed "s|\"/outgoing|\"$T/bank|g; s|sftp.bank.example\";|127.0.0.1\"; port = $ssh_port;|; s|\"acme\"|\"$ssh_user\"|; s|\"5s\"|\"1s\"|" \
  "$srcdir/etc/examples/sftp-nacha-to-sqlite.conf" > "$T/run/x.conf"
cp "$S/user" "$T/run/acme.key"
cp "$S/known_hosts" "$T/run/known_hosts"
chmod 600 "$T/run/x.conf"
expect_status 0 timeout 60 "$PENSTOCK" run "$T/run/x.conf"
[ "$(sqlite3 "$T/run/ach.db" 'select count(*) from entries')" = 10 ] || fail "10 entries expected"
[ -e "$T/bank/archive/$(date -u +%Y-%m-%d)/a.ach" ] || fail "the file was not archived"

# the folder that is followed: files that come while it runs, one of them refused
mkdir -p "$T/follow/inbox" "$T/follow/archive" "$T/follow/refused"
cp "$srcdir/etc/examples/follow-inbox.conf" "$T/follow/x.conf"
chmod 600 "$T/follow/x.conf"
timeout 300 "$PENSTOCK" run --follow "$T/follow/x.conf" 2> "$T/err" & pid=$!
at_exit kill "$pid"
archived () { [ "$(find "$T/follow/archive" -type f | wc -l)" = "$1" ]; }
"$GEN_NACHA" -n 10 --seed 2 -o "$T/follow/inbox/first.ach"
wait_for archived 1
"$GEN_NACHA" -n 10 --seed 3 -o "$T/second"
# in two pieces: what has not settled is not taken, so it is accepted as a whole
head -c 500 "$T/second" > "$T/follow/inbox/second.ach"
tail -c +501 "$T/second" >> "$T/follow/inbox/second.ach"
echo nonsense > "$T/follow/inbox/third.ach"
wait_for archived 2
wait_for test -e "$T/follow/refused/third.ach"
kill "$pid"
wait "$pid" || true
[ "$(sqlite3 "$T/follow/ach.db" 'select count(*) from entries')" = 20 ] || fail "20 entries expected"
[ -z "$(ls -A "$T/follow/inbox")" ] || fail "left: $(ls -A "$T/follow/inbox")"
