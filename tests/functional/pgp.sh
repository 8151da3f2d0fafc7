#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pgp.sh - OpenPGP messages, alone and with archives inside: the same rows as of plain files; what is not sound, not signed as it
# has to be, or not for us is refused for its own reason with nothing of it visible, and the others go on; plaintext is in no
# file, the keys are read by no other process.
. "${srcdir:-.}/tests/lib.sh"
requires gpg gpg-agent gpgconf gzip python3 sqlite3 cmp
requires_plugin nacha jsonl source-file sink-file pgp gzip zip
# Keyholders come and go while sinks open files.
not_under_tsan "ThreadSanitizer does not see openat(): a descriptor's number used again looks like a race"

# Sockets of gpg's agents do not like long names.
K=$(mktemp -d /tmp/pgp.XXXXXX)
end_keys () {
  for k in ours theirs stranger; do timeout 20 gpgconf --homedir "$K/$k" --kill gpg-agent >/dev/null 2>&1; done
  rm -rf "$K"
}
at_exit end_keys
mkdir -m 700 "$K/ours" "$K/theirs" "$K/stranger"
echo "s2k-count 65536" >"$K/ours/gpg-agent.conf" # a passphrase that is quickly tried: it is no secret
# g HOME ARG...: a quiet gpg
g () { local h=$1; shift; timeout 120 gpg --homedir "$K/$h" -q --batch --no-tty --trust-model always --pinentry-mode loopback --yes "$@" 2>>"$T/gpg.err" </dev/null; }
fpr () { g "$1" --list-keys --with-colons "$2" | awk -F: '/^fpr/ { print $10; exit }'; }
g ours --passphrase 'open sesame' --faked-system-time 20190101T000000 --quick-gen-key us ed25519 cert never || fail "$(cat "$T/gpg.err")"
us=$(fpr ours us)
g ours --passphrase 'open sesame' --faked-system-time 20190101T000000 --quick-add-key "$us" cv25519 encr never
g ours -o "$T/us.key" --export us
g theirs --import "$T/us.key"
g theirs --passphrase '' --quick-gen-key bank ed25519 sign never
g theirs --passphrase '' --faked-system-time 20200101T000000 --quick-gen-key old ed25519 sign 2d
g stranger --passphrase '' --quick-gen-key nobody ed25519 sign never
g stranger --passphrase '' --quick-add-key "$(fpr stranger nobody)" cv25519 encr never
bank=$(fpr theirs bank) old=$(fpr theirs old) nobody=$(fpr stranger nobody)
g theirs -o "$T/theirs.key" --export "$bank" "$old"
g ours --import "$T/theirs.key"
g stranger --import "$T/us.key"
[ "$(g ours --list-keys --with-colons | grep -c ^pub)" = 3 ] || fail "the keyring is not what the test needs: $(cat "$T/gpg.err")"

