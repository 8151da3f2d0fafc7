# SPDX-License-Identifier: Apache-2.0
# check_sources.sh - penstock check has a source's opinion of its options, without its secrets, its server, or anything opened.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin nacha stdout jsonl source-file

check () { # STATUS SOURCE
  cat > "$T/x.conf" <<END
pipeline: { name = "x"; state = "$T/state-of-x";
  source: { $2 };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "stdout"; } );
};
END
  expect_status "$1" "$PENSTOCK" check "$T/x.conf"
  [ ! -e "$T/state-of-x" ] || fail "check has made a state directory"
}
check 0 'plugin = "file"; path = "/nowhere/*";'
check 78 'plugin = "file"; path = "/nowhere/*"; done_file = "marker";'
expect_text "$T/err" "x.conf:1: source \"file\": done_file: expected {name} or {stem} in it"
check 78 'plugin = "file"; path = "/nowhere/*"; after: { success = "move"; };'
expect_text "$T/err" 'source "file": after.success: '
if [ -e "$builddir/.libs/source-http.so" ]; then
  http='plugin = "http"; url = "https://server.example/a";'
  check 0 "$http auth: { kind = \"bearer\"; token = \"env:NOT_THERE\"; };" # its secret is nobody's business now
  check 78 "$http auth: { kind = \"bearer\"; };"
  expect_text "$T/err" 'source "http": auth.kind = "bearer" needs auth.token'
  check 78 'plugin = "http"; url = "https://server.example/{9..1}";'
  expect_text "$T/err" 'counts downwards'
  check 78 'plugin = "http"; url = "http://server.example/";'
  expect_text "$T/err" 'plain'
  check 0 "$http list = \"no-such-list\";"
  expect_text "$T/err" "no-such-list: No such file or directory"
else
  echo "check_sources.sh: plugin \"http\" was not built: its rules are not asked for"
fi
if [ -e "$builddir/.libs/source-sftp.so" ]; then
  sftp='plugin = "sftp"; host = "server.example"; user = "me"; path = "/in/*";'
  check 78 "$sftp key = \"k\";"
  expect_text "$T/err" "has to be pinned"
  check 0 "$sftp key = \"k\"; known_hosts = \"hosts\";"
  expect_text "$T/err" "$T/k: No such file or directory"
  expect_text "$T/err" "$T/hosts: No such file or directory"
else
  echo "check_sources.sh: plugin \"sftp\" was not built: its rules are not asked for"
fi
