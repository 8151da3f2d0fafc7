# SPDX-License-Identifier: Apache-2.0
# atomic.sh - an object is visible in every sink at once or in none; the same content is loaded once; policies hold.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin nacha jsonl rows sqlite sink-file

gen=$builddir/bench/gen_nacha
mkdir "$T/in" "$T/dst"

# conf NAME [MORE]: a pipeline from $T/in into a file and SQLite.
conf () {
  cat >"$T/$1.conf" <<EOF
pipeline: {
  name = "$1"; state = "$T/state-$1";
  source: { plugin = "file"; path = "$T/in"; };
  parser: { plugin = "nacha"; ${3:-} };
  sinks: ( { plugin = "file"; path = "$T/dst/$1.{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "sqlite"; path = "$T/$1.db"; } );
  ${2:-}
};
EOF
  chmod 600 "$T/$1.conf"
}
visible () { find "$T/dst" -type f ! -name '.*' -name "$1*" | wc -l; }
count () { sqlite3 "$T/$1.db" "select count(*) from entries" 2>/dev/null || echo 0; }

# a good object, then one whose totals do not balance: nothing of the second anywhere
$gen -n 200 --seed 1 -o "$T/in/1-good.ach"
$gen -n 200 --seed 2 --corrupt debit -o "$T/in/2-bad.ach"
conf a
expect_status 1 "$PENSTOCK" run "$T/a.conf"
expect_text "$T/err" "batch_total_debit"
expect_text "$T/err" "computed"
expect_text "$T/err" "1 accepted, 1 refused"
[ "$(count a)" = 200 ] || fail "200 entries expected, $(count a) are there"
[ "$(visible a)" = 4 ] || fail "4 files expected, $(visible a) are there"
[ -z "$(find "$T/dst" -name '.*' -type f)" ] || fail "unfinished files were left"

# the same again: skipped, reported, and the refused one refused once more
expect_status 1 "$PENSTOCK" run "$T/a.conf"
expect_text "$T/err" "skipped: the same content was loaded before"
[ "$(count a)" = 200 ] || fail "loaded twice"

# under another name it is the same content
rm "$T/in/2-bad.ach"
cp "$T/in/1-good.ach" "$T/in/3-again.ach"
expect_status 0 "$PENSTOCK" run "$T/a.conf"
[ "$(count a)" = 200 ] || fail "loaded twice under another name"
sed 's/name = "a"/name = "a"; duplicates = "reject"/' "$T/a.conf" >"$T/r.conf"
chmod 600 "$T/r.conf"
expect_status 1 "$PENSTOCK" run "$T/r.conf"
expect_text "$T/err" "duplicate"
sed 's/name = "a"/name = "a"; duplicates = "process"/' "$T/a.conf" >"$T/p.conf"
sed -i "s|dst/a\.{object}|dst/p.{object}|" "$T/p.conf"
chmod 600 "$T/p.conf"
rm "$T/in/3-again.ach"
expect_status 0 "$PENSTOCK" run "$T/p.conf"
[ "$(count a)" = 400 ] || fail "policy process: 400 entries expected, $(count a) are there"

# one bad record: set aside with its bytes, refused with its object, or the end of the run, as the policy says
rm -rf "$T/in"/* "$T/dst"/*
$gen -n 100 --seed 3 --corrupt check-digit -o "$T/in/q.ach"
conf q
expect_status 1 "$PENSTOCK" run "$T/q.conf"
[ "$(count q)" = 99 ] || fail "99 entries expected, $(count q) are there"
raw=$(sqlite3 "$T/state-q/state.db" "select rule, length(raw), offset from quarantine where severity = 'record' limit 1")
case $raw in check_digit\|94\|*) ;; *) fail "quarantine has: $raw" ;; esac
conf o 'errors: { on_reject = "reject-object"; };'
expect_status 1 "$PENSTOCK" run "$T/o.conf"
[ "$(count o)" = 0 ] || fail "reject-object: $(count o) entries are visible"
conf f 'errors: { on_reject = "fail"; };'
expect_status 1 "$PENSTOCK" run "$T/f.conf"
[ "$(count f)" = 0 ] || fail "fail: $(count f) entries are visible"
conf m 'errors: { max_error_rate = "0.1%"; };'
expect_status 1 "$PENSTOCK" run "$T/m.conf"
expect_text "$T/err" "max_error_rate"
[ "$(count m)" = 0 ] || fail "max_error_rate: $(count m) entries are visible"
conf w 'errors: { max_error_rate = "50%"; };' 'rules: { check_digit = "warn"; };'
expect_status 0 "$PENSTOCK" run "$T/w.conf"
[ "$(count w)" = 100 ] || fail "a rule on warn: 100 entries expected, $(count w) are there"

# a sink that cannot be written: the run says so, and the next one finishes
rm -rf "$T/in"/* "$T/dst"/*
$gen -n 100 --seed 4 -o "$T/in/x.ach"
conf x
: >"$T/x.db.dir"
sed "s|$T/x.db|$T/x.db.dir/x.db|" "$T/x.conf" >"$T/y.conf"
chmod 600 "$T/y.conf"
expect_status 3 "$PENSTOCK" run "$T/y.conf"
[ "$(visible x)" = 0 ] || fail "a failed run left files"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
[ "$(count x)" = 100 ] || fail "the run after a failed one: $(count x) entries"

# chunk by chunk: the same rows
conf c 'commit = "chunk"; limits: { chunk = "4K"; };'
expect_status 0 "$PENSTOCK" run "$T/c.conf"
[ "$(count c)" = 100 ] || fail "chunk mode: $(count c) entries"
same "$(ls "$T"/dst/c.*entries.jsonl)" "$(ls "$T"/dst/x.*entries.jsonl)"
