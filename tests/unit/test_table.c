/* SPDX-License-Identifier: Apache-2.0 */
/* test_table.c - the row builders, driven through a tiny parser of "key amount" lines in the mock host. */
#include <CUnit/Basic.h>
#include <penstock/scan.h>
#include <penstock/table.h>
#include <penstock/testhost.h>

static const struct pen_col_spec pair_cols[] = {
  { "key", PEN_COL_UTF8, 0, 0, 0, 4, NULL, NULL },    { "amount", PEN_COL_DECIMAL, 1, 12, 2, 0, NULL, NULL },
  { "even", PEN_COL_BOOL, 1, 0, 0, 0, NULL, NULL },   { "never", PEN_COL_UTF8, 1, 0, 0, 0, NULL, NULL },
  { "day", PEN_COL_DATE32, 1, 0, 0, 0, NULL, NULL },  { "at", PEN_COL_TIMESTAMP, 1, 0, 0, 0, NULL, "UTC" },
  { "small", PEN_COL_INT32, 1, 0, 0, 0, NULL, NULL },
};
static const struct pen_col_spec odd_cols[] = { { "line", PEN_COL_INT64, 0, 0, 0, 0, NULL, NULL } };
static const struct pen_table_spec specs[] = { { "pairs", pair_cols, 7 }, { "odd", odd_cols, 1 } };

struct toy_options
{
  bool add_up;
  int64_t rows;
  int mode;
  const char *word;
  struct pen_list list;
  uint64_t size;
};
struct toy
{
  struct pen_tables set;
  const struct toy_options *o;
};

static int
toy_create (const struct pen_host *host, const void *options, void **self)
{
  struct toy *t = calloc (1, sizeof *t);
  if (!t)
    return host->fail (host->ctx, "no memory");
  t->o = options;
  *self = t;
  return pen_tables_init (&t->set, specs, 2, t->o->rows, 0) ? host->fail (host->ctx, "no memory") : PEN_OK;
}

static int
toy_schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct toy *)self)->set, table, name, out);
}

static void
toy_destroy (void *self)
{
  pen_tables_fini (&((struct toy *)self)->set);
  free (self);
}

/* One line "key amount": amount "?" is null, "!" makes the row bad after it was begun. */
static int
toy_line (struct toy *t, const uint8_t *p, size_t n, uint64_t offset, const struct pen_out *out)
{
  struct pen_table *pairs = &t->set.table[0];
  const uint8_t *blank = memchr (p, ' ', n);
  size_t key = blank ? (size_t)(blank - p) : n;
  pen_i128 v;

  out->read (out->ctx, 0, 1);
  pen_add_text (pairs, 0, p, key);
  pen_append_text (pairs, 0, ".", 1);
  if (blank && p[key + 1] == '!')
    {
      struct pen_finding f = { sizeof f, PEN_SEV_RECORD, offset, n, 0, "amount", "amount", "bad", 0 };
      pen_put_bool (pairs, 2, 1);
      pen_rows_truncate (pairs, pairs->rows);
      out->rejected (out->ctx, 0, 1);
      return out->finding (out->ctx, &f);
    }
  if (blank && pen_dec_parse (blank + 1, n - key - 1, 12, 2, '.', &v) == 0)
    {
      pen_put_decimal (pairs, 1, v);
      pen_put_bool (pairs, 2, v % 200 == 0);
      pen_put_date (pairs, 4, (int32_t)(v / 100));
      pen_put_timestamp (pairs, 5, (int64_t)v);
      pen_put_i32 (pairs, 6, -(int32_t)v);
      out->add (out->ctx, 0, (int64_t)v);
    }
  pen_row_end (pairs, offset, offset, (uint32_t)n, 0);
  if (key % 2)
    {
      out->read (out->ctx, 1, 1);
      pen_put_i64 (&t->set.table[1], 0, (int64_t)offset);
      pen_row_end (&t->set.table[1], offset, offset, (uint32_t)n, 7);
    }
  return pen_tables_full (&t->set) ? pen_tables_flush (&t->set, out) : PEN_OK;
}

static int
toy_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
           const struct pen_out *out)
{
  struct toy *t = self;
  int status = PEN_OK;
  (void)in;
  (void)end;
  pen_tables_reset (&t->set);
  for (size_t i = 0; status == PEN_OK && i < chunk->bytes.n;)
    {
      size_t n = pen_find_newline (chunk->bytes.p + i, chunk->bytes.n - i);
      status = toy_line (t, chunk->bytes.p + i, n, chunk->offset + i, out);
      i += n + 1;
    }
  return status == PEN_OK ? pen_tables_flush (&t->set, out) : status;
}

