/* SPDX-License-Identifier: Apache-2.0 */
/* test_rows.c - the rows encoder against the reader of penstock/rows.h, and the reader against damaged bytes. */
#include "arrow_make.h"
#include "plug.h"
#include <penstock/rows.h>

static const struct pen_plugin *plugin;

/* Encodes all rows into exact-size buffers of `cap` bytes, one after the other; total length, or 0 on failure. */
static size_t
encode (struct make *m, unsigned table, size_t cap, uint8_t *out)
{
  void *self = NULL;
  uint8_t *buf = malloc (cap); /* of its own: a memory checker sees a byte too many */
  size_t row = 0, n = 0, total = 0;
  int r;

  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, NULL, &self) == PEN_OK);
  r = plugin->encoder->table (self, table, "t", &m->schema, 1);
  while (r == PEN_OK || r == PEN_MORE)
    {
      r = plugin->encoder->encode (self, table, &m->batch, &row, (size_t)m->rows, buf, cap, &n);
      memcpy (out + total, buf, n);
      total += n;
      if (r != PEN_MORE || !n)
        break;
    }
  plugin->encoder->destroy (self);
  free (buf);
  return r == PEN_OK ? total : 0;
}

static void
make_every_kind (struct make *m)
{
  make_init (m, 2, 3);
  make_dict (m, "_object", (int32_t[]){ 1, 0 }, (const char *[]){ "a", "bcd" }, 2, NULL);
  make_column (m, "i", "i", (int32_t[]){ -5, 7 }, 4, (const char[]){ 0, 1 });
  make_column (m, "l", "l", (int64_t[]){ INT64_MIN, 7 }, 8, NULL);
  make_column (m, "g", "g", (double[]){ 0.25, -1 }, 8, NULL);
  make_bool (m, "b", (const char[]){ 1, 0 });
  make_bytes (m, "z", "z", (struct make_bytes[]){ { "\0\1", 2 }, { NULL, 0 } });
  make_column (m, "d", "d:18,2", (__int128[]){ -12345, 1 }, 16, NULL);
  make_column (m, "t", "tdD", (int32_t[]){ -1, 20778 }, 4, NULL);
  make_column (m, "ts", "tsu:", (int64_t[]){ -1, 1 }, 8, NULL);
}

static void
test_round_trip (void)
{
  static const int tags[2][9] = { { PEN_ROWS_TEXT, PEN_ROWS_INT32, PEN_ROWS_INT64, PEN_ROWS_FLOAT64, PEN_ROWS_INT32,
                                    PEN_ROWS_BINARY, PEN_ROWS_DECIMAL, PEN_ROWS_DATE, PEN_ROWS_TIMESTAMP },
                                  { PEN_ROWS_TEXT, PEN_ROWS_NULL, PEN_ROWS_INT64, PEN_ROWS_FLOAT64, PEN_ROWS_INT32,
                                    PEN_ROWS_NULL, PEN_ROWS_DECIMAL, PEN_ROWS_DATE, PEN_ROWS_TIMESTAMP } };
  struct make m;
  uint8_t out[1024];
  struct pen_rows_value v[9];
  struct pen_rows_row row;
  struct pen_span s;

  make_every_kind (&m);
  s = (struct pen_span){ out, encode (&m, 7, 1024, out) };
  CU_ASSERT_FATAL (s.n > 0);
  for (int r = 0; r < 2; r++)
    {
      CU_ASSERT_FATAL (pen_rows_next (&s, &row) == 1);
      CU_ASSERT (row.table == 7 && row.n_values == 9);
      for (int i = 0; i < 9; i++)
        {
          CU_ASSERT_FATAL (pen_rows_value (&row, &v[i]) == 0);
          CU_ASSERT (v[i].tag == tags[r][i]);
        }
      CU_ASSERT (row.p == row.end);
      if (r)
        continue;
      CU_ASSERT (v[0].u.s.n == 3 && memcmp (v[0].u.s.p, "bcd", 3) == 0);
      CU_ASSERT (v[1].u.i == -5 && v[2].u.i == INT64_MIN && v[3].u.f == 0.25 && v[4].u.i == 1);
      CU_ASSERT (v[5].u.s.n == 2 && memcmp (v[5].u.s.p, "\0\1", 2) == 0);
      CU_ASSERT ((int64_t)pen_rows_load_ (v[6].u.decimal, 8) == -12345);
      CU_ASSERT (v[7].u.i == -1 && v[8].u.i == -1);
    }
  CU_ASSERT (pen_rows_next (&s, &row) == 0);
  make_fini (&m);
}

static void
test_buffers (void)
{
  struct make m;
  uint8_t all[1024], out[1024];
  size_t n, first;

  make_every_kind (&m);
  n = encode (&m, 0, 1024, all);
  first = (size_t)pen_rows_load_ (all, 4);
  CU_ASSERT_FATAL (n > first && first > n - first);
  for (size_t cap = 1; cap < n + 20; cap++)
    {
      size_t got = encode (&m, 0, cap, out);
      CU_ASSERT (got == (cap < first ? 0 : n));
      CU_ASSERT (!got || memcmp (all, out, n) == 0);
    }
  make_fini (&m);
}

/* Reads whatever is there to its end; every span that comes out must lie inside. */
static int
read_all (const uint8_t *p, size_t n)
{
  struct pen_span s = { p, n };
  struct pen_rows_row row;
  struct pen_rows_value v;
  volatile uint8_t sum = 0;
  int r;

  while ((r = pen_rows_next (&s, &row)) == 1)
    for (unsigned i = 0; i < row.n_values; i++)
      {
        if (pen_rows_value (&row, &v))
          return -1;
        if (v.tag == PEN_ROWS_TEXT || v.tag == PEN_ROWS_BINARY)
          for (size_t k = 0; k < v.u.s.n; k++)
            {
              if (v.u.s.p + k < p || v.u.s.p + k >= p + n)
                return -2;
              sum ^= v.u.s.p[k];
            }
      }
  return r;
}

static void
test_damaged (void)
{
  struct make m;
  uint8_t all[1024];
  size_t n;

  make_every_kind (&m);
  n = encode (&m, 0, 1024, all);
  CU_ASSERT (read_all (all, n) == 0);
  for (size_t cut = 1; cut < n; cut++) /* every prefix but at a row's end is malformed */
    {
      uint8_t *exact = malloc (cut);
      memcpy (exact, all, cut);
      CU_ASSERT (read_all (exact, cut) == (cut == pen_rows_load_ (all, 4) ? 0 : -1));
      free (exact);
    }
  for (size_t i = 0; i < n; i++) /* every byte with every value */
    for (int b = 0; b < 256; b++)
      {
        uint8_t *exact = malloc (n);
        memcpy (exact, all, n);
        exact[i] = (uint8_t)b;
        CU_ASSERT (read_all (exact, n) != -2);
        free (exact);
      }
  make_fini (&m);
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("rows");
  if (CU_initialize_registry () || !(s = CU_add_suite ("rows", NULL, NULL)))
    return 1;
  CU_add_test (s, "round trip", test_round_trip);
  CU_add_test (s, "every size of buffer", test_buffers);
  CU_add_test (s, "damaged bytes", test_damaged);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