# 1 is long enough for its rows to be on their way to the sink before its end is known, 3 is short enough to be looked for.
mkdir "$T/in"
"$GEN_NACHA" -s 1500K --seed 1 -o "$T/plain1"
"$GEN_NACHA" -s 60K --seed 2 -o "$T/plain2"
"$GEN_NACHA" -n 40 --seed 3 -o "$T/plain3"
sed 's/ *$//' "$T/plain3" >"$T/plain4" # what a cleartext signature covers: blanks at the ends of lines do not belong to the text
gzip -kc "$T/plain1" >"$T/plain1.gz"
head -c 20000000 /dev/zero >"$T/zeros"
python3 - "$T" <<'END'
import sys, zipfile
t = sys.argv[1]
with zipfile.ZipFile(t + "/both.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.write(t + "/plain2", "two.ach"); z.write(t + "/plain1", "one.ach")
END
enc () { local out=$1 in=$2; shift 2; g theirs -r "$us" "$@" -o "$T/in/$out" -e "$T/$in"; }
enc signed.pgp plain1 -s -u "$bank"
enc armoured.asc plain2 -a -s -u "$bank"
enc plain.pgp plain2
enc small.pgp plain3 -s -u "$bank"
enc gz.pgp plain1.gz -s -u "$bank"
enc zip.pgp both.zip -s -u "$bank"
enc stored.pgp plain1 -s -u "$bank" -z 0
enc bomb.pgp zeros
rm "$T/zeros"
g theirs --faked-system-time 20200101T120000 -r "$us" -u "$old" -s -o "$T/in/expired.pgp" -e "$T/plain2"
g stranger -r "$us" -u "$nobody" -s -o "$T/in/stranger.pgp" -e "$T/plain2"
g stranger -r "$nobody" -o "$T/in/other.pgp" -e "$T/plain2"
g theirs -u "$bank" --clearsign -o "$T/in/clear.asc" "$T/plain3"
sed '30s/^6/7/' "$T/in/clear.asc" >"$T/in/clear-modified.asc"
g theirs -u "$bank" -o "$T/in/only-signed.pgp" -s "$T/plain2"
head -c 2000 "$T/in/armoured.asc" >"$T/in/short.asc"
head -c 1000000 "$T/in/stored.pgp" >"$T/in/short.pgp"
cp "$T/plain2" "$T/in/notpgp.pgp"
: >"$T/in/empty.pgp"
python3 - "$T/in" <<'END'
import sys
d = sys.argv[1] + "/"
for name, back in (("stored", 300000), ("zip", 40), ("gz", 40)):
    b = bytearray(open(d + name + ".pgp", "rb").read())
    b[-back] ^= 1; open(d + name + "-modified.pgp", "wb").write(b)
END
printf 'open sesame\n' >"$T/pass"; printf 'wrong\n' >"$T/wrong.pass"; chmod 600 "$T/pass" "$T/wrong.pass"

# conf NAME OPTIONS MORE-DECODERS SETTINGS FILE...: the files are below $T
conf () {
  local name=$1 options=$2 more=$3 settings=$4 f list= decoders=
  shift 4
  for f; do list+="${list:+, }\"$T/$f\""; done
  [ -z "$options" ] || decoders="decoders: ( { plugin = \"pgp\"; keyring = \"$K/ours\"; $options }$more );"
  mkdir -p "$T/$name/out"
  cat >"$T/$name.conf" <<EOC
pipeline: {
  name = "$name"; state = "$T/$name/state"; duplicates = "process";
  source: { plugin = "file"; path = [ $list ]; order = "given"; };
  $decoders
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/$name/out/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; };
  $settings
};
EOC
  chmod 600 "$T/$name.conf"
}
run () { expect_status "$1" timeout 300 "$PENSTOCK" run "$T/$2.conf"; }
# rows FILE-PREFIX: all rows of one object, without its name
rows () { cat "$1".*.jsonl | sed 's/"_object":"[^"]*"/"_object":""/'; }
# as NAME OBJECT PLAIN: this run has made the same of OBJECT as the plain run of PLAIN
as () { cmp -s <(rows "$T/$1/out/$2") <(rows "$T/all/out/$3") || fail "$1: $2 and $3 have other rows"; }
# refused NAME OBJECT TEXT: it is refused for TEXT, and nothing of it is visible
refused () {
  local why n
  why=$(sqlite3 "$T/$1/state/state.db" "select status || ': ' || why from objects where name like '%/$2'")
  [[ $why == "refused: "*"$3"* ]] || fail "$1: $2: expected to be refused with \"$3\", found \"$why\""
  n=$(find "$T/$1/out" -type f -name "*$2*" | wc -l)
  [ "$n" = 0 ] || fail "$1: something of $2 is visible"
}
pass="passphrase = \"file:$T/pass\";"
by_bank="$pass require_signature = [ \"$bank\" ];"
gzip=', { plugin = "gzip"; }' both=', { plugin = "gzip"; }, { plugin = "zip"; }'

conf all "" "" "" plain1 plain2 plain3 plain4
run 0 all

# Alone. What is wrong with one does not hinder those before and behind it.
conf alone "$pass" "" "" in/signed.pgp in/stored-modified.pgp in/short.pgp in/plain.pgp in/short.asc in/other.pgp in/armoured.asc \
  in/notpgp.pgp in/empty.pgp in/bomb.pgp in/clear-modified.asc in/clear.asc in/stranger.pgp in/only-signed.pgp
run 1 alone
as alone signed.pgp plain1
as alone plain.pgp plain2
as alone armoured.asc plain2
as alone clear.asc plain4
as alone only-signed.pgp plain2
as alone stranger.pgp plain2
expect_text "$T/err" "a signature of key $nobody was not checked: the keyring does not have it"
refused alone stored-modified.pgp 'decoder "pgp": the encrypted data was modified or is damaged'
refused alone short.pgp 'decoder "pgp": the data ends in the middle'
refused alone short.asc 'decoder "pgp": the data ends in the middle'
refused alone other.pgp 'decoder "pgp": the keyring has no secret key for it; it is encrypted to'
refused alone notpgp.pgp 'decoder "pgp": this is no OpenPGP data'
refused alone empty.pgp 'decoder "pgp": this is no OpenPGP data'
expect_text "$T/err" 'bomb.pgp: expands to more than 200 times its' # the parser may have had enough of it before
refused alone bomb.pgp ""
refused alone clear-modified.asc "is wrong: the data is not what was signed"
[ "$(find "$T/alone/out" -name '*.files.jsonl' | wc -l)" = 6 ] || fail "alone: other objects are visible than the good ones"

