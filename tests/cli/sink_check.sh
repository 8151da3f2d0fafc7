# SPDX-License-Identifier: Apache-2.0
# A sink's check() has its word before create(), as those of all other kinds have.
. "${srcdir:-.}/tests/lib.sh"
requires gcc
requires_plugin nacha jsonl source-file

mkdir -m 755 "$T/own"
umask 022
cat > "$T/own/picky.c" <<'END_C'
#include <penstock/plugin.h>
struct options { int64_t low, high; };
static const struct pen_opt opts[] = { { "low", PEN_INT, 0, PEN_FIELD (struct options, low), "0", NULL, "Low." },
                                       { "high", PEN_INT, 0, PEN_FIELD (struct options, high), "9", NULL, "High." },
                                       { NULL } };
static int check (const struct pen_host *h, const void *p)
{
  const struct options *o = p;
  return o->low <= o->high ? PEN_OK : h->fail (h->ctx, "low %d is above high %d", (int)o->low, (int)o->high);
}
static int create (const struct pen_host *h, const void *p, void **self) { (void)p; *self = (void *)h; return PEN_OK; }
static int per_table (void *self) { (void)self; return 0; }
static int table (void *self, unsigned t, const char *name, const struct ArrowSchema *s) { (void)self; (void)t; (void)name; (void)s; return PEN_OK; }
static int begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next, struct pen_span *c)
{
  (void)self; (void)o; (void)b; (void)c;
  *next = 0;
  return PEN_OK;
}
static uint64_t rows, bytes;
static int write_ (void *self, uint64_t seq, unsigned t, struct pen_span s, uint64_t n) { (void)self; (void)seq; (void)t; rows += n; bytes += s.n; return PEN_OK; }
static int commit (void *self, uint64_t seq, struct pen_span c) { (void)self; (void)seq; (void)c; return PEN_OK; }
static int finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *y) { (void)self; (void)o; (void)accepted; y->rows = rows; y->bytes = bytes; return PEN_OK; }
static void destroy (void *self) { (void)self; }
static const struct pen_sink sink = { .size = sizeof sink, .default_encoder = "jsonl", .create = create, .per_table = per_table,
  .table = table, .begin = begin, .write = write_, .commit = commit, .finish = finish, .destroy = destroy };
PEN_PLUGIN = { .abi = PEN_ABI, .size = sizeof (struct pen_plugin), .name = "picky", .version = "1", .summary = "A sink.",
  .options_size = sizeof (struct options), .opt_size = sizeof (struct pen_opt), .opts = opts, .check = check, .sink = &sink };
END_C
gcc -std=c11 -Wall -Werror -shared -fPIC -fvisibility=hidden -I"$srcdir/sdk" -o "$T/own/picky.so" "$T/own/picky.c"
"$GEN_NACHA" -n 20 --seed 3 -o "$T/in.ach"
for low in 3 30; do
  cat > "$T/p.conf" <<END_CONF
plugin_dirs = [ "$T/own" ];
pipeline: {
  name = "picky"; state = "state-$low";
  source: { plugin = "file"; path = "in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "picky"; low = $low; } );
  limits: { workers = 1; };
};
END_CONF
  chmod 644 "$T/p.conf"
  if [ $low = 3 ]; then
    expect_status 0 "$PENSTOCK" run "$T/p.conf"
  else
    expect_status 3 "$PENSTOCK" run "$T/p.conf"
    expect_text "$T/err" 'sink "picky": low 30 is above high 9'
  fi
done
