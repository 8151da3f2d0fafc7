/* SPDX-License-Identifier: Apache-2.0 */
/* hostile.c - a parser of lines that behaves well until a line begins with ATTACK. */
#include "tests/plugins/hostile/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <penstock/table.h>

struct options
{
  int attack;
};

struct parser
{
  struct hostile h;
  struct pen_tables set;
};

static const struct pen_opt opts[] = {
  { "attack", PEN_ENUM, 0, PEN_FIELD (struct options, attack), "none", HOSTILE_ATTACKS,
    "What to try at an ATTACK line." },
  { 0 },
};

static const struct pen_col_spec columns[] = { { "text", PEN_COL_UTF8, 1 } };
static const struct pen_table_spec tables[] = { { "lines", columns, 1 } };

int
hostile_is (const struct hostile *h, const char *name)
{
  const char *at = HOSTILE_ATTACKS;

  for (int i = 0; i < h->attack; i++)
    at = strchr (at, '|') + 1;
  return strncmp (at, name, strlen (name)) == 0 && (at[strlen (name)] == '|' || at[strlen (name)] == 0);
}

int
hostile_is_cut (const struct hostile *h)
{
  return hostile_is (h, "cut_open") || hostile_is (h, "cut_segv") || hostile_is (h, "cut_hang")
         || hostile_is (h, "cut_carry") || hostile_is (h, "cut_chunks");
}

static int
hostile_create (const struct pen_host *host, const void *options, void **self)
{
  struct parser *p = calloc (1, sizeof *p);

  if (!p || pen_tables_init (&p->set, tables, 1, 0, 0) == -1)
    return host->fail (host->ctx, "out of memory");
  p->h.host = host;
  p->h.attack = ((const struct options *)options)->attack;
  *self = p;
  return PEN_OK;
}

static int
hostile_schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct parser *)self)->set, table, name, out);
}

/* The carry is the number of lines before. */
static uint64_t
lines_before (const struct pen_carry *carry)
{
  uint64_t n = 0;

  if (carry->len == sizeof n)
    memcpy (&n, carry->b, sizeof n);
  return n;
}

static void
set_lines (struct pen_carry *carry, uint64_t n)
{
  carry->len = sizeof n;
  memcpy (carry->b, &n, sizeof n);
}

static int
hostile_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut)
{
  struct parser *p = self;
  uint64_t n = lines_before (carry);

  for (size_t i = 0; i < *cut; i++)
    n += window->bytes.p[i] == '\n';
  set_lines (carry, n);
  if (memmem (window->bytes.p, *cut, "\nATTACK", 7))
    hostile_cut_attack (&p->h, carry);
  return PEN_OK;
}

static int
put_line (struct parser *p, const struct pen_chunk *chunk, size_t start, size_t n, uint64_t line)
{
  struct pen_table *t = &p->set.table[0];

  if (pen_row_reserve (t, 1) == -1 || pen_add_text (t, 0, chunk->bytes.p + start, n) == -1)
    return p->h.host->fail (p->h.host->ctx, "out of memory");
  pen_row_end (t, chunk->offset + start, chunk->offset + start, (uint32_t)n, line);
  return PEN_OK;
}

/* The same row for ever. */
static int
endless_rows (struct parser *p, const struct pen_chunk *chunk, const struct pen_out *out)
{
  int rc = PEN_OK;

  while (rc == PEN_OK)
    {
      rc = put_line (p, chunk, 0, chunk->bytes.n < 1000 ? chunk->bytes.n : 1000, 1);
      if (rc == PEN_OK && pen_tables_full (&p->set))
        rc = pen_tables_flush (&p->set, out);
    }
  return rc;
}

static int
hostile_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
               const struct pen_out *out)
{
  struct parser *p = self;
  uint64_t line = lines_before (in), records = 0;
  const uint8_t *b = chunk->bytes.p;
  int attacked = 0, rc;

  pen_tables_reset (&p->set); /* what a parse that failed may have left */
  for (size_t at = 0; at < chunk->bytes.n;)
    {
      const uint8_t *lf = memchr (b + at, '\n', chunk->bytes.n - at);
      size_t n = lf ? (size_t)(lf - b) - at : chunk->bytes.n - at;
      if (n >= 6 && memcmp (b + at, "ATTACK", 6) == 0)
        {
          attacked = 1;
          if (hostile_is (&p->h, "endless"))
            return endless_rows (p, chunk, out);
          rc = hostile_attack (&p->h, chunk);
          if (rc != PEN_OK)
            return rc;
        }
      line += lf != NULL;
      records++;
      rc = put_line (p, chunk, at, n, line);
      if (rc != PEN_OK)
        return rc;
      if (pen_tables_full (&p->set) && (rc = pen_tables_flush (&p->set, out)) != PEN_OK)
        return rc;
      at += n + (lf != NULL);
    }
  set_lines (end, attacked && hostile_is (&p->h, "bad_carry") ? line + 1 : line);
  rc = out->read (out->ctx, 0, records);
  return rc == PEN_OK ? pen_tables_flush (&p->set, out) : rc;
}

static void
hostile_destroy (void *self)
{
  struct parser *p = self;

  pen_tables_fini (&p->set);
  free (p);
}

static const struct pen_parser parser = {
  .size = sizeof parser,
  .framing = PEN_FRAME_LINE,
  .max_record = 65536,
  .create = hostile_create,
  .schema = hostile_schema,
  .cut = hostile_cut,
  .parse = hostile_parse,
  .destroy = hostile_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "hostile",
  .version = "1",
  .summary = "Parses lines, and attacks where a line says so (tests only).",
  .options_size = sizeof (struct options),
  .opt_size = sizeof (struct pen_opt),
  .opts = opts,
  .parser = &parser,
};
