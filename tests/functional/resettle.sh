#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# resettle.sh - commit by chunk, broken off and run again with other settings: chunks that would no longer meet are refused, with
# nothing written; with the old settings, or a further sink, the object comes to its end, every row once.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha mask jsonl encoder-csv rows stdout sink-file sqlite

"$GEN_NACHA" -s 3M --seed 7 -o "$T/in.ach"
mkfifo "$T/pipe"

# conf NAME CHUNK PARSER [SINK...]: a database of its own, and what else is asked for
conf () {
  local name=$1 chunk=$2 parser=$3
  shift 3
  mkdir -p "$T/$name"
  cat >"$T/$name.conf" <<EOC
pipeline: {
  name = "$name"; state = "$T/$name/state"; commit = "chunk";
  source: { plugin = "file"; path = "$T/in.ach"; };
  parser: { plugin = "nacha"; $parser };
  ${filters:-}
  sinks: ( { name = "db"; plugin = "sqlite"; path = "$T/$name/x.db"; ${tables:-} }
           $([ $# = 0 ] || printf ', { %s }' "$@") );
  limits: { workers = 2; chunk = "$chunk"; };
};
EOC
  chmod 600 "$T/$name.conf"
}
to_pipe='plugin = "stdout"; encoder: { plugin = "jsonl"; };'
to_file="plugin = \"file\"; path = \"$T/half/{object}.{table}.csv\"; encoder: { plugin = \"csv\"; };"
rows () { sqlite3 "$T/$1/x.db" ".timeout 10000" "select * from entries order by _offset" | sha256sum; }
loaded () { sqlite3 "$T/$1/x.db" ".timeout 10000" "select coalesce(max(next_seq), 0) from penstock_checkpoint"; }
has_some () { [ "$(loaded half)" -gt 1 ]; }

conf whole 64K ""
expect_status 0 timeout 300 "$PENSTOCK" run "$T/whole.conf"

# The reader of the second sink goes away once the first one has some chunks: the run breaks off in the middle.
conf half 64K "" "$to_pipe"
timeout 300 "$PENSTOCK" run "$T/half.conf" >"$T/pipe" 2>"$T/err" & pid=$!
exec 5<"$T/pipe"
wait_for has_some
exec 5<&-
status=0; wait "$pid" || status=$?
[ "$status" = 3 ] || { cat "$T/err" >&2; fail "broken off: status 3 expected, got $status"; }
[ "$(loaded half)" -lt "$(loaded whole)" ] || fail "it was not broken off in the middle"

# refused WHAT: the run with the settings written last
before=$(rows half)
refused () {
  expect_status 3 timeout 300 "$PENSTOCK" run "$T/half.conf"
  expect_text "$T/err" "in.ach: sink \"db\": an earlier run loaded it up to chunk"
  expect_text "$T/err" "put the old settings back"
  [ "$(rows half)" = "$before" ] || fail "$1: rows were written"
}
conf half 100K ""; refused "limits.chunk"
conf half 64K "rules: { trace_order = \"off\"; };"; refused "the parser's options"
filters='filters: ( { plugin = "mask"; columns = [ "individual_name" ]; } );' conf half 64K ""; refused "filters"
tables='tables = [ "entries" ];' conf half 64K ""; refused "tables"

conf half 64K "" "$to_file"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/half.conf"
[ "$(rows half)" = "$(rows whole)" ] || fail "rows were lost or doubled"
[ "$(wc -l <"$T/half/in.ach.entries.csv")" = "$(($(sqlite3 "$T/whole/x.db" 'select count(*) from entries') + 1))" ] ||
  fail "the sink that came later lacks rows"
