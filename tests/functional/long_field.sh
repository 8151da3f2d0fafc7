# SPDX-License-Identifier: Apache-2.0
# long_field.sh - a quoted CSV field of 100 MB with line ends in it costs its record, by name and limit, or is delivered in pieces
# where it is within its limit; and no more memory than any other file.
. "${srcdir:-.}/tests/lib.sh"
requires python3
requires_plugin parser-csv jsonl source-file sink-file
megabytes=${FIELD_MB:-100}
is_sanitized && megabytes=${FIELD_MB:-20}

# text that is a row by its shape: what its column holds tells that it is none
python3 - "$T/in.csv" "$megabytes" <<'END_PY'
import sys
with open(sys.argv[1], "wb") as f:
    f.write(b'a,b\n1,"before"\n2,"')
    for i in range(int(sys.argv[2])):
        f.write("x, \u00e4\n\"\"y\"\"\r\nhello, world\n".encode() * 33334)
    f.write(b'"\n3,after\n')
END_PY
conf () { # NAME OPTIONS
  mkdir "$T/$1"
  cat > "$T/$1.conf" <<END_CONF
pipeline: {
  name = "$1"; state = "$T/$1/state"; lineage = false;
  source: { plugin = "file"; path = "$T/in.csv"; };
  parser: { plugin = "csv"; $2 columns = [ "a int", "b string" ]; };
  sinks: ( { plugin = "file"; path = "$T/$1/{table}.jsonl"; } );
  limits: { workers = 1; };
};
END_CONF
  chmod 600 "$T/$1.conf"
}

bounded_run () { # NAME STATUS
  measured "$PENSTOCK" run "$T/$1.conf" > "$T/stdout" 2> "$T/err"
  [ "$status" = "$2" ] || { cat "$T/err"; fail "$1: exit status $status, expected $2"; }
  peak=$((peak / 1024))
  echo "$1: peak $peak KiB in $looks looks"
  if [ "$(id -u)" = 0 ] && ! is_sanitized; then
    [ "$looks" -ge 5 ] && [ "$peak" -gt 0 ] && [ "$peak" -le $((96 * 1024)) ] \
      || fail "$1: peak of $peak KiB in $looks looks, at most 98304 expected"
  fi
}

conf short ''
bounded_run short 1
expect_text "$T/err" "in.csv:3: offset 15: field_too_long: b: column 2: expected at most max_field = 1048576 bytes, found more; the record is skipped"
expect_text "$T/err" "3 records, 1 rejected"
[ "$(grep -c 'offset' "$T/err")" = 1 ] || { cat "$T/err"; fail "one finding expected"; }
printf '{"a":1,"b":"before"}\n{"a":3,"b":"after"}\n' > "$T/want"
same "$T/want" "$T/short/rows.jsonl"

conf long 'max_field = "128M";'
bounded_run long 0
expect_text "$T/err" "long_field: b: column 2: "
printf '{"a":1,"b":"before"}\n{"a":2,"b":""}\n{"a":3,"b":"after"}\n' > "$T/want"
same "$T/want" "$T/long/rows.jsonl"
python3 - "$T/long/rows_pieces.jsonl" "$megabytes" <<'END_PY' || fail "the pieces are not the field"
import json, sys
want = "x, \u00e4\n\"y\"\r\nhello, world\n" * (33334 * int(sys.argv[2]))
at = n = 0
for line in open(sys.argv[1]):
    row = json.loads(line)
    n += 1
    assert row["record_offset"] == 15 and row["field"] == "b" and row["piece"] == n, row["piece"]
    assert want.startswith(row["text"], at), n
    at += len(row["text"])
assert at == len(want), (at, len(want))
print(n, "pieces")
END_PY

"$PENSTOCK" check "$T/short.conf" > "$T/check.short"
"$PENSTOCK" check "$T/long.conf" > "$T/check.long"
[ "$(grep 'bytes at most' "$T/check.short")" = "$(grep 'bytes at most' "$T/check.long")" ] || fail "the bound depends on max_field"
