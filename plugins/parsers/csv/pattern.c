/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c - a small pattern language, matched in one pass without going back: no input makes it slow.
 *
 *   abc        these characters            [a-z_]  [^0-9]   one of these; one of all others
 *   .          any character               \d \w \s         digit; letter, digit or _; blank
 *   \x         x itself                    | between two alternatives, for the whole pattern
 *   ? * + {n} {n,} {n,m} after an item     how often it comes
 *
 * The whole value must match. A class takes characters of ASCII; . and [^...] take any other character, too. At most 63
 * items to an alternative, repetitions counted. */
#include <stdlib.h>
#include <string.h>
#include "csv.h"

struct set
{
  bool has[PATTERN_OTHER + 1];
};

static void
add_class (struct set *s, char c)
{
  for (int i = 0; i < PATTERN_OTHER; i++)
    {
      bool digit = i >= '0' && i <= '9', letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
      s->has[i] |= c == 'd'   ? digit
                   : c == 'w' ? digit || letter || i == '_'
                              : i == ' ' || i == '\t' || i == '\n' || i == '\r';
    }
}

/* One character of a class, or of a text; *p is behind it. */
static const char *
add_escaped (struct set *s, const char **p)
{
  char c = *++*p;
  if (!c)
    return "it ends with a \\";
  if (c == 'd' || c == 'w' || c == 's')
    add_class (s, c);
  else if ((uint8_t)c >= PATTERN_OTHER)
    return "only characters of ASCII can stand in a pattern";
  else
    s->has[(uint8_t)c] = true;
  ++*p;
  return NULL;
}

static const char *
read_class (struct set *s, const char **p)
{
  bool invert = *++*p == '^';
  const char *why;

  *p += invert;
  for (bool first = true; **p != ']' || first; first = false)
    {
      uint8_t from = (uint8_t) * *p, to = from;
      if (!from)
        return "a [ has no ]";
      if (from == '\\')
        {
          if ((why = add_escaped (s, p)))
            return why;
          continue;
        }
      ++*p;
      if (**p == '-' && (*p)[1] != ']' && (*p)[1])
        {
          to = (uint8_t)(*p)[1];
          *p += 2;
        }
      if (from >= PATTERN_OTHER || to >= PATTERN_OTHER)
        return "only characters of ASCII can stand in a pattern";
      if (to < from)
        return "a range in [ ] runs backwards";
      for (unsigned c = from; c <= to; c++)
        s->has[c] = true;
    }
  ++*p;
  if (invert)
    for (int i = 0; i <= PATTERN_OTHER; i++)
      s->has[i] = !s->has[i];
  return NULL;
}

static const char *
read_item (struct set *s, const char **p)
{
  memset (s, 0, sizeof *s);
  switch (**p)
    {
    case '[':
      return read_class (s, p);
    case '\\':
      return add_escaped (s, p);
    case '.':
      memset (s->has, true, sizeof s->has);
      ++*p;
      return NULL;
    case '?':
    case '*':
    case '+':
    case '{':
      return "a repetition has nothing before it";
    case '(':
    case ')':
      return "there are no groups: write \\( for the character";
    default:
      if ((uint8_t) * *p >= PATTERN_OTHER)
        return "only characters of ASCII can stand in a pattern";
      s->has[(uint8_t) * (*p)++] = true;
      return NULL;
    }
}

static const char *
read_count (const char **p, unsigned *min, unsigned *max)
{
  char *end;
  *min = *max = 1;
  switch (**p)
    {
    case '?':
      *min = 0;
      break;
    case '*':
      *min = 0;
      *max = 0;
      break;
    case '+':
      *max = 0;
      break;
    case '{':
      *min = *max = (unsigned)strtoul (*p + 1, &end, 10);
      if (*end == ',')
        *max = end[1] == '}' ? 0 : (unsigned)strtoul (end + 1, &end, 10);
      if (*max == 0 && *end == ',')
        end++;
      if (end == *p + 1 || *end != '}' || (*max && *max < *min) || *min > 63 || *max > 63)
        return "a repetition reads {n}, {n,} or {n,m}, up to 63";
      if (*min == 0 && *max == 0 && end[-1] != ',')
        return "{0} repeats nothing";
      *p = end;
      break;
    default:
      return NULL;
    }
  ++*p;
  return NULL;
}

static void
put_state (struct csv_alternative *a, unsigned at, const struct set *s, bool skip, bool loop)
{
  for (int i = 0; i <= PATTERN_OTHER; i++)
    if (s->has[i])
      a->takes[i] |= 1ull << at;
  a->skip |= (uint64_t)skip << at;
  a->loop |= (uint64_t)loop << at;
}

static const char *
read_alternative (struct csv_alternative *a, const char **p)
{
  unsigned n = 0, min, max;
  memset (a, 0, sizeof *a);
  while (**p && **p != '|')
    {
      struct set s;
      const char *why = read_item (&s, p);
      if (!why)
        why = read_count (p, &min, &max);
      if (why)
        return why;
      unsigned states = max ? max : min + 1;
      if (n + states > 63)
        return "it has more than 63 items, repetitions counted";
      for (unsigned i = 0; i < states; i++)
        put_state (a, n++, &s, i >= min, !max && i == min);
    }
  a->accept = 1ull << n;
  return NULL;
}

const char *
csv_pattern_read (struct csv_pattern *p, const char *text)
{
  if (!*text)
    return "it is empty";
  for (;; text++)
    {
      struct csv_alternative *v = realloc (p->v, (p->n + 1) * sizeof *v);
      if (!v)
        return "no memory";
      p->v = v;
      const char *why = read_alternative (&p->v[p->n++], &text);
      if (why || !*text)
        return why;
    }
}

/* States that are reached without a character. */
static inline uint64_t
spread (const struct csv_alternative *a, uint64_t at)
{
  for (uint64_t more; (more = (at & a->skip) << 1 & ~at);)
    at |= more;
  return at;
}

bool
csv_pattern_match (const struct csv_pattern *p, const uint8_t *s, size_t n)
{
  for (size_t k = 0; k < p->n; k++)
    {
      const struct csv_alternative *a = &p->v[k];
      uint64_t at = spread (a, 1);
      for (size_t i = 0; i < n && at; i++)
        {
          if (s[i] >= 0x80 && s[i] < 0xc0)
            continue; /* of the character before */
          uint64_t hit = at & a->takes[s[i] < 0x80 ? s[i] : PATTERN_OTHER];
          at = spread (a, (hit & ~a->loop) << 1 | (hit & a->loop));
        }
      if (at & a->accept)
        return true;
    }
  return false;
}
