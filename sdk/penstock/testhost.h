/* SPDX-License-Identifier: Apache-2.0 */
/* testhost.h - a host for the unit tests of parsers: runs one over bytes in chunks of any size and writes down all it
 * says.
 *
 *   struct pen_test *t = pen_test_new (&penstock_plugin);
 *   pen_test_option (t, "rules.check_digit", "warn");
 *   pen_test_run (t, bytes, n, chunk);           cut() and parse() over windows of `chunk` bytes; 0: one chunk
 *   t->rows, t->findings, t->ledger, t->claims   text, one line for each
 *   t->broken                                    what the parser did against its contract
 *   pen_test_invariant (t, bytes, n)             1 when all chunk sizes give the same as one chunk
 *   pen_test_free (t);
 *
 * It keeps the plugin's contract: windows grow on PEN_MORE, carries are compared at every seam, `order` must not
 * decrease, batches are checked against the schema, spans lie in memory that ends where they end (so that a sanitizer
 * sees a read beyond). Rows read `table|column=text|...`, nulls are left out, texts are escaped as in C; lineage comes
 * last. Meant for tests: it aborts when memory runs out, and is not fast. Include it in one source file of a test
 * program. */
#ifndef PENSTOCK_TESTHOST_H
#define PENSTOCK_TESTHOST_H
#include <penstock/testhost_ledger.h>
#include <penstock/testhost_rows.h>
#include <penstock/testhost_state.h>

/* ---- the host's services ---- */

PEN_PRINTF (3, 4)
static inline void
pen_test_log_ (void *ctx, int level, const char *fmt, ...)
{
  struct pen_test *t = (struct pen_test *)ctx;
  va_list ap;
  pen_test_add_ (&t->log_, "log %d ", level);
  va_start (ap, fmt);
  pen_test_vadd_ (&t->log_, fmt, ap);
  va_end (ap);
  pen_test_add_ (&t->log_, "\n");
}

PEN_PRINTF (2, 3)
static inline int
pen_test_fail_ (void *ctx, const char *fmt, ...)
{
  struct pen_test *t = (struct pen_test *)ctx;
  va_list ap;
  pen_test_add_ (&t->log_, "fail ");
  va_start (ap, fmt);
  pen_test_vadd_ (&t->log_, fmt, ap);
  va_end (ap);
  pen_test_add_ (&t->log_, "\n");
  return PEN_ERR;
}

/* ---- options ---- */

static inline int
pen_test_set_ (struct pen_test *t, const struct pen_opt *o, const char *value)
{
  char *field = (char *)t->options + o->offset;
  char *end;
  switch (o->type)
    {
    case PEN_BOOL:
      *(bool *)(void *)field = strcmp (value, "true") == 0;
      return 0;
    case PEN_INT:
    case PEN_DURATION:
      *(int64_t *)(void *)field = strtoll (value, &end, 10);
      return *end ? -1 : 0;
    case PEN_SIZE:
      {
        uint64_t v = strtoull (value, &end, 10);
        int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        *(uint64_t *)(void *)field = v << shift;
        return 0;
      }
    case PEN_ENUM:
      {
        const char *p = o->range;
        size_t n = strlen (value);
        for (int i = 0; p; i++, p = strchr (p, '|') ? strchr (p, '|') + 1 : NULL)
          if (strncmp (p, value, n) == 0 && (p[n] == '|' || !p[n]))
            {
              *(int *)(void *)field = i;
              return 0;
            }
        return -1;
      }
    case PEN_LIST:
      {
        /* comma separated; the strings live as long as the test */
        struct pen_list *list = (struct pen_list *)(void *)field;
        const char **item = (const char **)calloc (1024, sizeof *item);
        char *copy = (char *)malloc (strlen (value) + 1);
        if (!item || !copy || t->n_strings + 2 > sizeof t->strings / sizeof *t->strings)
          abort ();
        strcpy (copy, value);
        t->strings[t->n_strings++] = copy;
        t->strings[t->n_strings++] = (char *)(void *)item;
        list->n = 0;
        list->item = item;
        for (char *p = copy; p && *p && list->n < 1024; list->n++)
          {
            char *comma = strchr (p, ',');
            item[list->n] = p;
            if (comma)
              *comma = 0;
            p = comma ? comma + 1 : NULL;
          }
        return 0;
      }
    default:
      {
        char *copy = (char *)malloc (strlen (value) + 1);
        if (!copy || t->n_strings == sizeof t->strings / sizeof *t->strings)
          abort ();
        strcpy (copy, value);
        t->strings[t->n_strings++] = copy;
        *(const char **)(void *)field = copy;
        return 0;
      }
    }
}