#define OPT(name, type, field) name, type, 0, PEN_FIELD (struct toy_options, field)
static const struct pen_opt toy_opts[] = { { OPT ("add_up", PEN_BOOL, add_up), "true", NULL, "" },
                                           { OPT ("rows", PEN_INT, rows), "3", "1..9", "" },
                                           { OPT ("mode", PEN_ENUM, mode), "b", "a|b|bb", "" },
                                           { OPT ("word", PEN_STRING, word), NULL, NULL, "" },
                                           { OPT ("list", PEN_LIST, list), NULL, NULL, "" },
                                           { OPT ("size", PEN_SIZE, size), "64K", NULL, "" },
                                           { NULL, 0, 0, 0, 0, NULL, NULL, NULL } };
static const struct pen_scope toy_scopes[] = { { "object" } };
static const struct pen_total toy_totals[] = { { "amount", 0, PEN_FOLD_SUM, 2, 0, "sum", "" } };
static const struct pen_parser toy_parser = {
  sizeof toy_parser, PEN_FRAME_LINE, 1 << 20, toy_scopes, sizeof *toy_scopes, 1,   toy_totals, sizeof *toy_totals, 1,
  toy_create,        toy_schema,     NULL,    toy_parse,  toy_destroy,        NULL
};
static const struct pen_plugin toy = { PEN_ABI,
                                       sizeof toy,
                                       0,
                                       "toy",
                                       "1",
                                       "",
                                       NULL,
                                       sizeof (struct toy_options),
                                       sizeof (struct pen_opt),
                                       toy_opts,
                                       NULL,
                                       NULL,
                                       NULL,
                                       &toy_parser,
                                       NULL,
                                       NULL,
                                       NULL };

static const char input[] = "a 1.00\nbb ?\nc 2.00\nlonger-than-its-width -0.01\ne !\nf|g ?\nhh 4\nii 6\njj\nk 99\n";

static void
test_rows (void)
{
  struct pen_test *t = pen_test_new (&toy);
  CU_ASSERT_EQUAL_FATAL (pen_test_run (t, input, sizeof input - 1, 0), PEN_OK);
  CU_ASSERT_STRING_EQUAL (
      t->rows,
      "pairs|key=a.|amount=1.00|even=false|day=1970-01-02|at=100|small=-100|_offset=0|_length=6\n"
      "odd|line=0|_offset=0|_length=6|_line=7\n"
      "pairs|key=bb.|_offset=7|_length=4\n"
      "pairs|key=c.|amount=2.00|even=true|day=1970-01-03|at=200|small=-200|_offset=12|_length=6\n"
      "odd|line=12|_offset=12|_length=6|_line=7\n"
      "pairs|key=longer-than-its-width.|amount=-0.01|even=false|day=1970-01-01|at=-1|small=1|_offset=19|_length=27\n"
      "odd|line=19|_offset=19|_length=27|_line=7\n"
      "pairs|key=f\\x7cg.|_offset=51|_length=5\n"
      "odd|line=51|_offset=51|_length=5|_line=7\n"
      "pairs|key=hh.|amount=4.00|even=true|day=1970-01-05|at=400|small=-400|_offset=57|_length=4\n"
      "pairs|key=ii.|amount=6.00|even=true|day=1970-01-07|at=600|small=-600|_offset=62|_length=4\n"
      "pairs|key=jj.|_offset=67|_length=2\n"
      "pairs|key=k.|amount=99.00|even=false|day=1970-04-10|at=9900|small=-9900|_offset=70|_length=4\n"
      "odd|line=70|_offset=70|_length=4|_line=7\n");
  CU_ASSERT_STRING_EQUAL (t->findings, "amount record 47 3 0 amount 0 bad\n");
  CU_ASSERT_STRING_EQUAL (t->ledger, "open object \nadd amount 11199\n");
  CU_ASSERT_STRING_EQUAL (t->broken, "");
  CU_ASSERT_EQUAL (t->rejected[0], 1);
  CU_ASSERT_EQUAL (t->read[0], 10);
  pen_test_free (t);
}

