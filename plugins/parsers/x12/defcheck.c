/* SPDX-License-Identifier: Apache-2.0 */
/* defcheck.c - checks of a definition: what a summary segment claims, and the sums that it must equal. */
#include "def.h"

static int
reference (struct reader *r, char *w, uint32_t *id, unsigned *pos)
{
  char *dot = strchr (w, '.');
  if (!dot)
    return x12_def_bad (r, "SEG.NN is expected, found \"%.40s\"", w);
  *dot = 0;
  if (!x12_is_segment_id (w))
    return x12_def_bad (r, "\"%.40s\" is not a segment id", w);
  *id = x12_id (w);
  return x12_def_number (r, dot + 1, ELEMENTS - 1, false, pos);
}

static int
term (struct reader *r, unsigned *at, int sign)
{
  struct x12_def *d = r->d;
  struct x12_term *t = &d->term[d->n_terms];
  unsigned pos;
  int rc;
  if (d->n_terms == sizeof d->term / sizeof *d->term || d->n_sums > SUMS)
    return x12_def_bad (r, "the checks have more than %zu terms or %u sums", sizeof d->term / sizeof *d->term, SUMS);
  if (*at + 1 >= r->n_words)
    return x12_def_bad (r, "count SEG or sum SEG.NN is expected");
  memset (t, 0, sizeof *t);
  t->sum = (uint8_t)(d->n_sums - 1);
  t->sign = (int8_t)sign;
  if (strcmp (r->word[*at], "count") == 0 && x12_is_segment_id (r->word[*at + 1]))
    {
      t->count = 1;
      t->id = x12_id (r->word[*at + 1]);
    }
  else if (strcmp (r->word[*at], "sum") == 0)
    {
      char *times = strchr (r->word[*at + 1], '*');
      uint32_t other;
      if (times)
        *times = 0;
      if ((rc = reference (r, r->word[*at + 1], &t->id, &pos)) != PEN_OK)
        return rc;
      t->a = (uint8_t)pos;
      if (times)
        {
          if ((rc = reference (r, times + 1, &other, &pos)) != PEN_OK)
            return rc;
          if (other != t->id)
            return x12_def_bad (r, "both factors must be of one segment");
          t->b = (uint8_t)pos;
        }
    }
  else
    return x12_def_bad (r, "count SEG or sum SEG.NN is expected, found \"%.40s\"", r->word[*at]);
  *at += 2;
  if (*at + 1 < r->n_words && strcmp (r->word[*at], "if") == 0)
    {
      char *w = r->word[*at + 1], *equal = strchr (w, '=');
      if (!equal)
        return x12_def_bad (r, "if: NN=CODE is expected, found \"%.40s\"", w);
      *equal = 0;
      if ((rc = x12_def_number (r, w, ELEMENTS - 1, false, &pos)) != PEN_OK
          || (rc = x12_def_codes (r, equal + 1, &t->if_code, &t->n_if)) != PEN_OK)
        return rc;
      t->if_pos = (uint8_t)pos;
      *at += 2;
    }
  d->n_terms++;
  return PEN_OK;
}

int
x12_def_check (struct reader *r)
{
  struct x12_def *d = r->d;
  struct x12_check *c = &d->check[d->n_checks];
  unsigned at = 4, pos;
  int rc, sign = 1;
  if (d->n_checks == CHECKS || r->n_words < 6 || strcmp (r->word[3], "=") != 0)
    return x12_def_bad (r, "check RULE SEG.NN = TERM ... is expected, at most %u times", CHECKS);
  if (strcmp (r->word[1], "ctt_count") == 0)
    c->rule = RULE_ctt_count;
  else if (strcmp (r->word[1], "ctt_hash") == 0)
    c->rule = RULE_ctt_hash;
  else if (strcmp (r->word[1], "tds_total") == 0)
    c->rule = RULE_tds_total;
  else
    return x12_def_bad (r, "\"%.40s\" is not a check: ctt_count, ctt_hash, tds_total", r->word[1]);
  if ((rc = reference (r, r->word[2], &c->id, &pos)) != PEN_OK)
    return rc;
  c->pos = (uint8_t)pos;
  c->first_sum = (uint8_t)d->n_sums++;
  c->n_sums = 1;
  while (at < r->n_words)
    {
      if ((rc = term (r, &at, sign)) != PEN_OK)
        return rc;
      if (at == r->n_words)
        break;
      if (strcmp (r->word[at], "or") == 0)
        {
          d->n_sums++;
          c->n_sums++;
          sign = 1;
        }
      else if (strcmp (r->word[at], "+") == 0 || strcmp (r->word[at], "-") == 0)
        sign = r->word[at][0] == '+' ? 1 : -1;
      else
        return x12_def_bad (r, "+, - or \"or\" is expected, found \"%.40s\"", r->word[at]);
      if (++at == r->n_words)
        return x12_def_bad (r, "a term is expected after %s", r->word[at - 1]);
    }
  d->n_checks++;
  return PEN_OK;
}