/* The instance ends; the next run makes a new one. */
static inline void
pen_test_drop_ (struct pen_test *t)
{
  if (t->self)
    t->plugin->parser->destroy (t->self);
  t->self = NULL;
}

static inline const struct pen_opt *
pen_test_opt_ (const struct pen_plugin *p, size_t i)
{
  return (const struct pen_opt *)(const void *)((const char *)p->opts + i * p->opt_size);
}

/* Sets an option as a config file would; lists are comma separated. 0, or -1: no such option, or not a value of it. */
static inline int
pen_test_option (struct pen_test *t, const char *name, const char *value)
{
  pen_test_drop_ (t);
  for (size_t i = 0; t->plugin->opts && pen_test_opt_ (t->plugin, i)->name; i++)
    if (strcmp (pen_test_opt_ (t->plugin, i)->name, name) == 0)
      return pen_test_set_ (t, pen_test_opt_ (t->plugin, i), value);
  return -1;
}

/* All options back to their defaults; aborts when one of these is not a value of its option. */
static inline void
pen_test_defaults (struct pen_test *t)
{
  pen_test_drop_ (t);
  memset (t->options, 0, t->plugin->options_size);
  for (size_t i = 0; t->plugin->opts && pen_test_opt_ (t->plugin, i)->name; i++)
    if (pen_test_opt_ (t->plugin, i)->def
        && pen_test_set_ (t, pen_test_opt_ (t->plugin, i), pen_test_opt_ (t->plugin, i)->def))
      abort ();
}

static inline void
pen_test_clear_ (struct pen_test *t)
{
  struct pen_test_text *all[] = { &t->rows_,   &t->findings_, &t->ledger_, &t->claims_,
                                  &t->broken_, &t->log_,      &t->held,    &t->late };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    {
      all[i]->n = 0;
      pen_test_addn_ (all[i], "", 0);
    }
  pen_test_forget_keys_ (t);
  t->n_rows = t->n_warn = t->n_record = t->n_object = 0;
  t->n_held = t->seq = 0;
  t->promised = 0;
  memset (t->read, 0, sizeof t->read);
  memset (t->rejected, 0, sizeof t->rejected);
  memset (t->emitted, 0, sizeof t->emitted);
  memset (t->last_order, 0, sizeof t->last_order);
  memset (t->pending, 0, sizeof t->pending);
  memset (t->is_pending, 0, sizeof t->is_pending);
  memset (t->sum, 0, sizeof t->sum);
  memset (t->is_open, 0, sizeof t->is_open);
}

/* A host for this plugin, which has a parser; options are at their defaults. */
static inline struct pen_test *
pen_test_new (const struct pen_plugin *plugin)
{
  struct pen_test *t = (struct pen_test *)calloc (1, sizeof *t);
  if (!t || !plugin->parser)
    abort ();
  t->plugin = plugin;
  t->host.size = sizeof t->host;
  t->host.ctx = t;
  t->host.log = pen_test_log_;
  t->host.fail = pen_test_fail_;
  t->options = calloc (1, plugin->options_size + 1);
  if (!t->options || plugin->parser->n_scopes > PEN_TEST_SCOPES || plugin->parser->n_totals > PEN_TEST_TOTALS)
    abort ();
  pen_test_defaults (t);
  pen_test_clear_ (t);
  return t;
}

static inline void
pen_test_free (struct pen_test *t)
{
  struct pen_test_text *all[] = { &t->rows_,   &t->findings_, &t->ledger_, &t->claims_,
                                  &t->broken_, &t->log_,      &t->held,    &t->late };
  pen_test_drop_ (t);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free (all[i]->p);
  for (size_t i = 0; i < t->n_strings; i++)
    free (t->strings[i]);
  pen_test_forget_keys_ (t);
  free (t->key);
  free (t->row);
  free (t->options);
  free (t);
}

/* ---- a run ---- */

