# SPDX-License-Identifier: Apache-2.0
# quarantine.sh - a record that kills every worker costs that record: in both commit modes, with slots that are all taken, with
# parts, after a crash between two sinks; and what cannot be narrowed down costs its object.
. "${srcdir:-.}/tests/lib.sh"
requires python3 sqlite3
requires_plugin jsonl source-file sink-file
not_under_tsan "ThreadSanitizer opens files where a worker crashes: the jail reports that instead"

# 24 blocks of 11 lines of 60 000 bytes; a line near the start of the second chunk of 4 MiB is poison, and one of the last chunk.
python3 - "$T" <<'END_PY'
import sys
big, rest = open(sys.argv[1] + "/big.txt", "w"), open(sys.argv[1] + "/rest.jsonl", "w")
for i in range(1, 25):
    poison = i in (8, 24)
    line = ("ATTACK" if poison else "line %d " % i).ljust(60000 if i != 24 else 50, "x")
    for k in range(11):
        if k and poison:
            line = "copy %d of %d" % (k, i)
        big.write(line + "\n")
        if not (poison and k == 0):
            rest.write('{"text":"%s"}\n' % line)
END_PY

conf () { # NAME COMMIT WORKERS CHUNK [ERRORS]
  mkdir -p "$T/$1"
  cat > "$T/$1.conf" <<END_CONF
plugin_dirs = [ "$builddir/tests/plugins/.libs" ];
pipeline: {
  name = "$1"; state = "$T/$1/state"; commit = "$2"; lineage = false;
  source: { plugin = "file"; path = "${input:-$T/big.txt}"; };
  parser: { plugin = "hostile"; attack = "segv"; };
  sinks: ( { plugin = "file"; name = "a"; path = "$T/$1/a.jsonl"; }, { plugin = "file"; name = "b"; path = "$T/$1/b.jsonl"; } );
  limits: { workers = $3; chunk = "$4"; };
  errors: { ${5:-} };
};
END_CONF
  chmod 600 "$T/$1.conf"
}
delivered () { # NAME
  same "$T/rest.jsonl" "$T/$1/a.jsonl"
  same "$T/rest.jsonl" "$T/$1/b.jsonl"
  sqlite3 "$T/$1/state/state.db" "select rule, severity, substr(cast(raw as text), 1, 6), length(raw) = length, length(carry)
    from quarantine order by offset" > "$T/now"
  printf 'worker_died|record|ATTACK|1|8\n%.0s' 1 2 > "$T/expected"
  same "$T/expected" "$T/now"
  [ "$(sqlite3 "$T/$1/state/state.db" 'select rejected from objects')" = 2 ] || fail "$1: two records are rejected"
}

for mode in object chunk; do
  for shape in "1 64K" "2 4M" "3 5M"; do
    name=$mode-${shape// /-}
    conf "$name" $mode $shape
    expect_status 1 timeout 120 "$PENSTOCK" run "$T/$name.conf"
    delivered "$name"
  done
done

# one sink has published, the other could not: the next run leaves the first alone and gives the second everything
conf between object 2 5M
echo 'in the way' > "$T/between/b.jsonl"
expect_status 3 timeout 120 "$PENSTOCK" run "$T/between.conf"
expect_text "$T/err" 'sink "b"'
same "$T/rest.jsonl" "$T/between/a.jsonl"
before=$(stat -c %i.%Y "$T/between/a.jsonl")
rm "$T/between/b.jsonl"
expect_status 1 timeout 120 "$PENSTOCK" run "$T/between.conf"
delivered between
[ "$(stat -c %i.%Y "$T/between/a.jsonl")" = "$before" ] || fail "the first sink has published again"

# killed at some commit of one of two sinks: one is ahead of the other
if strace -o "$T/trace" -e trace=write true 2>/dev/null && ! is_sanitized; then
  for when in 2 5 9; do
    conf "ahead-$when" chunk 2 1M
    status=0
    strace -f --detach-on=execve -o "$T/trace" -e trace=fdatasync -e inject="fdatasync:signal=SIGKILL:when=$when" "$builddir/penstock" \
      --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/ahead-$when.conf" > "$T/out" 2> "$T/err" || status=$?
    [ "$status" = 137 ] || { tail -3 "$T/trace"; fail "ahead-$when: status $status: the host was not killed"; }
    expect_status 1 timeout 120 "$PENSTOCK" run "$T/ahead-$when.conf"
    delivered "ahead-$when"
  done
else
  echo "strace may not trace here: not killed between two sinks"
fi

# policy has its say
conf strict object 2 1M 'on_reject = "reject-object";'
expect_status 1 timeout 120 "$PENSTOCK" run "$T/strict.conf"
expect_text "$T/err" 'records are refused, and on_reject is "reject-object"'
[ ! -e "$T/strict/a.jsonl" ] || fail "something of the refused object is visible"

# nothing would be left of it: the chunk goes to quarantine as it is, the object is refused
input=$T/one.txt
printf 'ATTACK all alone\n' > "$input"
for mode in object chunk; do
  conf "alone-$mode" $mode 1 1M
  expect_status 1 timeout 120 "$PENSTOCK" run "$T/alone-$mode.conf"
  expect_text "$T/err" "this chunk of 17 bytes killed two workers: killed by signal 11"
  [ "$(sqlite3 "$T/alone-$mode/state/state.db" "select cast(raw as text) || severity from quarantine")" = "ATTACK all alone
object" ] || fail "alone-$mode: the quarantine has not the chunk"
  [ ! -e "$T/alone-$mode/a.jsonl" ] || fail "alone-$mode: something of the refused object is visible"
done
