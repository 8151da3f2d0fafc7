# SPDX-License-Identifier: Apache-2.0
# httplib.sh - what the tests of the http source share: its servers, on loopback, and a pipeline.
# shellcheck shell=bash

# start_faulty: $base is its URL, $T/requests.log its log
start_faulty () {
  requires python3
  python3 "$srcdir/tests/http/faulty_server.py" "$T/port" "$T/requests.log" &
  at_exit kill $!
  wait_for test -e "$T/port"
  base=http://127.0.0.1:$(cat "$T/port")
}

free_port () { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_nginx SERVER-LINES: the lines stand in a server section
start_nginx () {
  requires nginx python3
  local user=
  [ "$(id -u)" != 0 ] || user="user root;" # the scratch folder is ours alone
  cat > "$T/nginx.conf" <<CONF
$user worker_processes 1; daemon off; pid $T/nginx.pid; error_log $T/nginx.log;
events { worker_connections 2048; }
http { access_log $T/access.log; client_body_temp_path $T/n1; proxy_temp_path $T/n2; fastcgi_temp_path $T/n3;
  uwsgi_temp_path $T/n4; scgi_temp_path $T/n5;
  $1 }
CONF
  nginx -e "$T/nginx.log" -c "$T/nginx.conf" &
  at_exit kill $!
  wait_for test -s "$T/nginx.pid"
}

# pipeline NAME SOURCE-LINES [PARSER]: writes $T/NAME.conf; rows go to $T/out-NAME
pipeline () {
  local parser=${3:-'plugin = "csv"; table = "t"; columns = [ "id int", "name string" ];'}
  mkdir -p "$T/out-$1"
  cat > "$T/$1.conf" <<CONF
pipeline: { name = "$1"; state = "$T/state-$1";
  source: { plugin = "http"; $2 };
  parser: { $parser };
  sinks: ( { plugin = "file"; path = "$T/out-$1/{path}.jsonl"; } );
};
CONF
  chmod 600 "$T/$1.conf"
}

rows_of () { cat "$T/out-$1"/*.jsonl 2>/dev/null | wc -l; }
expect_rows () { [ "$(rows_of "$1")" = "$2" ] || { cat "$T/err" >&2; fail "$1: $2 rows expected, $(rows_of "$1") came"; }; }
run () { # STATUS NAME
  expect_status "$1" timeout 120 "$PENSTOCK" run "$T/$2.conf"
}
