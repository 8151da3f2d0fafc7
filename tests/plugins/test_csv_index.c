/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv_index.c - the csv parser's vectorised scanners against the plain one, on random text: the same records, fields, lines
 * and verdicts on UTF-8. */
#include <CUnit/Basic.h>
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 4000
#define LONGEST 3000
#define CAP (LONGEST + 64)

static uint64_t seed = 88172645463325252u;

static uint32_t
chance (uint32_t below)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed >> 16) % below;
}

/* Of that very length: a sanitizer sees who reads on. Separators and quotes are frequent in some texts, rare in others. */
static uint8_t *
random_text (size_t n)
{
  static const char special[] = ",,,\"\"\n\r\n;\t#\\";
  uint8_t *p = malloc (n + 1);
  uint32_t rare = 1 + chance (40), quotes = chance (3);

  CU_ASSERT_PTR_NOT_NULL_FATAL (p);
  p = realloc (p, n ? n : 1);
  for (size_t i = 0; i < n; i++)
    {
      p[i] = (uint8_t)(chance (rare) ? 'a' + chance (26) : (uint32_t)special[chance (sizeof special - 1)]);
      if (p[i] == '"' && quotes == 0)
        p[i] = 'q';
      else if (p[i] == 'z')
        p[i] = (uint8_t)(chance (50) ? 'z' : chance (256));
      /* well-formed quoting, mostly: a quote at a field's start is closed at its end */
      if (quotes == 1 && i > 1 && (p[i] == ',' || p[i] == '\n') && p[i - 1] != '"' && chance (3) == 0)
        p[i - 1] = '"';
    }
  return p;
}

static struct csv_dialect
random_dialect (void)
{
  static const uint8_t newlines[] = { NEWLINE_AUTO, NEWLINE_AUTO, NEWLINE_LF, NEWLINE_CRLF, NEWLINE_CR };
  struct csv_dialect d = { .n_delim = 1, .quote = '"', .escape = '"', .comment = '#', .has_quote = true, .fast = true };

  d.delim[0] = (uint8_t) ",;\t"[chance (3)];
  d.has_comment = chance (4) == 0;
  d.newline = newlines[chance (sizeof newlines)];
  d.max_field = d.max_record = chance (8) ? 1u << 20 : 1 + chance (200);
  return d;
}

static void
make_index (struct csv_index *x)
{
  memset (x, 0, sizeof *x);
  x->cap = CAP;
  x->cap_odd = CAP;
  x->sep = calloc (CAP + 80, sizeof *x->sep);
  x->odd = calloc (CAP, 1);
  CU_ASSERT_FATAL (x->sep && x->odd);
}

static unsigned long records;

static int
is_same (const struct csv_index *a, const struct csv_index *b)
{
  if (a->n_rec != b->n_rec || a->n_odd != b->n_odd || memcmp (a->odd, b->odd, a->n_odd))
    return 0;
  records += a->n_rec;
  return !a->n_rec
         || (!memcmp (a->rec, b->rec, a->n_rec * sizeof *a->rec)
             && !memcmp (a->line, b->line, a->n_rec * sizeof *a->line)
             && !memcmp (a->sep, b->sep, (a->rec[a->n_rec - 1] + 1) * sizeof *a->sep));
}

static void
test_scanners (void)
{
  struct csv_index plain, other;
  unsigned variants = 1;

  make_index (&plain);
  make_index (&other);
  for (int round = 0; round < ROUNDS; round++)
    {
      size_t n = chance (LONGEST), most = 1 + chance (BATCH_MAX), at = n ? chance (4) % n : 0;
      struct csv_dialect d = random_dialect ();
      uint8_t *p = random_text (n);
      uint64_t lines = 0;
      size_t end = csv_pass_variant (0) (&d, p, n, at, &lines);
      int good = csv_utf8_variant (0) (p, n);

      csv_index_variant (0) (&d, p, n, at, most, &plain);
      for (variants = 1; csv_index_variant (variants); variants++)
        {
          uint64_t counted = 0;
          csv_index_variant (variants) (&d, p, n, at, most, &other);
          CU_ASSERT (is_same (&plain, &other));
          CU_ASSERT (csv_pass_variant (variants) (&d, p, n, at, &counted) == end && counted == lines);
          CU_ASSERT (csv_utf8_variant (variants) (p, n) == good);
        }
      free (p);
    }
  printf ("%u variants, %lu records compared\n", variants, records);
#if defined(__x86_64__)
  CU_ASSERT (variants >= 2 && records > 10000);
#endif
  free (plain.sep);
  free (plain.odd);
  free (other.sep);
  free (other.odd);
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS || !(s = CU_add_suite ("csv scanners", NULL, NULL))
      || !CU_add_test (s, "variants agree", test_scanners))
    return 1;
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
