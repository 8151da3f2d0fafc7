# SPDX-License-Identifier: Apache-2.0
# servelib.sh - what the tests of serve share: customers, a serve of their own, questions to it, and the count of what arrived.

CONF=$T/conf.d
SOCKET=$T/serve.sock
mkdir -m 755 "$CONF"
DEFAULTS='schedule: { every = "100ms"; retry = "50ms"; }; limits: { chunk = "4K"; workers = 1; };'

# customer NAME [SETTINGS [SINK OPTIONS]]: its file; from $T/NAME/in into $T/NAME/out.db.
customer () {
  mkdir -p "$T/$1/in"
  cat > "$CONF/.$1" <<EOC
pipeline: {
  name = "$1"; state = "$T/$1/state";
  source: { plugin = "file"; path = "$T/$1/in/*.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "$T/$1/out.db"; ${3:-} } );
  ${2:-$DEFAULTS}
};
EOC
  mv "$CONF/.$1" "$CONF/$1.conf"
}

# files NAME FROM TO [ENTRIES]: balanced NACHA files, each another, appear whole.
files () {
  local i
  for ((i = $2; i <= $3; i++)); do
    "$GEN_NACHA" -n "${4:-60}" --seed "$i" --batch 20 -o "$T/$1/.$i"
    mv "$T/$1/.$i" "$T/$1/in/$(printf 'file%04d.ach' "$i")"
  done
}

serve_start () {
  "$PENSTOCK" serve --socket "$SOCKET" "$@" "$CONF" >> "$T/serve.out" 2>> "$T/serve.err" &
  serve=$!
  at_exit kill -9 "$serve"
  wait_for serving
}

answer () { "$PENSTOCK" status --json --socket "$SOCKET" "$@"; }
serving () { answer | grep -q '"state":"running"' && ! answer | grep -q '"reloads":0'; }

# reloaded: after kill -HUP, until the new configuration is in force.
reloads () { answer | sed 's/.*"reloads":\([0-9]*\).*/\1/'; }
has_reloaded () { [ "$(reloads)" -gt "$before" ] && serving; }
reload () {
  before=$(reloads)
  kill -HUP "$serve"
  wait_for has_reloaded
}

# field NAME KEY: the first number or word of that name in the answer for one pipeline; is NAME KEY VALUE.
field () { answer "$1" | sed 's/.*"pipelines":\[//' | grep -o "\"$2\":\"\{0,1\}[^\",}]*" | head -1 | sed 's/.*://; s/"//'; }
is () { [ "$(field "$1" "$2")" = "$3" ]; }

# Entries in all files of a customer, counted without our code; entries in its database, and distinct ones.
expected () { cat "$T/$1"/in/*.ach | grep -c '^6'; }
arrived () { sqlite3 -cmd '.timeout 20000' "$T/$1/out.db" "select count(*) from entries" 2>/dev/null || echo 0; }
distinct () { sqlite3 -cmd '.timeout 20000' "$T/$1/out.db" "select count(*) from (select distinct _object, _offset from entries)"; }
is_complete () { [ "$(arrived "$1")" -ge "$(expected "$1")" ]; }

# all_of NAME: waits for all of it, then: every record is there, and once.
all_of () {
  wait_for is_complete "$1"
  [ "$(arrived "$1")" = "$(expected "$1")" ] || fail "$1: $(arrived "$1") entries arrived, $(expected "$1") were sent"
  [ "$(distinct "$1")" = "$(expected "$1")" ] || fail "$1: $(distinct "$1") distinct entries, $(expected "$1") were sent"
}

# descendants PID: all processes below.
descendants () {
  local child
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}
none_alive () {
  local pid
  for pid in "$@"; do
    [ ! -d "/proc/$pid" ] || grep -q '^State:.*zombie' "/proc/$pid/status" || return 1
  done
}

# serve_ends STATUS: it has been told to; nothing of it is left.
serve_ends () {
  local got=0 below
  below=$(descendants "$serve")
  wait "$serve" || got=$?
  [ "$got" = "$1" ] || { tail -20 "$T/serve.err" >&2; fail "serve ended with status $got, expected $1"; }
  wait_for none_alive $below
}
