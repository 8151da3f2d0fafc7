# SPDX-License-Identifier: Apache-2.0
# faultlib.sh - what the fault tests share: feeds, pipelines, and a picture of all that is visible in the sinks.

KILLER=$builddir/tests/fault/killer

# feed FOLDER FILES ENTRIES: balanced NACHA files, each another.
feed () {
  local i
  mkdir -p "$1"
  for ((i = 1; i <= $2; i++)); do
    "$GEN_NACHA" -n "$3" --seed "$i" --batch 25 -o "$1/$(printf 'file%03d.ach' "$i")"
  done
}

# What a pipeline has where a test says nothing else; a test may set other ones.
SETTINGS='limits: { workers = 4; chunk = "4K"; deadline = "30s"; };'
sinks () {
  cat <<EOC
  sinks: ( { plugin = "sqlite"; path = "$T/$1/out.db"; },
           { plugin = "file"; name = "lines"; path = "$T/$1/out/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "file"; name = "csv"; path = "$T/$1/out/{object}.{table}.csv"; encoder: { plugin = "csv"; }; } );
EOC
}

# pipeline NAME FOLDER [SETTINGS]: $T/NAME.conf, from FOLDER/*.ach into sinks below $T/NAME.
pipeline () {
  mkdir -p "$T/$1/out"
  cat > "$T/$1.conf" <<EOC
pipeline: {
  name = "$1";
  state = "$T/$1/state";
  source: { plugin = "file"; path = "$2/*.ach"; };
  parser: { plugin = "nacha"; };
$(sinks "$1")
  ${3:-$SETTINGS}
};
EOC
}

# visible NAME: every published file with its checksum, every row of every table in the order in which it was written.
visible () {
  local t
  (cd "$T/$1/out" && find . -type f ! -name '.*' -print0 | sort -z | xargs -0r sha256sum)
  [ -e "$T/$1/out.db" ] || return 0
  sqlite3 -cmd '.timeout 20000' "$T/$1/out.db" "select name from sqlite_master where type = 'table'
    and name not like 'penstock%' and name not like 'sqlite%' order by name" > "$T/$1/tables"
  while read -r t; do
    echo "table $t"
    sqlite3 -cmd '.timeout 20000' "$T/$1/out.db" "select * from \"$t\" order by _object, rowid"
  done < "$T/$1/tables"
}

# Nothing that is half done may lie beside the published files once a run has ended well.
no_leftovers () {
  local rest
  rest=$(find "$T/$1/out" -name '.*' -type f)
  [ -z "$rest" ] || fail "left behind beside the output: $rest"
}

# field NAME FILE: a number of the killer's report.
field () { sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" "$2"; }

# nothing_but NAME REFERENCE: what is visible of NAME is part of what a whole run shows; no file or row beside it, none twice.
nothing_but () {
  visible "$1" | sort > "$T/now"
  comm -23 "$T/now" "$2.sorted" > "$T/beside"
  [ ! -s "$T/beside" ] || { head -5 "$T/beside" >&2; fail "$1: visible, but not in an undisturbed run"; }
}

# reference FOLDER FILE: what an undisturbed run over FOLDER shows.
reference () {
  pipeline reference "$1"
  expect_status 0 "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/reference.conf"
  visible reference > "$2"
  sort "$2" > "$2.sorted"
  [ -s "$2" ] || fail "the reference is empty"
  duration=$(field microseconds "$T/report")
}

# whole NAME REFERENCE: all is there, once, in order, and nothing half done.
whole () {
  visible "$1" > "$T/now"
  cmp -s "$2" "$T/now" || { diff "$2" "$T/now" | head -10 >&2; fail "$1: differs from an undisturbed run"; }
  no_leftovers "$1"
}

# The comparison itself can fail: a row more, a row less, another order and a changed file are seen.
comparison_sees () {
  local t
  t=$(head -1 "$T/$1/tables")
  cp "$T/$1/out.db" "$T/kept.db"
  for change in "insert into \"$t\" select * from \"$t\" limit 1" "delete from \"$t\" where rowid = 1"; do
    sqlite3 "$T/$1/out.db" "$change"
    ! (whole "$1" "$2") 2> "$T/expected" || fail "the comparison does not see: $change"
    cp "$T/kept.db" "$T/$1/out.db"
  done
  (cd "$T/$1/out" && echo >> "$(find . -type f | sort | head -1)")
  ! (whole "$1" "$2") 2> "$T/expected" || fail "the comparison does not see a changed file"
}