static void
test_invariance (void)
{
  struct pen_test *t = pen_test_new (&toy);
  for (int rows = 1; rows < 9; rows++)
    {
      char text[2] = { (char)('0' + rows), 0 };
      CU_ASSERT_EQUAL_FATAL (pen_test_option (t, "rows", text), 0);
      CU_ASSERT_TRUE (pen_test_invariant (t, input, sizeof input - 1));
    }
  pen_test_free (t);
}

static void
test_options (void)
{
  struct pen_test *t = pen_test_new (&toy);
  struct toy_options *o = t->options;
  CU_ASSERT_EQUAL (o->mode, 1);
  CU_ASSERT_EQUAL (o->rows, 3);
  CU_ASSERT_EQUAL (o->size, 65536);
  CU_ASSERT_TRUE (o->add_up);
  CU_ASSERT_EQUAL (pen_test_option (t, "mode", "bb"), 0);
  CU_ASSERT_EQUAL (o->mode, 2);
  CU_ASSERT_EQUAL (pen_test_option (t, "mode", "c"), -1);
  CU_ASSERT_EQUAL (pen_test_option (t, "nothing", "c"), -1);
  CU_ASSERT_EQUAL (pen_test_option (t, "word", "hello"), 0);
  CU_ASSERT_STRING_EQUAL (o->word, "hello");
  CU_ASSERT_EQUAL (pen_test_option (t, "list", "x,yy"), 0);
  CU_ASSERT_EQUAL_FATAL (o->list.n, 2);
  CU_ASSERT_STRING_EQUAL (o->list.item[1], "yy");
  pen_test_free (t);
}

/* Many rows, texts that outgrow their width, nulls in bursts: what comes back is what went in. */
static void
grow (struct pen_tables *set)
{
  char text[200];
  int bad = 0;
  struct pen_table *t = &set->table[0];
  for (int round = 0; round < 3; round++)
    {
      for (int i = 0; i < 1000; i++)
        {
          CU_ASSERT_EQUAL_FATAL (pen_row_reserve (t, 1), 0);
          int n = snprintf (text, sizeof text, "%0*d", i % 150 + 1, i);
          CU_ASSERT_EQUAL_FATAL (pen_add_text (t, 0, text, (size_t)n), 0);
          if (i / 100 % 2 == round % 2)
            pen_put_money (t, 1, -i);
          pen_row_end (t, (uint64_t)i, 0, 0, 0);
        }
      pen_rows_truncate (t, 900);
      const struct ArrowArray *b = pen_table_batch (t);
      CU_ASSERT_EQUAL_FATAL (b->length, 900);
      const struct ArrowArray *key = b->children[0], *amount = b->children[1];
      const int32_t *start = key->buffers[1];
      for (int i = 0; i < 900; i++)
        {
          int n = snprintf (text, sizeof text, "%0*d", i % 150 + 1, i);
          bad +=
              start[i + 1] - start[i] != n || memcmp ((const char *)key->buffers[2] + start[i], text, (size_t)n) != 0;
          bad += pen_test_bit_ (amount->buffers[0], i) != (i / 100 % 2 == round % 2);
          if (i / 100 % 2 == round % 2)
            bad += pen_dec_load ((const char *)amount->buffers[1] + 16 * i) != -i;
        }
      CU_ASSERT_EQUAL (amount->null_count, round % 2 ? 500 : 400);
      CU_ASSERT_EQUAL (b->children[3]->null_count, 900);
      CU_ASSERT_PTR_NULL (key->buffers[0]);
      pen_tables_reset (set);
    }
  CU_ASSERT_EQUAL (bad, 0);
  CU_ASSERT_TRUE (pen_tables_memory (set) < 4u << 20);
}
static void
test_growth (void)
{
  struct pen_tables set;
  CU_ASSERT_EQUAL_FATAL (pen_tables_init (&set, specs, 1, 4, 0), 0);
  CU_ASSERT_TRUE (pen_row_room (&set.table[0], 4));
  grow (&set);
  pen_tables_fini (&set);
  CU_ASSERT_EQUAL_FATAL (pen_tables_init_lazy (&set, specs, 1, 4, 0), 0);
  CU_ASSERT_FALSE (pen_row_room (&set.table[0], 1));
  pen_tables_reset (&set); /* as parse() does before it has a row */
  pen_rows_truncate (&set.table[0], 0);
  grow (&set);
  pen_tables_fini (&set);
}