# A signature is demanded.
conf signed "$by_bank" "" "" in/plain.pgp in/signed.pgp in/stranger.pgp in/expired.pgp in/clear-modified.asc in/armoured.asc
run 1 signed
as signed signed.pgp plain1
as signed armoured.asc plain2
refused signed plain.pgp 'decoder "pgp": it is not signed, and require_signature asks for it'
refused signed stranger.pgp "decoder \"pgp\": it is signed with key $nobody, which the keyring does not have"
refused signed expired.pgp "which has expired"
refused signed clear-modified.asc "is wrong: the data is not what was signed"
conf other "$pass require_signature = [ \"$old\" ];" "" "" in/small.pgp in/expired.pgp
run 1 other
refused other small.pgp "it is signed by $bank, which require_signature does not name"
refused other expired.pgp "which has expired"
conf any "$pass require_signature = [ \"any\" ];" "" "decode: { max_size = \"100K\"; };" in/small.pgp in/signed.pgp
run 1 any
as any small.pgp plain3
refused any signed.pgp 'expands to more than 102400 bytes (decode.max_size)'

# A wrong passphrase, none, and one that a variable keeps: what needs no secret key goes through.
conf wrong "passphrase = \"file:$T/wrong.pass\";" "" "" in/plain.pgp in/clear.asc in/armoured.asc
run 1 wrong
as wrong clear.asc plain4
refused wrong plain.pgp 'decoder "pgp": the passphrase is wrong'
refused wrong armoured.asc 'decoder "pgp": the passphrase is wrong'
conf without "require_signature = [ ];" "" "" in/plain.pgp in/clear.asc
run 1 without
as without clear.asc plain4
refused without plain.pgp 'its key needs a passphrase, and there is no option passphrase'
conf env 'passphrase = "env:PEN_TEST_PASS";' "" "" in/plain.pgp
PEN_TEST_PASS='open sesame' run 0 env
as env plain.pgp plain2

# With something inside.
conf gz "$by_bank" "$gzip" "" in/gz-modified.pgp in/armoured.asc in/gz.pgp
run 1 gz
as gz gz.pgp plain1
refused gz gz-modified.pgp 'decoder "pgp": the encrypted data was modified or is damaged'
refused gz armoured.asc 'decoder "gzip": '
conf zip "$by_bank" ', { plugin = "zip"; }' "" in/zip-modified.pgp in/zip.pgp
run 1 zip
as zip one.ach plain1
as zip two.ach plain2
refused zip zip-modified.pgp 'decoder "pgp": the encrypted data was modified or is damaged'
conf magic "$pass" "$both" 'decode: { by = "magic"; };' in/gz.pgp in/plain.pgp in/zip.pgp plain1.gz plain3 in/clear.asc in/only-signed.pgp
run 0 magic
as magic gz.pgp plain1
as magic plain.pgp plain2
as magic one.ach plain1
as magic plain1.gz plain1
as magic plain3 plain3
as magic clear.asc plain4
as magic only-signed.pgp plain2
# Duplicates are what was decrypted, however it came.
conf twice "$pass" "" "" in/plain.pgp in/armoured.asc
sed -i 's/ duplicates = "process";//' "$T/twice.conf"
run 0 twice
expect_text "$T/err" "the same content"

# The keyring is looked at before anything else.
chmod 750 "$K/ours"
run 78 signed
expect_text "$T/err" "has mode 750, expected 700"
chmod 700 "$K/ours"
# So are its programs; check says what is not there, and is content: another machine may have it.
conf absent "$pass gpg = \"/usr/bin/no-such-gpg\";" "" "" in/gz.pgp
run 78 absent
expect_text "$T/err" "gpg: cannot execute /usr/bin/no-such-gpg: No such file or directory (install GnuPG"
expect_status 0 "$PENSTOCK" check "$T/absent.conf"
expect_text "$T/err" 'decoder "pgp": /usr/bin/no-such-gpg: No such file or directory'
conf agent "$pass gpg_agent = \"/usr/bin/no-such-agent\";" "" "" in/gz.pgp
run 78 agent
expect_text "$T/err" "gpg_agent: cannot execute /usr/bin/no-such-agent"
conf nokeys "$pass" "" "" in/gz.pgp
sed -i 's#keyring = "[^"]*"#keyring = "/no/such/keys"#' "$T/nokeys.conf"
expect_status 0 "$PENSTOCK" check "$T/nokeys.conf"
expect_text "$T/err" 'decoder "pgp": /no/such/keys: No such file or directory'
run 78 nokeys
expect_text "$T/err" "keyring: /no/such/keys: No such file or directory"
conf order "$pass" "" "" in/gz.pgp
sed -i 's/decoders: (/decoders: ( { plugin = "gzip"; },/' "$T/order.conf"
expect_status 78 "$PENSTOCK" check "$T/order.conf"
expect_text "$T/err" 'it has to be the first of them'
conf finger "$pass require_signature = [ \"bank\" ];" "" "" in/gz.pgp
run 78 finger
expect_text "$T/err" 'is no fingerprint'

