# SPDX-License-Identifier: Apache-2.0
# invariance.sh - one worker, two and five, chunks from two records to the whole file: the same bytes in every sink.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha jsonl rows sqlite sink-file

"$builddir/bench/gen_nacha" -n 1500 --batch 90 --mix ppd,ccd,web,ctx -o "$T/in.ach"
length=$(stat -c %s "$T/in.ach")
mkdir "$T/dst" "$T/ref"

# run_once WORKERS CHUNK: the pipeline into $T/dst and $T/x.db, with a state of its own.
run_once () {
  rm -rf "$T/dst" "$T/state" "$T"/x.db*
  mkdir "$T/dst"
  cat >"$T/x.conf" <<EOF
pipeline: {
  name = "x"; state = "$T/state";
  source: { plugin = "file"; path = "$T/in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; name = "each"; path = "$T/dst/{table}.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "file"; name = "all"; path = "$T/dst/all.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "file"; name = "arrays"; path = "$T/dst/{table}.arrays";
             encoder: { plugin = "jsonl"; rows = "arrays"; }; },
           { plugin = "file"; name = "csv"; path = "$T/dst/{table}.csv"; encoder: { plugin = "csv"; }; },
           { plugin = "sqlite"; path = "$T/x.db"; } );
  limits: { workers = $1; chunk = "$2"; };
};
EOF
  chmod 600 "$T/x.conf"
  expect_status 0 "$PENSTOCK" run "$T/x.conf"
  for t in files batches entries addenda; do sqlite3 "$T/x.db" "select * from $t order by rowid" >"$T/dst/$t.rows"; done
}

run_once 1 "$length"
mv "$T/dst"/* "$T/ref"
[ "$(wc -l <"$T/ref/entries.jsonl")" = 1500 ] || fail "1500 entries expected, $(wc -l <"$T/ref/entries.jsonl") came"
[ "$(wc -l <"$T/ref/entries.arrays")" = 1501 ] || fail "1500 arrays and the columns expected"
[ "$(wc -l <"$T/ref/entries.rows")" = 1500 ] || fail "1500 entries expected in SQLite"
for workers in 1 2 5; do
  for chunk in 200 1000 16K 64K 1M 5M; do
    run_once "$workers" "$chunk"
    for f in "$T/ref"/*; do same "$f" "$T/dst/${f##*/}"; done
  done
done
