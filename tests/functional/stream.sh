#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stream.sh - objects that are read while they arrive: the same output as of files in place, with a spool smaller than they
# are; broken off, refused, killed and tried again, nothing is lost, doubled or half visible.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 sha256sum
requires_plugin nacha jsonl source-file sink-file
[ -e "$builddir/tests/plugins/.libs/drip.so" ] || skip "the source plugin \"drip\" was not built"

# MB of the files, of what stands on disk at a pause, and of a spool that the middle one fits into, but not the large one
large=24 middle=9 pause=16 roomy=20
if is_sanitized; then large=14 middle=4 pause=8 roomy=12; fi

mkdir "$T/in" "$T/plugins"
cp "$builddir/tests/plugins/.libs/drip.so" "$T/plugins/"
"$GEN_NACHA" -s "${large}M" --seed 1 -o "$T/in/large.ach"
"$GEN_NACHA" -s "${middle}M" --seed 2 -o "$T/in/middle.ach"
"$GEN_NACHA" -s 300K --seed 3 -o "$T/in/small.ach"
"$GEN_NACHA" -n 3 --seed 4 -o "$T/in/tiny.ach"
files=("$T/in/large.ach" "$T/in/middle.ach" "$T/in/small.ach" "$T/in/tiny.ach")
list () { local f out=; for f; do out+="${out:+, }\"$f\""; done; echo "[ $out ]"; }

# conf NAME SOURCE [SETTINGS]
conf () {
  mkdir -p "$T/$1"
  cat >"$T/$1.conf" <<EOC
plugin_dirs = [ "$T/plugins" ];
pipeline: {
  name = "$1"; state = "$T/$1/state";
  source: { $2 };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "$T/$1/out/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; chunk = "64K"; spool = "6M"; };
  ${3:-}
};
EOC
  chmod 600 "$T/$1.conf"
  mkdir -p "$T/$1/out"
}
sums () { (cd "$T/$1/out" && find . -type f ! -name '*.ckpt' | sort | xargs -r sha256sum); }
only () { (cd "$T/whole/out" && find . -type f | grep -E "$1" | sort | xargs -r sha256sum); }
equal () { sums "$1" >"$T/sums"; same "$T/$2" "$T/sums"; }
empty () { [ -z "$(find "$T/$1/out" -type f ! -name '.*')" ] || fail "$1: visible: $(ls "$T/$1/out")"; }

# What the drip plugin's folder may be: ours, like any plugin's.
conf whole "plugin = \"file\"; path = $(list "${files[@]}");"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/whole.conf"
sums whole >"$T/all.sums"
[ "$(wc -l <"$T/all.sums")" -gt 4 ] || fail "the files in place gave too little"

# The same bytes, whatever the pieces, alone or together, with announced length or without.
n=0
for how in 'piece = "64K";' 'piece = "7777"; together = 4;' 'piece = "1M"; together = 3; announce = "yes";'; do
  n=$((n + 1))
  conf "drip$n" "plugin = \"drip\"; path = $(list "${files[@]}"); $how"
  expect_status 0 timeout 300 "$PENSTOCK" run "$T/drip$n.conf"
  equal "drip$n" all.sums
done