# Who opens what, and who writes plaintext to where?
if command -v strace >/dev/null && strace -f -o /dev/null true 2>/dev/null; then
  conf traced "$by_bank" "" "" in/small.pgp
  mkdir "$T/trace"
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 expect_status 0 strace -ff -qq -y -s 20000 -o "$T/trace/of" \
    -e trace=openat,open,creat,execve,clone,clone3,fork,vfork,write,writev,pwrite64,pwritev \
    timeout 300 "$PENSTOCK" run "$T/traced.conf"
  as traced small.pgp plain3
  python3 - "$T" "$K" <<'END'
import os, re, sys
t, keys = sys.argv[1:]
program, parent, calls = {}, {}, []
for f in os.listdir(t + "/trace"):
    pid = f.rsplit(".", 1)[1]
    for line in open(t + "/trace/" + f, errors="replace"):
        if m := re.match(r'execve\("([^"]+)".* = 0$', line): program[pid] = m[1].rsplit("/", 1)[1]
        elif m := re.match(r'(?:clone3?|v?fork)\(.* = (\d+)', line): parent[m[1]] = pid
        else: calls.append((pid, line))
def who(pid):
    while pid not in program: pid = parent[pid]
    return program[pid]
readers, writers, written = set(), set(), set()
record = next(l for l in open(t + "/plain3") if l.startswith("6")).rstrip("\n")
for pid, line in calls:
    if m := re.match(r'(?:open|openat|creat)\(.*, (O_[A-Z_|]+).* = \d+<([^>]*)>', line):
        if m[2].startswith(keys) and "O_PATH" not in m[1]: readers.add((who(pid), m[2][len(keys):].split("/")[2]))
        if re.search("O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", m[1]): writers.add((who(pid), m[2]))
    if (m := re.match(r'p?writev?(?:64)?\(\d+<([^>]*)>', line)) and record in line: written.add((who(pid), m[1].split(":")[0]))
assert {"gpg", "gpg-agent", "penstock-keyholder", "penstock-worker", "penstock-source"} <= set(program.values()), program
assert ("gpg", "pubring.kbx") in readers and ("gpg-agent", "private-keys-v1.d") in readers, readers
assert not [r for r in readers if r[0] not in ("penstock-keyholder", "gpg", "gpg-agent")], readers
assert not [w for w in writers if not w[1].startswith("/dev/null") and (w[0] != "penstock" or not w[1].startswith(t + "/"))], writers
assert ("gpg", "pipe") in written, written
assert not [w for w in written if w[1].startswith("/")], written
END
else
  echo "strace cannot be used here: who opens what is not looked at"
fi

# Wherever nothing was accepted, no file has a record of it: state, spool, the sink's folder, the keyholders' own.
entry=$(grep -m1 ^6 "$T/plain1")
conf nothing "$pass" "" "" in/stored-modified.pgp in/short.pgp
TMPDIR=$T/nothing run 1 nothing
! grep -rqF -e "${entry:3:40}" "$T/nothing" || fail "plaintext was left in a file: $(grep -rlF -e "${entry:3:40}" "$T/nothing")"
left=$(find /tmp "${TMPDIR:-/tmp}" "$T" -maxdepth 2 -name 'penstock-keys-*' -newer "$T/pass" 2>/dev/null || true) # other tests' folders go while it looks
[ -z "$left" ] || fail "a keyholder's directory was left behind: $left"

# The example, on a folder of ours.
requires_plugin sqlite
mkdir "$T/inbox"
cp "$T/in/gz.pgp" "$T/inbox/"
sed -e "s|/srv/inbox|$T/inbox|; s|/var/lib/penstock/encrypted.db|$T/encrypted.db|; s|/etc/penstock/keys/bank.pass|$T/pass|" \
  -e "s|/etc/penstock/keys/bank|$K/ours|; s|716114FC6D4BF55F2416EC0FE1D05C4644A45287|$bank|" \
  -e "s|name = \"encrypted\";|&\n  state = \"$T/encrypted\";|" "$srcdir/etc/examples/pgp-to-sqlite.conf" >"$T/example.conf"
chmod 600 "$T/example.conf"
run 0 example
[ "$(sqlite3 "$T/encrypted.db" 'select count(*) from entries')" = "$(grep -c ^6 "$T/plain1")" ] || fail "the example has not loaded every entry"
