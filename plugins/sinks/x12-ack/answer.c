/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - from rows of the table acknowledgements to interchanges: ISA, a GS and 997 for each group, TA1 in an
 * interchange of its own; counts and control numbers are ours, everything else the parser has copied. */
#include "x12ack.h"
#include <stdlib.h>
#include <string.h>

#define ELEMENTS 20

static int
check (struct x12ack_answer *a, int n)
{
  if (n < 0)
    return x12ack_fail (a->sink, "write", a->part);
  return PEN_OK;
}

/* The elements of a segment without its terminator; returns how many. */
static unsigned
split (const struct x12ack_answer *a, const char *p, size_t n, struct pen_span *el)
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
put_isa (struct x12ack_answer *a)
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
      a->sink->broken = true;
      return a->sink->host->fail (a->sink->host->ctx, "x12-ack: an ISA of 16 elements was expected, %u came", n - 1);
    }
  el[9] = (struct pen_span){ (const uint8_t *)a->sink->date + 2, 6 };
  el[10] = (struct pen_span){ (const uint8_t *)a->sink->time, 4 };
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
put_iea (struct x12ack_answer *a, uint64_t groups)
{
  return check (a, fprintf (a->out, "IEA%c%llu%c%09llu%c\n", a->elem, (unsigned long long)groups, a->elem,
                            (unsigned long long)a->this_control, a->term));
}

/* One segment and its terminator, a line each. */
static int
put_segment (struct x12ack_answer *a, const uint8_t *p, size_t n)
{
  if (fwrite (p, 1, n, a->out) != n || fputc (a->term, a->out) == EOF
      || (a->term != '\n' && fputc ('\n', a->out) == EOF))
    return x12ack_fail (a->sink, "write", a->part);
  return PEN_OK;
}

/* AK5 and TA1 say what became of it: an object that was refused has taken nothing, whatever its sets are like. */
static int
put_refusal (struct x12ack_answer *a, const uint8_t *p, size_t n)
{
  struct pen_span el[ELEMENTS];
  uint8_t text[64];
  bool is_set = memcmp (p, "AK5", 3) == 0;
  unsigned k = is_set ? 1 : 4;
  size_t at;
  if (split (a, (const char *)p, n, el) <= k || el[k].n != 1 || el[k].p[0] == 'R' || n + 2 > sizeof text)
    return put_segment (a, p, n);
  memcpy (text, p, n);
  at = (size_t)(el[k].p - p);
  text[at] = 'R';
  if (is_set && n == at + 1)
    {
      text[n++] = (uint8_t)a->elem;
      text[n++] = '5'; /* one or more segments in error: the nearest that there is */
    }
  else if (!is_set && n == at + 5 && memcmp (p + at + 2, "000", 3) == 0)
    memcpy (text + at + 2, "024", 3); /* invalid interchange content */
  return put_segment (a, text, n);
}

/* Segments as they are, but for what a refusal changes. */
static int
put_segments (struct x12ack_answer *a, struct pen_span s)
{
  while (s.n)
    {
      const uint8_t *end = memchr (s.p, a->term, s.n);
      size_t n = end ? (size_t)(end - s.p) : s.n;
      bool verdict = n > 3 && (memcmp (s.p, "AK5", 3) == 0 || memcmp (s.p, "TA1", 3) == 0);
      if (a->refuses && verdict ? put_refusal (a, s.p, n) : put_segment (a, s.p, n))
        return PEN_ERR;
      s.p += n + (end != NULL);
      s.n -= n + (end != NULL);
    }
  return PEN_OK;
}

/* GS with our time and number, then ST and AK1. */
static int
begin_group (struct x12ack_answer *a, const struct x12ack_row *r)
{
  struct pen_span el[ELEMENTS] = { { NULL, 0 } }, s = r->text[COL_SEGMENTS];
  const uint8_t *end = s.n ? memchr (s.p, a->term, s.n) : NULL;

  if (!a->in_isa && put_isa (a))
    return PEN_ERR;
  a->in_isa = true;
  if (!end || split (a, (const char *)s.p, (size_t)(end - s.p), el) < 9)
    {
      a->sink->broken = true;
      return a->sink->host->fail (a->sink->host->ctx, "x12-ack: a GS of 8 elements was expected");
    }
  a->in_group = true;
  a->groups++;
  a->sets = a->accepted = 0;
  a->segments = (uint64_t)r->number[COL_COUNT];
  if (check (a, fprintf (a->out, "GS%cFA%c%.*s%c%.*s%c%s%c%s%c%llu%c%.*s%c%.*s%c\n", a->elem, a->elem, (int)el[2].n,
                         (const char *)el[2].p, a->elem, (int)el[3].n, (const char *)el[3].p, a->elem, a->sink->date,
                         a->elem, a->sink->time, a->elem, (unsigned long long)a->groups, a->elem, (int)el[7].n,
                         (const char *)el[7].p, a->elem, (int)el[8].n, (const char *)el[8].p, a->term)))
    return PEN_ERR;
  s.n -= (size_t)(end + 1 - s.p);
  s.p = end + 1;
  return put_segments (a, s);
}

