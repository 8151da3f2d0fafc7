#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill_after.sh - the host is killed at random moments while files are archived, moved to another file system or deleted: in the
# end every row is there once, every file is where it belongs, whole and once, and nothing half done lies about.
#
#   KILLS=200 SEED=7 tests/fault/kill_after.sh     more kills; the seed of a failure is in its message
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 sha256sum
requires_plugin nacha sqlite source-file

is_sanitized && : "${KILLS:=15}"
: "${KILLS:=40}" "${SEED:=$$}"
RANDOM=$SEED
trap 'echo "kill_after.sh: SEED=$SEED" >&2' ERR
feed "$T/feed" 6 40
elsewhere=$(mktemp -d /dev/shm/penstock-test.XXXXXX)
at_exit rm -rf "$elsewhere"
sums () { (cd "$1" && find . -type f -printf '%f\n' | wc -l; find . -type f -exec sha256sum {} + | cut -d' ' -f1 | sort); }
sums "$T/feed" > "$T/want"

# set_up NAME AFTER
set_up () {
  rm -rf "$T/in" "$T/to" "$elsewhere"/* "$T/state" "$T/out.db"*
  mkdir "$T/in" "$T/to"
  cp "$T"/feed/* "$T/in/"
  cat > "$T/x.conf" <<EOC
pipeline: {
  name = "x"; state = "$T/state";
  source: { plugin = "file"; path = "$T/in"; after: { $1 }; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "$T/out.db"; } );
  limits: { workers = 2; };
};
EOC
  chmod 600 "$T/x.conf"
}

set_up "success = \"archive\"; to = \"$T/to\";"
expect_status 0 "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/x.conf"
duration=$(field microseconds "$T/report")
rows=$(sqlite3 "$T/out.db" 'select count(*) from entries')
[ "$rows" = 240 ] || fail "240 entries expected, $rows found"
kills=0
while [ "$kills" -lt "$KILLS" ]; do
  for goal in "$T/to" "$elsewhere" ""; do
    case $goal in
      "$T/to") set_up "success = \"archive\"; to = \"$goal\";" ;;
      ?*) set_up "success = \"move\"; to = \"$goal\";" ;;
      *) set_up 'success = "delete";' ;;
    esac
    for ((life = 1; life < 8; life++)); do
      status=0
      "$KILLER" -r "$T/report" -h $((duration / 2 + RANDOM * duration / 32768)) "$PENSTOCK" run "$T/x.conf" > "$T/stdout" 2> "$T/err" || status=$?
      [ "$status" != 99 ] || fail "SEED=$SEED: left behind: $(cat "$T/report")"
      [ "$status" = 137 ] || break
      kills=$((kills + 1))
    done
    expect_status 0 "$PENSTOCK" run "$T/x.conf"
    [ "$(sqlite3 "$T/out.db" 'select count(*) from entries')" = "$rows" ] || fail "SEED=$SEED: rows are lost or doubled"
    [ -z "$(ls -A "$T/in")" ] || fail "SEED=$SEED: left in the inbox: $(ls -A "$T/in")"
    [ -z "$goal" ] || { sums "$goal" > "$T/found"; same "$T/want" "$T/found"; }
  done
  duration=$((duration * 9 / 10 + 1000)) # plugins need not be described any more: aim a little earlier
done
echo "$kills kills: every row once, every file once and whole"
