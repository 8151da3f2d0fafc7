# SPDX-License-Identifier: Apache-2.0
# sftp.sh - files of an OpenSSH server: host keys pinned or refused, ways to authenticate, order and patterns, files that still
# change, claims, what becomes of files afterwards; and what is said when something of it fails.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha sqlite
. "$srcdir/tests/functional/sshlib.sh"

day=$(date -u +%Y-%m-%d)
R=$T/remote
"$GEN_NACHA" -n 20 --seed 1 -o "$T/one.ach"
"$GEN_NACHA" -n 20 --seed 2 -o "$T/two.ach"
"$GEN_NACHA" -n 20 --seed 3 -o "$T/three.ach"
sed '2s/^\(.\{50\}\).../\1XYZ/' "$T/three.ach" > "$T/bad.ach"
fresh () {
  rm -rf "$R" "$T/state" "$T/out.db"*
  mkdir -p "$R/in" "$R/to" "$R/no"
  cp "$T/one.ach" "$R/in/a.ach"
  cp "$T/two.ach" "$R/in/b.ach"
}
run () { expect_status "$1" timeout 120 "$PENSTOCK" run "$T/x.conf"; }
rows_are () { local n; n=$(sqlite3 "$T/out.db" 'select count(*) from entries'); [ "$n" = "$1" ] || fail "$1 entries expected, $n found"; }
holds () { [ "$(cd "$R/$1" && ls -A | tr '\n' ' ')" = "$2" ] || { cat "$T/err"; fail "$1: expected \"$2\", found: $(ls -A "$R/$1")"; }; }
connections () { grep -c "^Accepted" "$S/log" || true; }

server
known_hosts ed25519

# ---- host keys ----
fresh
sftp_pipeline "$R/in/*.ach"
run 0
rows_are 40
run 0 # the same content again: nothing twice
rows_are 40
expect_text "$T/err" "2 files were loaded before"
grep -q "Accepted publickey" "$S/log" || fail "the server's log shows no login"

known_hosts rsa # rsa-sha2, the key that is pinned is the one that is asked for
fresh; run 0; rows_are 40
known_hosts ed25519
ssh_auth="key = \"$S/user_rsa\";" sftp_pipeline "$R/in/*.ach"
fresh; run 0; rows_are 40

refused_before_anything () { # nothing of ours was sent
  run 3
  expect_text "$T/err" "is not the one that is pinned"
  expect_text "$T/err" "found $(fingerprint "$1")"
  [ ! -e "$T/out.db" ] || [ "$(sqlite3 "$T/out.db" "select count(*) from sqlite_master where name = 'entries'")" = 0 ] || rows_are 0
  ! grep -qE "Accepted|Failed|userauth" "$S/log" || { cat "$S/log"; fail "credentials were sent to a wrong server"; }
}
fresh
sftp_pipeline "$R/in/*.ach"
cp "$S/known_hosts" "$S/right"
sed "s| ssh-ed25519 .*| $(cut -d' ' -f1,2 "$S/user.pub")|" "$S/right" > "$S/known_hosts"
server
refused_before_anything ed25519
expect_text "$T/err" "expected $(ssh-keygen -lf "$S/user.pub" | cut -d' ' -f2), found"
: > "$S/known_hosts"
server
refused_before_anything ed25519
expect_text "$T/err" "but it has none"
{ cat "$S/right"; sed 's/^/@revoked /' "$S/right"; } > "$S/known_hosts"
run 3
expect_text "$T/err" "is revoked"
cp "$S/right" "$S/known_hosts"

by_fingerprint () { # LIST [OPTIONS]
  sftp_pipeline "$R/in/*.ach" "fingerprints = [ $1 ]; ${2:-}"
  sed -i '/known_hosts = /s/known_hosts = "[^"]*";//' "$T/x.conf"
}
fresh
by_fingerprint "\"$(fingerprint ed25519)\""
run 0; rows_are 40
fresh
by_fingerprint "\"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\", \"$(fingerprint rsa)\"" 'host_key_algorithms = "rsa-sha2-512,rsa-sha2-256";'
run 0; rows_are 40
fresh
by_fingerprint "\"$(fingerprint rsa)\""
server
refused_before_anything ed25519
expect_text "$T/err" "expected $(fingerprint rsa), found"
fresh
by_fingerprint ""
run 3
expect_text "$T/err" "has to be pinned"

# ---- who we are ----
ssh_auth="key = \"$S/user_locked\"; passphrase = \"env:PASS\";" sftp_pipeline "$R/in/*.ach"
PASS='open sesame' run 0
rows_are 40
PASS='wrong' run 3
expect_text "$T/err" "cannot use the key $S/user_locked: the passphrase is wrong"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$S/stranger"
ssh_auth="key = \"$S/stranger\";" sftp_pipeline "$R/in/*.ach"
run 3
expect_text "$T/err" "does not accept user $ssh_user with this key"
ssh_auth="key = \"$S/absent\";" sftp_pipeline "$R/in/*.ach"
run 3
expect_text "$T/err" "cannot read the key $S/absent"
if command -v ssh-agent > "$T/where" && command -v ssh-add > "$T/where"; then
  eval "$(ssh-agent -a "$S/agent" | sed 's/echo .*//')"
  at_exit kill "$SSH_AGENT_PID"
  ssh-add -q "$S/user_rsa" 2> "$T/added"
  fresh
  ssh_auth="agent = \"$S/agent\";" sftp_pipeline "$R/in/*.ach"
  run 0; rows_are 40