/* Rows written by runs, between rows written one by one, some of which leave columns out. */
static void
test_runs (void)
{
  struct pen_tables set;
  struct pen_run key;
  int bad = 0;
  CU_ASSERT_EQUAL_FATAL (pen_tables_init (&set, specs, 1, 100, 0), 0);
  struct pen_table *t = &set.table[0];
  for (int64_t base = 0; base < 100; base += 10)
    {
      pen_put_text (t, 0, "slow", 4);
      pen_row_end (t, 0, 0, 0, 0); /* "never" and "small" are null here */
      pen_run_begin (&key, t, 0);
      struct pen_run never;
      pen_run_begin (&never, t, 3);
      pen_col_fill_ (&t->col[6], t->rows);
      for (int64_t row = base + 1; row < base + 10; row++)
        {
          pen_run_text (&key, row, "quick!", (size_t)(row % 5), 6);
          if (row % 2)
            pen_run_null_text (&never, row);
          else
            pen_run_text (&never, row, "x", 1, 1);
        }
      pen_run_end (&key, t, 0, base + 10);
      pen_run_end (&never, t, 3, base + 10);
      pen_fill_i32 (t, 6, base + 10, (int32_t)base);
      pen_fill_i64 (t, 7, base + 10, base + 1, 1); /* _offset */
      pen_fill_i32 (t, 8, base + 10, 7);           /* _length */
      t->rows = base + 10;
    }
  const struct ArrowArray *b = pen_table_batch (t);
  const int32_t *start = b->children[0]->buffers[1], *never = b->children[3]->buffers[1];
  for (int64_t row = 0; row < 100; row++)
    {
      int slow = row % 10 == 0;
      const char *text = (const char *)b->children[0]->buffers[2] + start[row];
      bad += start[row + 1] - start[row] != (slow ? 4 : row % 5)
             || memcmp (text, slow ? "slow" : "quick!", (size_t)(row % 5)) != 0;
      bad += pen_test_bit_ (b->children[3]->buffers[0], row) != (!slow && row % 2 == 0);
      bad += never[row + 1] - never[row] != (!slow && row % 2 == 0);
      bad += pen_test_bit_ (b->children[6]->buffers[0], row) != !slow;
      bad += ((const int32_t *)b->children[6]->buffers[1])[row] != (slow ? 0 : row / 10 * 10);
      bad += ((const int64_t *)b->children[7]->buffers[1])[row] != (slow ? 0 : row);
    }
  CU_ASSERT_EQUAL (bad, 0);
  CU_ASSERT_EQUAL (b->children[3]->null_count, 60);
  CU_ASSERT_EQUAL (b->children[6]->null_count, 10);
  pen_tables_fini (&set);
}

static void
test_schema (void)
{
  struct pen_tables set;
  struct ArrowSchema s;
  const char *name;
  static const char *const format[] = { "u", "d:12,2", "b", "u", "tdD", "tsu:UTC", "i", "l", "i", "l" };
  CU_ASSERT_EQUAL_FATAL (pen_tables_init (&set, specs, 2, 0, 0), 0);
  CU_ASSERT_EQUAL_FATAL (pen_tables_schema (&set, 0, &name, &s), PEN_OK);
  CU_ASSERT_STRING_EQUAL (name, "pairs");
  CU_ASSERT_STRING_EQUAL (s.format, "+s");
  CU_ASSERT_EQUAL_FATAL (s.n_children, 10);
  for (int i = 0; i < 10; i++)
    CU_ASSERT_STRING_EQUAL (s.children[i]->format, format[i]);
  CU_ASSERT_STRING_EQUAL (s.children[9]->name, "_line");
  CU_ASSERT_EQUAL (s.children[9]->flags, ARROW_FLAG_NULLABLE);
  CU_ASSERT_EQUAL (s.children[0]->flags, 0);
  s.release (&s);
  CU_ASSERT_PTR_NULL (s.release);
  CU_ASSERT_EQUAL (pen_tables_schema (&set, 2, &name, &s), PEN_EOF);
  pen_tables_fini (&set);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite s = CU_add_suite ("table", NULL, NULL);
  CU_add_test (s, "rows of two tables, nulls, a row taken back", test_rows);
  CU_add_test (s, "every chunk size and batch size", test_invariance);
  CU_add_test (s, "options of the mock host", test_options);
  CU_add_test (s, "growth, truncation, reuse", test_growth);
  CU_add_test (s, "runs of rows", test_runs);
  CU_add_test (s, "schema", test_schema);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
