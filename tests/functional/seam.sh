#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seam.sh - chunks whose context was guessed wrong are cut again from what parsing found, whether the chunk before is still at hand or
# has long been delivered, as it has where an object is read while it grows.
. "${srcdir:-.}/tests/lib.sh"
requires awk
requires_plugin jsonl source-file sink-file

# The parser "hostile" counts lines; in a chunk with an attack it ends one line further than its cut said. Every chunk has one.
lines=98304
awk -v n=$lines 'BEGIN { for (i = 0; i < n; i++) printf "%-63s\n", (i % 512 == 200 ? "ATTACK " : "line ") i }' > "$T/in.txt"
awk -v n=$lines 'BEGIN { for (i = 0; i < n; i++) print i + 1 + int (i / 512) }' > "$T/expected"
mkdir "$T/plugins"
cp "$builddir/tests/plugins/.libs/drip.so" "$builddir/tests/plugins/.libs/hostile.so" "$T/plugins/"

conf () { # NAME SOURCE
  mkdir -p "$T/$1"
  cat > "$T/$1.conf" <<EOC
plugin_dirs = [ "$T/plugins" ];
pipeline: {
  name = "$1"; state = "$T/$1/state";
  source: { $2 };
  parser: { plugin = "hostile"; attack = "bad_carry"; };
  sinks: ( { plugin = "file"; path = "$T/$1/out.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; chunk = "32K"; spool = "3M"; };
};
EOC
  chmod 600 "$T/$1.conf"
}
check () {
  sed 's/.*"_line":\([0-9]*\).*/\1/' "$T/$1/out.jsonl" > "$T/now"
  same "$T/expected" "$T/now"
  expect_text "$T/err" "the cut and the parse disagree on the context"
}

conf whole "plugin = \"file\"; path = \"$T/in.txt\";"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/whole.conf"
check whole

# At rest in the middle: whatever can be cut is cut, parsed, delivered and off the disk before more comes.
conf grows "plugin = \"drip\"; path = [ \"$T/in.txt\" ]; piece = \"16K\"; pause = \"$T/go\"; pause_at = \"5M\";"
"$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/grows.conf" > "$T/out" 2> "$T/err" &
pid=$!
at_exit kill -9 "$pid"
is_taken () {
  local f blocks size
  for f in "/proc/$pid/fd"/*; do
    case $(readlink "$f") in
      "$T"/grows/state/spool/*deleted*)
        read -r blocks size < <(stat -L -c '%b %s' "$f")
        [ "$size" -lt 5242880 ] || [ $((blocks * 512)) -gt 1048576 ] || return 0 ;;
    esac
  done
  return 1
}
wait_for is_taken
touch "$T/go"
status=0
wait "$pid" || status=$?
[ "$status" = 0 ] || { cat "$T/err"; fail "status $status, expected 0"; }
check grows
echo "$lines lines, numbered as the parse says"