/* AK9 and the trailers. error: of AK905, or 0. */
static int
close_group (struct x12ack_answer *a, int64_t included, int64_t received, char error)
{
  uint64_t accepted = a->refuses ? 0 : a->accepted;
  bool all = !a->refuses && accepted == a->sets;
  char code = all ? (error ? 'E' : 'A') : accepted ? 'P' : 'R', e = a->elem, t = a->term;
  char errors[3] = { e, error, 0 };

  a->in_group = false;
  if (check (a, fprintf (a->out, "AK9%c%c%c%lld%c%lld%c%llu%s%c\n", e, code, e, (long long)included, e,
                         (long long)received, e, (unsigned long long)accepted, error ? errors : "", t)))
    return PEN_ERR;
  return check (a, fprintf (a->out, "SE%c%llu%c0001%c\nGE%c1%c%llu%c\n", e, (unsigned long long)a->segments + 2, e, t,
                            e, e, (unsigned long long)a->groups, t));
}

static int
end_group (struct x12ack_answer *a, const struct x12ack_row *r)
{
  struct pen_span error = r->text[COL_ERROR];
  return close_group (a, r->number[COL_INCLUDED], r->number[COL_RECEIVED], error.n ? (char)error.p[0] : 0);
}

static int
end_interchange (struct x12ack_answer *a, const struct x12ack_row *r)
{
  bool wanted = a->sink->o->ta1 == TA1_ALWAYS || (a->sink->o->ta1 == TA1_ASKED && r->number[COL_REQUESTED]);
  if (a->in_isa && put_iea (a, a->groups))
    return PEN_ERR;
  a->in_isa = false;
  if (wanted && (put_isa (a) || put_segments (a, r->text[COL_SEGMENTS]) || put_iea (a, 0)))
    return PEN_ERR;
  a->isa_n = 0;
  return PEN_OK;
}

/* Characters up to U+00FF become the bytes that they stand for, in place. False: there are others. */
static bool
to_bytes (struct pen_span *s)
{
  uint8_t *p = (uint8_t *)(uintptr_t)s->p;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++)
    {
      uint8_t c = p[i];
      if (c >= 0x80)
        {
          if ((c != 0xc2 && c != 0xc3) || i + 1 == s->n)
            return false;
          c = (uint8_t)(c << 6 | (p[++i] & 0x3f));
        }
      p[n++] = c;
    }
  s->n = n;
  return true;
}

static bool
is_ascii (struct pen_span s)
{
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] >= 0x80)
      return false;
  return true;
}

static int
begin_interchange (struct x12ack_answer *a, struct pen_span s)
{
  a->raw = !is_ascii (s);
  if ((a->raw && !to_bytes (&s)) || s.n < 5 || s.n > sizeof a->isa)
    {
      a->sink->broken = true;
      return a->sink->host->fail (a->sink->host->ctx, "x12-ack: an ISA was expected, %zu bytes came", s.n);
    }
  memcpy (a->isa, s.p, s.n);
  a->isa_n = s.n;
  a->elem = a->isa[3];
  a->term = a->isa[s.n - 1];
  a->groups = 0;
  return PEN_OK;
}

static int
take (struct x12ack_answer *a, const struct x12ack_row *r)
{
  struct pen_span kind = r->text[COL_KIND];
  char k = kind.n ? (char)kind.p[0] : 0;

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
x12ack_take (struct x12ack_answer *a, const struct x12ack_row *r)
{
  struct pen_span segments = r->text[COL_SEGMENTS];
  struct x12ack_row row = *r;
  uint8_t *copy = NULL;
  int rc;

  if (r->text[COL_KIND].n && r->text[COL_KIND].p[0] != 'I' && !a->isa_n)
    {
      a->sink->broken = true;
      return a->sink->host->fail (a->sink->host->ctx, "x12-ack: rows came before their ISA");
    }
  /* the row is borrowed, and both answers read it */
  if (segments.n && !is_ascii (segments))
    {
      copy = malloc (segments.n);
      if (!copy)
        return a->sink->host->fail (a->sink->host->ctx, "out of memory");
      memcpy (copy, segments.p, segments.n);
      row.text[COL_SEGMENTS].p = copy;
    }
  if (r->text[COL_KIND].n && r->text[COL_KIND].p[0] == 'I')
    rc = begin_interchange (a, row.text[COL_SEGMENTS]);
  else
    {
      if (a->raw && copy)
        to_bytes (&row.text[COL_SEGMENTS]);
      rc = take (a, &row);
    }
  free (copy);
  return rc;
}

int
x12ack_end (struct x12ack_answer *a)
{
  if (!a->in_group && !a->in_isa)
    return PEN_OK;
  if (!a->refuses)
    {
      a->sink->broken = true;
      return a->sink->host->fail (a->sink->host->ctx, "x12-ack: the rows end inside of an interchange");
    }
  /* reading was given up in the middle: what is known is answered */
  if (a->in_group && close_group (a, (int64_t)a->sets, (int64_t)a->sets, 0))
    return PEN_ERR;
  a->in_isa = false;
  return put_iea (a, a->groups);
}
