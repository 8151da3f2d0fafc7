# SPDX-License-Identifier: Apache-2.0
# A record longer than its parser allows, and an object too large for a format that is read whole, are refused by name and number.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/plugin_page.sh"
requires gcc python3
requires_plugin jsonl stdout source-file

mkdir -m 755 "$T/own"
umask 022
build () { gcc -O2 -shared -fPIC -I"$srcdir/sdk" -o "$T/own/$1.so" "$T/own/$1.c"; }
page_part petty.c > "$T/own/petty.c"
sed 's/PEN_FRAME_LINE/PEN_FRAME_WHOLE/; s/"petty"/"whole"/' "$T/own/petty.c" > "$T/own/whole.c"
grep -q PEN_FRAME_WHOLE "$T/own/whole.c" || fail "the page's plugin is not framed by lines any more"
build petty
build whole

config () { # PARSER CHUNK FILE
  cat > "$T/p.conf" <<END_CONF
plugin_dirs = [ "$T/own" ];
pipeline: {
  name = "long"; state = "state-$1-$2";
  source: { plugin = "file"; path = "$3"; };
  parser: { plugin = "$1"; };
  sinks: ( { plugin = "stdout"; } );
  limits: { workers = 1; chunk = $2; };
};
END_CONF
}

python3 - "$T" <<'END_PY'
import sys
line = b"2026-11-21 1.00 x\n"
open(sys.argv[1] + "/long.txt", "wb").write(line * 3 + b"2026-11-21 1.00 " + b"y" * 9000 + b"\n" + line)
open(sys.argv[1] + "/large.txt", "wb").write(line * 200)
END_PY

# the window stops at max_record: 4096 bytes from the long line's start
config petty 64 long.txt
expect_status 1 "$PENSTOCK" run "$T/p.conf"
expect_text "$T/err" "record_too_long: the record at offset 54 is longer than 4096 bytes"

# in a chunk that is larger, the parser sees the line itself
config petty 65536 long.txt
expect_status 1 "$PENSTOCK" run "$T/p.conf"
expect_text "$T/err" "offset 54: petty_line"
[ "$(grep -c '"what":"x"' "$T/out")" = 4 ] || fail "the other four lines are good"

config whole 65536 large.txt
expect_status 0 "$PENSTOCK" run "$T/p.conf"
[ "$(wc -l < "$T/out")" = 200 ] || fail "200 rows expected of an object in one piece"
config whole 1024 large.txt
expect_status 1 "$PENSTOCK" run "$T/p.conf"
expect_text "$T/err" "record_too_long: this format is read in one piece, and the object has 3600 bytes; limits.chunk is 1024"