else
  echo "sftp.sh: no ssh-agent here: authentication by agent is not tested"
fi
unset SSH_AUTH_SOCK

# a password of the test's own: sshd sees another /etc/shadow, in a mount namespace of its own
entry="$ssh_user:$(openssl passwd -6 'right one'):19000:0:99999:7:::"
{ echo "$entry"; grep -v "^$ssh_user:" /etc/shadow 2> "$T/denied" || true; } > "$S/shadow"
printf '#!/bin/sh\nmount --bind "%s" /etc/shadow && exec "$@"\n' "$S/shadow" > "$S/inside"
chmod 700 "$S/inside"
if [ "$(id -u)" = 0 ] && unshare -m "$S/inside" true 2> "$T/denied"; then
  ssh_wrap="unshare -m $S/inside"
  server "PasswordAuthentication yes"
  printf 'right one\n' > "$S/password"
  ssh_auth="password = \"file:$S/password\";" sftp_pipeline "$R/in/*.ach"
  fresh; run 0; rows_are 40
  grep -q "Accepted password" "$S/log" || fail "the server's log shows no login by password"
  echo 'wrong one' > "$S/password"
  run 3
  expect_text "$T/err" "does not accept user $ssh_user with this password"
  ssh_wrap=
  server
else
  echo "sftp.sh: no mount namespace here: authentication by password is not tested"
fi

# ---- afterwards ----
fresh
sftp_pipeline "$R/in/*.ach" "after: { success = \"archive\"; to = \"$R/to\"; };"
run 0
holds in ""
same "$T/one.ach" "$R/to/$day/a.ach"
rows_are 40
cp "$T/one.ach" "$R/in/a.ach" # the same again: put away beside the first one, loaded once
touch -d yesterday "$R/to/$day/a.ach"
run 0
holds in ""
key=$(sqlite3 "$T/state/state.db" "select substr(key, 1, 12) from objects where name like '%/a.ach' limit 1")
same "$T/one.ach" "$R/to/$day/a~$key.ach"
rows_are 40

fresh
echo other > "$R/to/a.ach"
sftp_pipeline "$R/in/*.ach" "after: { success = \"move\"; to = \"$R/to\"; refused = \"move\"; refused_to = \"$R/no\"; };"
cp "$T/bad.ach" "$R/in/c.ach"
run 1
holds in ""
[ "$(cat "$R/to/a.ach")" = other ] || fail "a file on the server was overwritten"
holds to "a.ach a~$key.ach b.ach "
holds no "c.ach "

fresh
sftp_pipeline "$R/in" 'after: { success = "rename"; suffix = ".loaded"; };'
run 0
holds in "a.ach.loaded b.ach.loaded "
run 0
expect_text "$T/err" "0 objects"

fresh
sftp_pipeline "$R/in/*.ach" 'after: { success = "delete"; };'
run 0
holds in ""
rows_are 40

# claimed while it is read; what was claimed by a run that was killed is taken up; refused files get their name back
fresh
cp "$T/bad.ach" "$R/in/c.ach"
mv "$R/in/b.ach" "$R/in/b.ach.by-us"
sftp_pipeline "$R/in/*.ach" 'claim = ".by-us"; after: { success = "delete"; };'
run 1
holds in "c.ach "
rows_are 40

# ---- what still changes, done-files ----
fresh
ssh_settle='settle = "1s";' sftp_pipeline "$R/in/*.ach"
(while echo >> "$R/in/b.ach"; do read -r -t 0.1 <> <(:) || true; done) & growing=$!
at_exit kill "$growing"
run 0
kill "$growing"
rows_are 20
expect_text "$T/err" "left for the next run"
fresh
sftp_pipeline "$R/in/*" 'done_file = "{name}.ok"; after: { success = "delete"; };'
: > "$R/in/b.ach.ok"
run 0
holds in "a.ach "
rows_are 20

# ---- a large directory; names of a hostile kind ----
fresh
rm "$R/in/b.ach"
(cd "$R/in" && seq -f 'x%05g.txt' 10000 | xargs touch)
mkdir "$R/in/d.ach"
ln -s /etc/passwd "$R/in/.hidden.ach"
ln -s "$T/two.ach" "$R/in/link.ach"
printf 'x\n' > "$R/in/$(printf 'a\nb').ach"
sftp_pipeline "$R/in/*.ach"
run 0
rows_are 40
expect_text "$T/err" "a name that no file can have"

# ---- what fails for one file is said of it, the others go on ----
sftp_pipeline "$R/in/*.ach" "after: { success = \"move\"; to = \"$R/absent\"; tries = 2; };"
fresh
run 3
expect_text "$T/err" "cannot move $R/in/a.ach: cannot move it to $R/absent/a.ach"
expect_text "$T/err" "cannot move $R/in/b.ach"
holds in "a.ach b.ach "
rows_are 40
mkdir "$R/absent"
run 0
holds in ""
rows_are 40
sftp_pipeline "$R/nowhere/*.ach"
run 3
expect_text "$T/err" "cannot list $R/nowhere: no such file"

# ---- no server ----
server_stop
sftp_pipeline "$R/in/*.ach" 'retries = 2;'
run 3
expect_text "$T/err" "cannot connect to 127.0.0.1 port $ssh_port: Connection refused"
