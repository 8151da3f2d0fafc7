#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# long_rows.sh - rows of several megabytes, which no slot can hold, are delivered whole and within the bytes that `penstock check` prints;
# one that takes more than its parser's longest record can become is an error with both numbers.
. "${srcdir:-.}/tests/lib.sh"
requires python3 gcc
requires_plugin xml jsonl source-file sink-file

# records of 3.9 MB in two texts; every other one of nothing but quotes, twice as long in JSON
python3 - "$T/in.xml" "$T/expected" <<'END_PY'
import sys
with open(sys.argv[1], "w") as f, open(sys.argv[2], "w") as want:
    f.write("<r>")
    for i in range(16):
        c = '"' if i % 2 else "y"
        e = '\\"' if i % 2 else "y"
        f.write(f"<a><v>{i}{c * 1950000}</v><w>{c * 1950000}</w></a>\n")
        want.write(f'{{"record_no":{i + 1},"v":"{i}{e * 1950000}","w":"{e * 1950000}"}}\n')
    f.write("</r>")
END_PY
cat > "$T/x.conf" <<END_CONF
plugin_dirs = [ "$T/own" ];
pipeline: {
  name = "x"; state = "$T/state"; lineage = false;
  source: { plugin = "file"; path = "$T/in.xml"; };
  parser: { plugin = "xml"; record = "/r/a"; columns = [ "v string path(v)", "w string path(w)" ]; max_text = "2M"; };
  sinks: ( { plugin = "file"; path = "$T/out.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; };
};
END_CONF
chmod 600 "$T/x.conf"
mkdir -m 755 "$T/own"
expect_status 0 "$PENSTOCK" check "$T/x.conf"
bound=$(sed -n 's/^ *\([0-9]*\)  bytes at most$/\1/p' "$T/out")
expect_text "$T/out" "worker: a row that no slot can hold"

measured "$PENSTOCK" run "$T/x.conf" > "$T/stdout" 2> "$T/err"
[ "$status" = 0 ] || { cut -c1-400 "$T/err"; fail "exit status $status, expected 0"; }
cmp "$T/expected" "$T/out.jsonl" || fail "the rows are not what is in the records"
echo "peak $peak of $bound bytes in $looks looks"
if [ "$(id -u)" = 0 ] && ! is_sanitized; then
  [ "$looks" -ge 3 ] && [ "$peak" -gt 0 ] && [ "$peak" -le "$bound" ] \
    || fail "peak of $peak bytes in $looks looks, at most $bound expected"
fi

# An encoder that makes six bytes of each of the first text's.
cat > "$T/own/sixfold.c" <<'END_C'
#include <string.h>
#include <penstock/plugin.h>
static int create (const struct pen_host *h, const void *o, void **self) { (void)h; (void)o; *self = NULL; return PEN_OK; }
static int table (void *s, unsigned t, const char *n, const struct ArrowSchema *a, int m) { (void)s; (void)t; (void)n; (void)a; (void)m; return PEN_OK; }
static int encode (void *s, unsigned t, const struct ArrowArray *b, size_t *row, size_t end, void *buf, size_t cap, size_t *n)
{
  uint8_t *to = buf;

  (void)s; (void)t;
  *n = 0;
  for (; *row < end; ++*row)
    {
      const int32_t *at = b->children[1]->buffers[1];
      size_t len = 6 * (size_t)(at[*row + 1] - at[*row]);
      if (len > cap - *n)
        return PEN_MORE;
      memset (to + *n, 'z', len);
      *n += len;
    }
  return PEN_OK;
}
static void destroy (void *s) { (void)s; }
static const struct pen_encoder encoder = { .size = sizeof encoder, .create = create, .table = table, .encode = encode, .destroy = destroy };
PEN_PLUGIN = { .abi = PEN_ABI, .size = sizeof (struct pen_plugin), .name = "sixfold", .version = "1", .summary = "Long.", .encoder = &encoder };
END_C
umask 022
gcc -std=c11 -D_GNU_SOURCE -Wall -Werror -shared -fPIC -fvisibility=hidden -I"$srcdir/sdk" -o "$T/own/sixfold.so" "$T/own/sixfold.c"
sed "s|\"jsonl\"|\"sixfold\"|; s|$T/state|$T/state2|; s|out.jsonl|out.sixfold|" "$T/x.conf" > "$T/y.conf"
chmod 600 "$T/y.conf"
expect_status 1 "$PENSTOCK" run "$T/y.conf"
expect_text "$T/err" "encoder \"sixfold\": a row of table records takes more than 8454144 bytes, twice the longest record of parser \"xml\" and 64 KiB"
[ ! -e "$T/out.sixfold" ] || fail "something of the refused object is visible"
