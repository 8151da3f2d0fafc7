/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - from rows of the table acknowledgements to interchanges: ISA, a GS and 997 for each group, TA1 in an
 * interchange of its own; counts and control numbers are ours, everything else the parser has copied. */
#include "x12ack.h"
#include <string.h>

#define ELEMENTS 20

static int
check (struct x12ack *a, int n)
{
  if (n < 0)
    return x12ack_fail (a, "write", a->part);
  return PEN_OK;
}

/* The elements of a segment without its terminator; returns how many. */
static unsigned
split (const struct x12ack *a, const char *p, size_t n, struct pen_span *el)
{
  unsigned k = 0;
  for (size_t i = 0, from = 0; i <= n && k < ELEMENTS; i++)
    if (i == n || p[i] == a->elem)
      {
        el[k++] = (struct pen_span){ (const uint8_t *)p + from, i - from };
        from = i + 1;
      }
  return k;
}

/* The ISA with widths as they must be, our number and time. */
static int
put_isa (struct x12ack *a)
{
  static const int width[17] = { 3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1 };
  struct pen_span el[ELEMENTS] = { { NULL, 0 } };
  char number[12];
  unsigned n = split (a, a->isa, a->isa_n - 1, el);

  a->this_control = a->next_control;
  a->next_control = a->next_control == 999999999u ? 1 : a->next_control + 1;
  snprintf (number, sizeof number, "%09llu", (unsigned long long)a->this_control);
  if (n != 17)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: an ISA of 16 elements was expected, %u came", n - 1);
    }
  el[9] = (struct pen_span){ (const uint8_t *)a->date + 2, 6 };
  el[10] = (struct pen_span){ (const uint8_t *)a->time, 4 };
  el[13] = (struct pen_span){ (const uint8_t *)number, 9 };
  for (unsigned i = 0; i < 17; i++)
    {
      int len = el[i].n > (size_t)width[i] ? width[i] : (int)el[i].n;
      if (check (a, fprintf (a->out, "%.*s%*s%c", len, (const char *)el[i].p, width[i] - len, "",
                             i < 16 ? a->elem : a->term)))
        return PEN_ERR;
    }
  a->interchanges++;
  return check (a, fputc ('\n', a->out));
}

static int
put_iea (struct x12ack *a, uint64_t groups)
{
  return check (a, fprintf (a->out, "IEA%c%llu%c%09llu%c\n", a->elem, (unsigned long long)groups, a->elem,
                            (unsigned long long)a->this_control, a->term));
}

/* Segments as they are, a line each. */
static int
put_segments (struct x12ack *a, struct pen_span s)
{
  for (size_t i = 0; i < s.n; i++)
    {
      if (fputc (s.p[i], a->out) == EOF)
        return x12ack_fail (a, "write", a->part);
      if (s.p[i] == (uint8_t)a->term && a->term != '\n' && fputc ('\n', a->out) == EOF)
        return x12ack_fail (a, "write", a->part);
    }
  return PEN_OK;
}

/* GS with our time and number, then ST and AK1. */
static int
begin_group (struct x12ack *a, const struct x12ack_row *r)
{
  struct pen_span el[ELEMENTS] = { { NULL, 0 } }, s = r->text[COL_SEGMENTS];
  const uint8_t *end = s.n ? memchr (s.p, a->term, s.n) : NULL;

  if (!a->in_isa && put_isa (a))
    return PEN_ERR;
  a->in_isa = true;
  if (!end || split (a, (const char *)s.p, (size_t)(end - s.p), el) < 9)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: a GS of 8 elements was expected");
    }
  a->in_group = true;
  a->groups++;
  a->sets = a->accepted = 0;
  a->segments = (uint64_t)r->number[COL_COUNT];
  if (check (a, fprintf (a->out, "GS%cFA%c%.*s%c%.*s%c%s%c%s%c%llu%c%.*s%c%.*s%c\n", a->elem, a->elem, (int)el[2].n,
                         (const char *)el[2].p, a->elem, (int)el[3].n, (const char *)el[3].p, a->elem, a->date, a->elem,
                         a->time, a->elem, (unsigned long long)a->groups, a->elem, (int)el[7].n, (const char *)el[7].p,
                         a->elem, (int)el[8].n, (const char *)el[8].p, a->term)))
    return PEN_ERR;
  s.n -= (size_t)(end + 1 - s.p);
  s.p = end + 1;
  return put_segments (a, s);
}

static int
end_group (struct x12ack *a, const struct x12ack_row *r)
{
  struct pen_span error = r->text[COL_ERROR];
  bool all = a->accepted == a->sets;
  char code = all ? (error.p ? 'E' : 'A') : a->accepted ? 'P' : 'R', e = a->elem, t = a->term;

  a->in_group = false;
  if (check (a,
             fprintf (a->out, "AK9%c%c%c%lld%c%lld%c%llu%.*s%.*s%c\n", e, code, e, (long long)r->number[COL_INCLUDED],
                      e, (long long)r->number[COL_RECEIVED], e, (unsigned long long)a->accepted, error.p ? 1 : 0, &e,
                      (int)error.n, (const char *)(error.p ? error.p : (const uint8_t *)""), t)))
    return PEN_ERR;
  return check (a, fprintf (a->out, "SE%c%llu%c0001%c\nGE%c1%c%llu%c\n", e, (unsigned long long)a->segments + 2, e, t,
                            e, e, (unsigned long long)a->groups, t));
}

static int
end_interchange (struct x12ack *a, const struct x12ack_row *r)
{
  bool wanted = a->o->ta1 == TA1_ALWAYS || (a->o->ta1 == TA1_ASKED && r->number[COL_REQUESTED]);
  if (a->in_isa && put_iea (a, a->groups))
    return PEN_ERR;
  a->in_isa = false;
  if (wanted && (put_isa (a) || put_segments (a, r->text[COL_SEGMENTS]) || put_iea (a, 0)))
    return PEN_ERR;
  a->isa_n = 0;
  return PEN_OK;
}

static int
begin_interchange (struct x12ack *a, struct pen_span s)
{
  if (s.n < 5 || s.n > sizeof a->isa)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: an ISA was expected, %zu bytes came", s.n);
    }
  memcpy (a->isa, s.p, s.n);
  a->isa_n = s.n;
  a->elem = a->isa[3];
  a->term = a->isa[s.n - 1];
  a->groups = 0;
  return PEN_OK;
}

int
x12ack_take (struct x12ack *a, const struct x12ack_row *r)
{
  struct pen_span kind = r->text[COL_KIND];
  char k = kind.n ? (char)kind.p[0] : 0;

  if (k == 'I')
    return begin_interchange (a, r->text[COL_SEGMENTS]);
  if (!a->isa_n)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: rows came before their ISA");
    }
  if (k == 'T')
    return end_interchange (a, r);
  if (k == 'G' && kind.n == 2 && kind.p[1] == 'S')
    return begin_group (a, r);
  if (!a->in_group)
    return PEN_OK;
  if (k == 'G')
    return end_group (a, r);
  a->sets++;
  a->accepted += r->text[COL_CODE].n && r->text[COL_CODE].p[0] != 'R';
  a->segments += (uint64_t)r->number[COL_COUNT];
  return put_segments (a, r->text[COL_SEGMENTS]);
}

int
x12ack_end (struct x12ack *a)
{
  if (a->in_group || a->in_isa)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: the rows end inside of an interchange");
    }
  return PEN_OK;
}
