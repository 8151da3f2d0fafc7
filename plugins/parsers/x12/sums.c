/* SPDX-License-Identifier: Apache-2.0 */
/* sums.c - what a set's summary segments claim against what its segments add up to: CTT counts and hash totals, TDS. */
#include "x12.h"

void
x12_add_terms (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  for (unsigned i = 0; i < d->n_terms; i++)
    {
      const struct x12_term *t = &d->term[i];
      pen_i128 a, b = 100000; /* 1 at half the scale */
      if (t->id != it->id || (t->if_pos && !x12_is_code (d, t->if_code, t->n_if, seg_el (g, t->if_pos))))
        continue;
      if (t->count)
        a = 100000;
      else if (!x12_number (d, it, g, t->a, &a) || (t->b && !x12_number (d, it, g, t->b, &b)))
        continue;
      if (__builtin_mul_overflow (a, b * t->sign, &a) || pen_dec_add (&s->sum[t->sum], a))
        s->void_sums = (uint8_t)(s->void_sums | 1u << t->sum);
    }
  for (unsigned i = 0; i < d->n_checks; i++)
    if (d->check[i].id == it->id && x12_number (d, it, g, d->check[i].pos, &s->claim[i]))
      {
        s->claim[i] *= 100000;
        s->claimed = (uint8_t)(s->claimed | 1u << i);
      }
}

void
x12_check_sums (struct x12 *x, const struct x12_def *d, const struct x12_seg *g)
{
  const struct x12_set *s = &x->set;
  for (unsigned i = 0; i < d->n_checks; i++)
    {
      const struct x12_check *c = &d->check[i];
      /* money is rounded to cents, and partners round at different places */
      pen_i128 slack = c->rule == RULE_tds_total ? 50000000 : 0;
      bool fits = !(s->claimed >> i & 1);
      char want[PEN_DEC_TEXT], got[PEN_DEC_TEXT];
      for (unsigned k = c->first_sum; !fits && k < (unsigned)c->first_sum + c->n_sums; k++)
        {
          pen_i128 diff = s->claim[i] - s->sum[k];
          fits = (diff <= slack && -diff <= slack) || s->void_sums >> k & 1;
        }
      if (fits)
        continue;
      pen_dec_format (want, s->sum[c->first_sum] / 1000000, 4);
      pen_dec_format (got, s->claim[i] / 1000000, 4);
      x12_set_find (x, (enum x12_rule)c->rule, g, 0, 0, 0, "expected %s in %.3s%02u, found %s", want,
                    (const char[4]){ (char)c->id, (char)(c->id >> 8), (char)(c->id >> 16), 0 }, c->pos, got);
    }
}