/* A window in memory of its own, which ends where the window ends. */
static inline struct pen_chunk
pen_test_chunk_ (const uint8_t *p, size_t n, size_t offset, size_t total, uint8_t **copy)
{
  struct pen_chunk c;
  *copy = (uint8_t *)malloc (n ? n : 1);
  if (!*copy)
    abort ();
  if (n)
    memcpy (*copy, p + offset, n);
  memset (&c, 0, sizeof c);
  c.size = sizeof c;
  c.bytes.p = *copy;
  c.bytes.n = n;
  c.offset = offset;
  c.flags = (uint32_t)(offset == 0 ? PEN_CHUNK_FIRST : 0) | (uint32_t)(offset + n == total ? PEN_CHUNK_LAST : 0);
  return c;
}

/* The end of the chunk at `offset`, by the plugin's cut() or by the stock framings; *carry moves on. 0: refused. */
static inline size_t
pen_test_cut_ (struct pen_test *t, const uint8_t *p, size_t total, size_t offset, size_t chunk, struct pen_carry *carry)
{
  const struct pen_parser *parser = t->plugin->parser;
  int custom = parser->framing == PEN_FRAME_CUSTOM;
  for (size_t want = chunk ? chunk : total;; want *= 2)
    {
      uint8_t *copy;
      size_t n = total - offset < want ? total - offset : want, cut = n;
      int last = offset + n == total, quoted = 0, status;
      if (!custom && !last && parser->framing == PEN_FRAME_FIXED)
        cut = n - n % parser->max_record;
      else if (!custom && !last && parser->framing != PEN_FRAME_WHOLE)
        {
          cut = 0;
          for (size_t i = 0; i < n; i++)
            {
              quoted ^= p[offset + i] == '"' && parser->framing == PEN_FRAME_QUOTED_LINE;
              if (p[offset + i] == '\n' && !quoted)
                cut = i + 1;
            }
        }
      else if (!custom && !last)
        cut = 0;
      if (!custom && cut == 0 && n < total - offset)
        continue;
      if (!custom && !parser->cut)
        return cut;
      struct pen_carry moved = *carry;
      struct pen_chunk window = pen_test_chunk_ (p, custom ? n : cut, offset, total, &copy);
      status = parser->cut (t->self, &moved, &window, &cut);
      free (copy);
      if (status == PEN_MORE && !last)
        {
          if (n >= parser->max_record + t->longer)
            pen_test_add_ (&t->broken_, "cut: PEN_MORE for a window of %llu bytes\n", (unsigned long long)n);
          else
            continue;
        }
      if (status != PEN_OK || cut > n || cut == 0 || (last && custom && cut != n) || moved.len > PEN_CARRY_MAX)
        {
          pen_test_add_ (&t->broken_, "cut: status %d, cut %llu of %llu at %llu\n", status, (unsigned long long)cut,
                         (unsigned long long)n, (unsigned long long)offset);
          return 0;
        }
      *carry = moved;
      return cut;
    }
}

static inline void
pen_test_publish_ (struct pen_test *t)
{
  t->rows = t->rows_.p;
  t->findings = t->findings_.p;
  t->ledger = t->ledger_.p;
  t->claims = t->claims_.p;
  t->broken = t->broken_.p;
  t->log = t->log_.p;
}

static inline int
pen_test_chunks_ (struct pen_test *t, const uint8_t *p, size_t n, size_t chunk)
{
  static const struct pen_span whole = { NULL, 0 };
  struct pen_out out = { sizeof out,          t,
                         pen_test_emit_,      pen_test_flush_,
                         pen_test_finding_,   pen_test_open_,
                         pen_test_add_total_, pen_test_close_,
                         pen_test_read_,      pen_test_rejected_,
                         pen_test_unique_,    pen_test_distinct_ };
  struct pen_carry *carry = (struct pen_carry *)calloc (3, sizeof *carry); /* at the start, by cut(), by parse() */
  size_t offset = 0;
  int status = PEN_OK;

  if (!carry)
    abort ();
  if (t->plugin->parser->n_scopes)
    pen_test_open_ (t, 0, whole);
  do
    {
      uint8_t *copy;
      carry[1] = carry[0];
      size_t len = n ? pen_test_cut_ (t, p, n, offset, chunk, &carry[1]) : 0;
      if (n && !len)
        {
          status = PEN_ERR;
          break;
        }
      struct pen_chunk c = pen_test_chunk_ (p, len, offset, n, &copy);
      memset (&carry[2], 0, sizeof carry[2]);
      status = t->plugin->parser->parse (t->self, &carry[0], &c, &carry[2], &out);
      free (copy);
      if (t->n_held)
        pen_test_flush_ (t);
      if (status != PEN_OK)
        break;
      if (n && t->plugin->parser->cut && !t->resumes
          && (carry[1].len != carry[2].len || memcmp (carry[1].b, carry[2].b, carry[1].len) != 0))
        pen_test_add_ (&t->broken_, "seam: carries of cut and parse differ at %llu\n",
                       (unsigned long long)(offset + len));
      carry[0] = carry[2];
      offset += len;
    }
  while (offset < n);
  pen_test_settle_ (t);
  free (carry);
  return status;
}