# At rest in the middle of the large file the disk holds no more than the spool may; so most of it was parsed already.
start () {
  "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/$1.conf" 2>"$T/err" & pid=$!
}
spooled () { # bytes on disk of the largest unlinked file that the host has open, and its length
  local f blocks size most="0 0"
  for f in "/proc/$pid/fd"/*; do
    case $(readlink "$f") in
      "$T"/*/state/spool/*deleted*)
        read -r blocks size < <(stat -L -c '%b %s' "$f")
        [ "$size" -lt "${most#* }" ] || most="$((blocks * 512)) $size" ;;
    esac
  done
  echo "$most"
}
at_rest () { local s; s=$(spooled); [ "${s#* }" -ge "$1" ]; }
paused () { conf "$1" "plugin = \"drip\"; path = $(list "${files[@]}"); pause = \"$T/$1.go\"; pause_at = \"${pause}M\";" "${2:-}"; }

paused rest
start rest
wait_for at_rest $((pause << 20))
read -r bytes size < <(spooled)
[ "$bytes" -le 6291456 ] || fail "$bytes bytes of $size are on disk, 6291456 are allowed"
touch "$T/rest.go"
status=0; wait "$pid" || status=$?
[ "$status" = 0 ] || { cat "$T/err"; fail "rest: status $status"; }
equal rest all.sums

# The processes of a run by their program, cutter and all, are killed one after the other in the middle.
children () { cat "/proc/$pid/task/"*/children 2>/dev/null; }
workers () { local c; for c in $(children); do [[ $(readlink "/proc/$c/exe") != *penstock-worker ]] || echo "$c"; done; }
paused killed
start killed
wait_for at_rest $((pause << 20))
for w in $(workers); do kill -9 "$w"; done

touch "$T/killed.go"
status=0; wait "$pid" || status=$?
[ "$status" = 0 ] || { cat "$T/err"; fail "killed workers: status $status"; }
equal killed all.sums

# The host is killed: nothing is visible; the next run fetches it again, and every record is there once.
paused host
start host
wait_for at_rest $((pause << 20))
kill -9 "$pid"; wait "$pid" 2>/dev/null || true
empty host
touch "$T/host.go"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/host.conf"
equal host all.sums
[ "$(sqlite3 "$T/host/state/state.db" "select group_concat(status || ' ' || length) from objects where name like '%large%'")" \
  = "committed $(stat -c %s "$T/in/large.ach")" ] || fail "the journal does not know it as one object with its length"

# Broken off in the middle, whether read already or not: nothing of it is visible, the others are.
conf broken "plugin = \"drip\"; path = $(list "${files[@]}"); breaks = \"large\"; break_at = \"${pause}M\"; together = 2;"
expect_status 3 timeout 300 "$PENSTOCK" run "$T/broken.conf"
expect_text "$T/err" "large.ach: not loaded: broken off by the source after"
only 'middle|small|tiny' >"$T/others.sums"
equal broken others.sums
conf broken "plugin = \"drip\"; path = $(list "${files[@]}"); together = 2;"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/broken.conf"
equal broken all.sums

# Refused early: the rest is thrown away as it comes, the others go on, and the source hears of it.
{ head -c 94000 "$T/in/large.ach"; head -c "${large}M" /dev/zero | tr '\0' 'x'; } >"$T/in/bad.ach"
conf refused "plugin = \"drip\"; path = $(list "$T/in/bad.ach" "${files[@]}");" 'errors: { on_reject = "reject-object"; };'
expect_status 1 timeout 300 "$PENSTOCK" run "$T/refused.conf"
expect_text "$T/err" "bad.ach: refused"
equal refused all.sums

# The same content again is skipped, though its fingerprint is known only at its end.
cp "$T/in/large.ach" "$T/in/again.ach"
conf drip1 "plugin = \"drip\"; path = [ \"$T/in/again.ach\" ];"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/drip1.conf"
expect_text "$T/err" "again.ach: skipped: the same content was loaded before as $T/in/large.ach"
equal drip1 all.sums

# Commit by chunk takes objects whole: what fits is the same, what does not is an error of that object.
conf chunk "plugin = \"drip\"; path = $(list "${files[@]}");" 'commit = "chunk";'
sed -i "s/spool = \"6M\"/spool = \"${roomy}M\"/" "$T/chunk.conf"
expect_status 3 timeout 300 "$PENSTOCK" run "$T/chunk.conf"
expect_text "$T/err" "large.ach: it does not fit into the spool (limits.spool), and decryption or commit = \"chunk\" needs it whole"
equal chunk others.sums

# A spool too small for one window is a mistake in the configuration.
sed 's/spool = "6M"/spool = "5M"/' "$T/whole.conf" >"$T/small.conf"
chmod 600 "$T/small.conf"
expect_status 78 "$PENSTOCK" check "$T/small.conf"
expect_text "$T/err" "limits.spool: 5M is too little"
