# SPDX-License-Identifier: Apache-2.0
# drift.sh - a header that is not the configured one halts the run before its object: what came before is loaded, nothing of
# it or behind it, until it is corrected; and findings beyond errors.keep_findings are counted.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3
requires_plugin parser-csv jsonl source-file sink-file

conf () { # NAME MODE [MORE]
  mkdir -p "$T/$1/in" "$T/$1/done"
  cat > "$T/$1.conf" <<END_CONF
pipeline: {
  name = "$1"; state = "$T/$1/state"; commit = "$2"; lineage = false;
  source: { plugin = "file"; path = [ "$T/$1/in/*.csv" ]; after: { success = "move"; to = "$T/$1/done"; }; };
  parser: { plugin = "csv"; table = "t"; columns = [ "id int", "name string" ]; };
  sinks: ( { plugin = "file"; path = "$T/$1/out.{object}.jsonl"; overwrite = true; } );
  limits: { workers = 2; chunk = "2K"; };
  ${3:-}
};
END_CONF
  chmod 600 "$T/$1.conf"
}
good () { awk -v n="$2" -v from="$3" 'BEGIN { print "id,name"; for (i = from; i < from + n; i++) print i ",x" }' > "$1"; }
loaded () { cat "$T/$1"/out.*.jsonl 2> /dev/null | sed 's/.*"id":\([0-9]*\).*/\1/' | sort -n | awk '{ n++; s += $1 } END { print n + 0, s + 0 }'; }
status_of () { sqlite3 "$T/$1/state/state.db" "select group_concat(status, ' ') from (select status from objects order by name)"; }

for mode in object chunk; do
  conf $mode $mode
  good "$T/$mode/in/a.csv" 2000 1
  good "$T/$mode/in/c.csv" 2000 2001
  good "$T/$mode/in/d.csv" 3 4001
  printf 'id,nmae,more\n9000,x,y\n' > "$T/$mode/in/b.csv"
  for round in first again; do
    expect_status 3 "$PENSTOCK" run "$T/$mode.conf"
    expect_text "$T/err" 'b.csv:1: offset 0: header_drift: expected 2 columns, found 3; - "name" is missing (expected as column 2); + column 2 "nmae" is not in the schema; + column 3 "more" is not in the schema'
    expect_text "$T/err" "the run halts before this object, nothing of it or behind it is loaded: correct the object or the configuration and run again"
    [ "$(loaded $mode)" = "2000 2001000" ] || fail "$mode, $round: $(loaded $mode) rows, those of a.csv expected"
    [ -e "$T/$mode/done/a.csv" ] && [ -e "$T/$mode/in/b.csv" ] && [ -e "$T/$mode/in/c.csv" ] || fail "$mode: the source was told of more than a.csv"
    case $(status_of $mode) in committed\ aborted*) ;; *) fail "$mode: objects are $(status_of $mode)" ;; esac
    case $(status_of $mode) in *committed*committed* | *refused*) fail "$mode: objects are $(status_of $mode)" ;; esac
  done
  [ "$(sqlite3 "$T/$mode/state/state.db" "select distinct rule || ' ' || severity || ' ' || line from quarantine")" = "header_drift halt 1" ] || fail "$mode: the finding is not in the state database"
  printf 'id,name\n9000,x\n' > "$T/$mode/in/b.csv"
  expect_status 0 "$PENSTOCK" run "$T/$mode.conf"
  [ "$(loaded $mode)" = "4004 $((4003 * 4004 / 2 + 9000))" ] || fail "$mode: $(loaded $mode) rows after the correction"
done

# on_drift = quarantine: the object is refused, those behind it are loaded
conf on object
sed -i 's/"csv"; table/"csv"; on_drift = "quarantine"; table/' "$T/on.conf"
printf 'id,nmae\n1,x\n' > "$T/on/in/a.csv"
good "$T/on/in/b.csv" 3 1
expect_status 1 "$PENSTOCK" run "$T/on.conf"
[ "$(loaded on)" = "3 6" ] || fail "quarantine: $(loaded on) rows"

# findings without an end
for mode in object chunk; do
  conf many-$mode $mode 'errors: { keep_findings = 7; };'
  awk 'BEGIN { print "id,name"; for (i = 1; i <= 20000; i++) print (i % 2 ? "x" : i) ",x" }' > "$T/many-$mode/in/a.csv"
  expect_status 1 "$PENSTOCK" run "$T/many-$mode.conf"
  expect_text "$T/err" "20000 records, 10000 rejected"
  expect_text "$T/err" "9993 further findings were counted, but not kept: errors.keep_findings is 7"
  db=$T/many-$mode/state/state.db
  [ "$(sqlite3 "$db" "select count(*) || ' ' || max(line) from quarantine where rule = 'type'")" = "7 14" ] || fail "$mode: the first 7 findings expected"
  [ "$(sqlite3 "$db" "select count(*) from quarantine where rule = 'more_findings' and severity = 'warn'")" = 1 ] || fail "$mode: more_findings is missing"
  [ "$(sqlite3 "$db" "select findings from objects")" = 10000 ] || fail "$mode: all findings are to be counted"
  [ "$(loaded many-$mode)" = "10000 100010000" ] || fail "$mode: $(loaded many-$mode) rows"
done
