#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line of check, plugins, describe and graph: output, messages and exit statuses.
. "${srcdir:-.}/tests/lib.sh"
requires python3
requires_plugin jsonl stdout source-file sink-file

# usage
expect_status 2 "$PENSTOCK"
expect_text "$T/err" "usage: penstock [OPTION]... COMMAND"
expect_status 2 "$PENSTOCK" chek
expect_text "$T/err" 'unknown command "chek"; did you mean "check"?'
expect_status 2 "$PENSTOCK" check
expect_text "$T/err" "usage: penstock check [--json] FILE..."
expect_status 2 "$PENSTOCK" check --nonsense
expect_status 2 "$PENSTOCK" --plugin-dir "$T/none" plugins
expect_text "$T/err" "there is no such directory"
expect_status 0 "$PENSTOCK" --help
expect_text "$T/out" "Exit status: 0 all accepted"
expect_status 0 "$PENSTOCK" check --help
expect_status 0 "$PENSTOCK" --version

# describe
expect_status 0 "$PENSTOCK" describe jsonl
expect_text "$T/out" "decimals  (enum, string|number, default string)"
expect_status 0 "$PENSTOCK" describe file
expect_text "$T/out" "(source)"
expect_text "$T/out" "(sink)"
expect_status 0 "$PENSTOCK" describe --json file
python3 - "$T/out" <<'END'
import json, sys
seen = [json.loads(line) for line in open(sys.argv[1])]
assert sorted(k for d in seen for k in d["kinds"]) == ["sink", "source"], seen
assert all(d["name"] == "file" and d["options"] for d in seen), seen
END
expect_status 3 "$PENSTOCK" describe jsonk
expect_text "$T/err" 'plugin "jsonk" was not found; searched: '
expect_text "$T/err" 'did you mean "jsonl"?'

# plugins: a broken one is named with its reason, the others are listed all the same
mkdir "$T/own"
cp "$builddir/.libs/jsonl.so" "$T/own/good.so"
echo "not ELF" > "$T/own/text.so"
expect_status 3 "$builddir/penstock" --libexec-dir "$builddir" --plugin-dir "$T/own" plugins
expect_text "$T/out" "good             encoder"
expect_text "$T/err" "text.so: file too short"
rm "$T/own/text.so"
expect_status 0 "$builddir/penstock" --libexec-dir "$builddir" --plugin-dir "$T/own" plugins
chmod 777 "$T/own"
expect_status 3 "$builddir/penstock" --libexec-dir "$builddir" --plugin-dir "$T/own" plugins
expect_text "$T/err" "is world-writable"

# check: all mistakes at once, each with its place, and 78
cat > "$T/bad.conf" <<'END'
pipeline: {
  name = "acme"; state = "state";
  source: { plugin = "file"; paht = "x"; };
  parser: { plugin = "no-such-parser"; };
  sinks: ( { plugin = "file"; path = "out";
             mode = [ "0640", "0600" ];
             encoder: { plugin = "jsonl";
                        decimals = "strin"; }; } );
  limits: { chunk = "9M"; };
};
END
expect_status 78 "$PENSTOCK" check "$T/bad.conf"
expect_text "$T/err" "$T/bad.conf:9: pipeline \"acme\": limits.chunk: 9M is outside 1..5M"
expect_text "$T/err" "$T/bad.conf:3: source \"file\": unknown option \"paht\"; did you mean \"path\"?"
expect_text "$T/err" "$T/bad.conf:3: source \"file\": path: is required"
expect_text "$T/err" "$T/bad.conf:4: parser \"no-such-parser\": plugin \"no-such-parser\" was not found; searched: "
expect_text "$T/err" "$T/bad.conf:6: sink \"file\": mode: has a value already ($T/bad.conf:6); one is expected"
expect_text "$T/err" "$T/bad.conf:8: encoder \"jsonl\": decimals: \"strin\" is none of string|number; did you mean \"string\"?"
expect_text "$T/err" "penstock: 6 errors in the configuration"
[ ! -s "$T/out" ] || fail "a bad configuration printed on standard output"
[ ! -e "$T/state" ] || fail "check made the state directory"

# a file that others can write is not read at all
chmod 666 "$T/bad.conf"
expect_status 78 "$PENSTOCK" check "$T/bad.conf"
expect_text "$T/err" "may be written by everybody"
expect_text "$T/err" "penstock: 1 error in the configuration"
