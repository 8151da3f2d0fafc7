#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What check and graph say about a good configuration: every option, the workers, the memory bound.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin nacha sqlite source-file sink-file jsonl rows
cat > "$T/good.conf" <<'END'
pipeline: {
  name = "acme"; state = "state";
  source: { plugin = "file"; path = [ "a", "b c" ]; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "acme.db"; }, { plugin = "file"; path = "out/{object}.{table}"; } );
  limits: { workers = 2; };
};
END
expect_status 0 "$PENSTOCK" check "$T/good.conf"
expect_text "$T/out" "pipeline \"acme\"  ($T/good.conf:1)"
expect_text "$T/out" "state $T/state"
expect_text "$T/out" 'path = "a", "b c"'
expect_text "$T/out" 'overwrite = "false"  (default)'
expect_text "$T/out" "workers: 2 "
expect_text "$T/out" "worker: slots: "
expect_text "$T/out" "worker: chunks that lie ready: "
expect_text "$T/out" "$T/good.conf: good"
expect_status 0 "$PENSTOCK" graph "$T/good.conf"
expect_text "$T/out" "digraph penstock {"
expect_text "$T/out" 'label="sink: sqlite"'
sed -i 's/workers = 2/workers = 2; memory = "64M"/' "$T/good.conf"
expect_status 78 "$PENSTOCK" check "$T/good.conf"
expect_text "$T/err" "limits: 2 workers can take "
expect_text "$T/err" "but limits.memory allows 67108864"

# what run would say of sinks and encoders, check says, once, with the place; and it leaves nothing behind
cat > "$T/one.conf" <<'END'
pipeline: {
  name = "one"; state = "one-state";
  source: { plugin = "file"; path = "in/*"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "one.db"; },
           { plugin = "file"; name = "all"; path = "out/all.csv"; encoder: { plugin = "csv"; }; } );
};
END
chmod 644 "$T/one.conf"
for command in check run; do
  expect_status 78 "$PENSTOCK" $command "$T/one.conf"
  expect_text "$T/err" "$T/one.conf:1: sink \"all\": encoder \"csv\" cannot put 4 tables into one stream"
  [ "$(grep -c 'cannot put' "$T/err")" = 1 ] || { cat "$T/err"; fail "$command says it more than once"; }
  [ ! -e "$T/one.db" ] || fail "$command has created the database"
done
rm -rf "$T/one-state"
sed -i 's/all.csv/{table}.csv/' "$T/one.conf"
expect_status 0 "$PENSTOCK" check "$T/one.conf"
[ ! -e "$T/one.db" ] && [ ! -e "$T/one-state" ] || { ls -a "$T"; fail "check has created something"; }

# plugins of one's own: a folder beside the file, unless somebody else could put a plugin there
mkdir "$T/own"
cp "$builddir/.libs/jsonl.so" "$T/own/mine.so"
sed -i 's/, memory = "64M"//; s/; memory = "64M"//; s|path = "out/{object}.{table}";|& encoder: { plugin = "mine"; };|' "$T/good.conf"
expect_status 78 "$PENSTOCK" check "$T/good.conf"
expect_text "$T/err" "encoder \"mine\": plugin \"mine\" was not found; searched: $builddir/.libs, "
sed -i '1i plugin_dirs = [ "own" ];' "$T/good.conf"
expect_status 0 "$PENSTOCK" check "$T/good.conf"
expect_text "$T/out" "($T/own/mine.so)"
chmod 777 "$T/own"
expect_status 78 "$PENSTOCK" check "$T/good.conf"
expect_text "$T/err" "$T/good.conf:1: plugin_dirs: plugin directory $T/own: $T/own is world-writable"
