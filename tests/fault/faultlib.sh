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

# pipeline NAME FOLDER [SETTINGS]: $T/NAME.conf, from FOLDER/*.ach into SQLite and files below $T/NAME.
pipeline () {
  mkdir -p "$T/$1/out"
  cat > "$T/$1.conf" <<EOC
pipeline: {
  name = "$1";
  state = "$T/$1/state";
  source: { plugin = "file"; path = "$2/*.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "$T/$1/out.db"; },
           { plugin = "file"; path = "$T/$1/out/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; },
           { plugin = "file"; path = "$T/$1/out/{object}.{table}.csv"; encoder: { plugin = "csv"; }; } );
  ${3:-limits: { workers = 4; chunk = "4K"; deadline = "30s"; \};}
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
