/* SPDX-License-Identifier: Apache-2.0 */
/* test_x12_index.c - the index of delimiters says what a look at byte after byte says, whichever instructions fill it; and
 * short numbers are what the exact parser makes of them. */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include "plugins/parsers/x12/number.h"
#include "plugins/parsers/x12/x12.h"

#define BYTES (3 * INDEX_WINDOW + 77)

static uint32_t seed = 12345;
static uint32_t
below (uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

/* Segments of every length, some longer than a window, blanks and line ends between them, odd bytes now and then. */
static void
make (uint8_t *p, unsigned kind)
{
  static const char usual[] = "AB7*.-~", ends[] = "\n\r ~";
  for (size_t i = 0; i < BYTES; i++)
    {
      uint32_t dice = below (kind == 1 ? 5000 : kind == 2 ? 12 : 60);
      p[i] = (uint8_t)(dice == 0 ? '~' : dice < 4 ? '*' : usual[below (3)]);
      if (kind == 3 && below (200) == 0)
        p[i] = (uint8_t)below (256);
      if (i && p[i - 1] == '~' && below (2))
        p[i] = (uint8_t)ends[below (4)];
    }
}

static int
is_same (const struct x12_seg *a, const struct x12_seg *b)
{
  if (a->p != b->p || a->n != b->n || a->next != b->next || a->offset != b->offset || a->id != b->id
      || a->n_el != b->n_el || a->overflow != b->overflow || a->odd != b->odd || a->open != b->open)
    return 0;
  for (unsigned i = 0; i < a->n_el; i++)
    if (seg_el (a, i).p != seg_el (b, i).p || seg_el (a, i).n != seg_el (b, i).n)
      return 0;
  return 1;
}

static void
test_variants (void)
{
  struct x12_state s = { .elem = '*', .term = '~' };
  struct x12_index *x = calloc (1, sizeof *x);
  uint8_t *p = malloc (BYTES);
  unsigned variants = 0;
  CU_ASSERT_PTR_NOT_NULL_FATAL (x);
  CU_ASSERT_PTR_NOT_NULL_FATAL (p);
  for (unsigned kind = 0; kind < 4; kind++)
    {
      make (p, kind);
      for (variants = 0; (x->fill = x12_index_variant (variants)); variants++)
        {
          size_t found = 0, wrong = 0;
          x12_index_drop (x);
          for (size_t at = 0; at < BYTES;)
            {
              struct x12_seg want, got;
              bool is_indexed;
              at = x12_next (&s, p, BYTES, at);
              if (at == BYTES || x12_segment (&s, p, BYTES, at, 1000, false, &want) != FRAME_OK)
                break;
              is_indexed = x12_index_segment (x, &s, p, BYTES, at, 1000, &got);
              found += is_indexed;
              wrong += is_indexed && !is_same (&want, &got);
              wrong += !is_indexed && want.n_el < ELEMENTS && !want.overflow && want.next < INDEX_WINDOW;
              at += want.next;
            }
          CU_ASSERT_EQUAL (wrong, 0);
          CU_ASSERT (found > 5);
        }
    }
  CU_ASSERT (variants >= 1);
  free (p);
  free (x);
}

static void
test_numbers (void)
{
  static const char digit[] = "0123456789.-+ x";
  unsigned n_fit = 0;
  for (unsigned k = 0; k < 200000; k++)
    {
      uint8_t text[24] = "********";
      size_t n = 1 + below (9);
      unsigned scale = below (10);
      int64_t got;
      pen_i128 want;
      for (size_t i = 0; i < n; i++)
        text[8 + i] = (uint8_t)digit[below (k % 3 ? 11 : 15)];
      bool fits = number_short (text + 8, n, scale, &got);
      n_fit += fits;
      if (fits && (pen_dec_parse (text + 8, n, 28, scale, '.', &want) != PEN_DEC_OK || want != got))
        CU_FAIL_FATAL ("a short number is not what the exact parser says");
      if (digits_short (text + 8, n, &got)
          && (pen_dec_parse (text + 8, n, 28, 0, 0, &want) != PEN_DEC_OK || want != got))
        CU_FAIL_FATAL ("short digits are not what the exact parser says");
    }
  CU_ASSERT (n_fit > 20000);
}

/* The last end of a set before a place is the last of those that the search forwards finds, one after the other. */
static void
test_envelope_before (void)
{
  static const char *const part[] = { "SE*1~", "ST*850~", "~GE*", "~\r\nISA*", "IEA*1~", "x",
                                      "~",     "*",       "SE",   "~ \n",      "ISAX~" };
  struct x12_state s = { .elem = '*', .term = '~' };
  uint8_t p[400];
  unsigned n_found = 0;
  for (unsigned round = 0; round < 3000; round++)
    {
      size_t n = 0, from = below (60), end, last = 0;
      while (n < sizeof p - 8)
        {
          const char *v = part[below (sizeof part / sizeof *part)];
          memcpy (p + n, v, strlen (v));
          n += strlen (v);
        }
      n -= below (4);
      from = x12_skip (&s, p, n, from);
      end = from + below ((uint32_t)(n - from) + 1);
      for (size_t at = from, i; at < n; at = i + 1)
        {
          /* what is found is where a segment begins, or `at` itself, which need not be one */
          i = x12_find_envelope (&s, p, n, at, false);
          if (i < end && (at == from || i > at))
            last = i;
        }
      size_t got = x12_find_envelope_before (&s, p, n, from, end, false);
      if (got != last)
        CU_FAIL_FATAL ("not what the search forwards says");
      n_found += got > 0;
    }
  CU_ASSERT (n_found > 1000);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite suite = CU_add_suite ("x12 index", NULL, NULL);
  CU_add_test (suite, "all variants, all shapes", test_variants);
  CU_add_test (suite, "short numbers", test_numbers);
  CU_add_test (suite, "the last end of a set", test_envelope_before);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  int failed = CU_get_number_of_failures () != 0;
  CU_cleanup_registry ();
  return failed;
}