/* Runs the parser over the bytes; returns and keeps in t->status what it returned. */
static inline int
pen_test_run (struct pen_test *t, const void *bytes, size_t n, size_t chunk)
{
  const struct pen_parser *parser = t->plugin->parser;
  pen_test_clear_ (t);
  t->status = PEN_OK;
  if (!t->reuse)
    pen_test_drop_ (t);
  if (t->plugin->check)
    t->status = t->plugin->check (&t->host, t->options);
  if (t->status == PEN_OK && !t->self)
    t->status = parser->create (&t->host, t->options, &t->self);
  if (t->status == PEN_OK)
    {
      for (t->n_tables = 0; t->n_tables < 64; t->n_tables++)
        if (parser->schema (t->self, t->n_tables, &t->table_name[t->n_tables], &t->schema[t->n_tables]) != PEN_OK)
          break;
      t->status = pen_test_chunks_ (t, (const uint8_t *)bytes, n, chunk);
      for (unsigned i = 0; t->status == PEN_OK && i < t->n_tables; i++)
        if (t->read[i] != t->emitted[i] + t->rejected[i])
          pen_test_add_ (&t->broken_, "counts: %s: %llu read, %llu emitted, %llu rejected\n", t->table_name[i],
                         (unsigned long long)t->read[i], (unsigned long long)t->emitted[i],
                         (unsigned long long)t->rejected[i]);
    }
  pen_test_addn_ (&t->findings_, t->late.p ? t->late.p : "", t->late.n);
  pen_test_publish_ (t);
  return t->status;
}

/* All that a run said, as one string. Caller frees. */
static inline char *
pen_test_everything (const struct pen_test *t)
{
  struct pen_test_text all = { NULL, 0, 0 };
  pen_test_add_ (&all, "status %d\n", t->status);
  const struct pen_test_text *part[] = { &t->rows_, &t->findings_, &t->ledger_, &t->claims_, &t->broken_ };
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    pen_test_addn_ (&all, part[i]->p, part[i]->n);
  for (size_t i = 0; i < 64; i++)
    if (t->read[i] || t->rejected[i])
      pen_test_add_ (&all, "read %llu rejected %llu of table %llu\n", (unsigned long long)t->read[i],
                     (unsigned long long)t->rejected[i], (unsigned long long)i);
  return all.p;
}

/* Prints the first line in which two results differ. */
static inline void
pen_test_diff_ (const char *a, const char *b, size_t chunk)
{
  size_t line = 0;
  for (size_t i = 0; a[i] && a[i] == b[i]; i++)
    if (a[i] == '\n')
      line = i + 1;
  fprintf (stderr, "chunks of %llu bytes differ:\n  whole:  %.*s\n  chunks: %.*s\n", (unsigned long long)chunk,
           (int)strcspn (a + line, "\n"), a + line, (int)strcspn (b + line, "\n"), b + line);
}

/* 1 when windows of 1 .. n bytes give what one chunk gives (every size up to 128, then a spread), and the contract was
 * kept each time; else 0, with the first difference on stderr. The result of the whole run is left in t. One instance
 * parses them all, as in a worker: what it remembers of an earlier object shows. */
static inline int
pen_test_invariant (struct pen_test *t, const void *bytes, size_t n)
{
  const int reuse = t->reuse;
  int same = 1;
  pen_test_run (t, bytes, n, 0);
  t->reuse = 1;
  char *whole = pen_test_everything (t);
  if (t->broken[0])
    fprintf (stderr, "%s", t->broken);
  same = !t->broken[0];
  for (size_t chunk = 1; same && chunk < n; chunk += chunk < 128 ? 1 : chunk / 4)
    {
      pen_test_run (t, bytes, n, chunk);
      char *chunks = pen_test_everything (t);
      same = strcmp (whole, chunks) == 0;
      if (!same)
        pen_test_diff_ (whole, chunks, chunk);
      free (chunks);
    }
  free (whole);
  pen_test_run (t, bytes, n, 0);
  t->reuse = reuse;
  return same;
}
#endif
