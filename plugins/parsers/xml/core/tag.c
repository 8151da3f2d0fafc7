/* SPDX-License-Identifier: Apache-2.0 */
/* tag.c - start tags with their attributes and namespaces, end tags, and what the handler is told of them. */
#include <stdlib.h>
#include "walk.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- names ---- */

/* Where a name ends: the first blank, control character, / > or = from `at` on. */
static inline size_t
name_end (const uint8_t *p, size_t at, size_t n)
{
#ifdef __SSE2__
  const __m128i space = _mm_set1_epi8 (0x20), slash = _mm_set1_epi8 ('/'), gt = _mm_set1_epi8 ('>'),
                eq = _mm_set1_epi8 ('=');
  for (; n - at >= 16; at += 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + at));
      __m128i stop =
          _mm_or_si128 (_mm_or_si128 (_mm_cmpeq_epi8 (_mm_max_epu8 (v, space), space), _mm_cmpeq_epi8 (v, slash)),
                        _mm_or_si128 (_mm_cmpeq_epi8 (v, gt), _mm_cmpeq_epi8 (v, eq)));
      int m = _mm_movemask_epi8 (stop);
      if (m)
        return at + (size_t)__builtin_ctz ((unsigned)m);
    }
#endif
  while (at < n && !(xml_class[p[at]] & C_STOP))
    at++;
  return at;
}

/* Up to 16 bytes as two words, zeros behind; `room` bytes may be read. */
static inline void
load_key (const uint8_t *p, size_t n, size_t room, uint64_t key[2])
{
  static const uint8_t ones[32] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
  uint64_t mask[2];
  if (room < 16)
    {
      key[0] = key[1] = 0;
      memcpy (key, p, n);
      return;
    }
  memcpy (key, p, 16);
  memcpy (mask, ones + 16 - n, 16);
  key[0] &= mask[0];
  key[1] &= mask[1];
}

static struct xml_sym *
long_sym (struct xml_walk *w, size_t at, size_t n)
{
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ w->p[at + i]) * 16777619u;
  for (struct xml_sym *s = w->names.bucket[hash % XML_BUCKETS]; s; s = s->next)
    if (s->name.n == n && memcmp (s->name.p, w->p + at, n) == 0)
      return s;
  return xml_sym_new (w, w->p + at, n, hash, at);
}

static inline struct xml_sym *
find_sym (struct xml_walk *w, size_t at, size_t n)
{
  uint64_t key[2], other[2];
  uint32_t hash;
  if (n > 16)
    return long_sym (w, at, n);
  load_key (w->p + at, n, w->n - at, key);
  hash = xml_hash (key[0], key[1], n);
  for (struct xml_sym *s = w->names.bucket[hash % XML_BUCKETS]; s; s = s->next)
    if (s->name.n == n)
      {
        memcpy (other, s->name.p, 16); /* names have zeros behind */
        if (n == 16 || (other[0] == key[0] && other[1] == key[1]))
          if (other[0] == key[0] && other[1] == key[1])
            return s;
      }
  return xml_sym_new (w, w->p + at, n, hash, at);
}

/* Do the bytes at p, of which `left` may be read, begin with this short name? */
static inline bool
is_sym (const struct xml_sym *s, const uint8_t *p, size_t left)
{
  uint64_t v[2];
  if (s->name.n > 16 || left < 17)
    return left > s->name.n && memcmp (p, s->name.p, s->name.n) == 0;
  memcpy (v, p, 16);
  return (((v[0] & s->mask[0]) ^ s->key[0]) | ((v[1] & s->mask[1]) ^ s->key[1])) == 0;
}

static inline const struct xml_ns *
find_ns (struct xml_walk *w, struct xml_sym *s)
{
  return s->epoch == w->names.epoch ? s->ns : xml_scope_find (w, s);
}

static enum xml_tok
no_sym (const struct xml_walk *w)
{
  return w->status == PEN_OK ? TOK_BAD : TOK_STOP;
}

static enum xml_tok
long_name (struct xml_walk *w, size_t at)
{
  return xml_bad (w, at, "limit", "a name has more than %u bytes (max_name)", w->limits.name);
}

/* ---- attribute values ---- */

/* The first byte of a value that is its quote or is not plain. */
static inline size_t
plain_value (const uint8_t *p, size_t at, size_t n, uint8_t quote)
{
#ifdef __SSE2__
  const __m128i low = _mm_set1_epi8 (0x20), lt = _mm_set1_epi8 ('<'), amp = _mm_set1_epi8 ('&'),
                q = _mm_set1_epi8 ((char)quote);
  for (; n - at >= 16; at += 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + at));
      __m128i odd = _mm_or_si128 (_mm_or_si128 (_mm_cmplt_epi8 (v, low), _mm_cmpeq_epi8 (v, lt)),
                                  _mm_or_si128 (_mm_cmpeq_epi8 (v, amp), _mm_cmpeq_epi8 (v, q)));
      int m = _mm_movemask_epi8 (odd);
      if (m)
        return at + (size_t)__builtin_ctz ((unsigned)m);
    }
#endif
  while (at < n && p[at] >= 0x20 && p[at] < 0x80 && p[at] != '<' && p[at] != '&' && p[at] != quote)
    at++;
  return at;
}

static bool
scratch_room (struct xml_walk *w, size_t n)
{
  if (w->scratch_cap - w->scratch_n < n)
    {
      size_t cap = 2 * (w->scratch_n + n) + 256;
      uint8_t *p = realloc (w->scratch, cap);
      if (!p)
        {
          w->status = w->host->fail (w->host->ctx, "xml: no memory for %zu bytes of attributes", w->scratch_n + n);
          return false;
        }
      w->scratch = p;
      w->scratch_cap = cap;
    }
  return true;
}

static bool
cook (struct xml_walk *w, const uint8_t *p, size_t n)
{
  if (!scratch_room (w, n))
    return false;
  if (n)
    memcpy (w->scratch + w->scratch_n, p, n);
  w->scratch_n += n;
  return true;
}

/* A value with references, tabs or line ends in it: normalised into scratch. *at is behind its quote, *end gets there. */
static enum xml_tok
cooked_value (struct xml_walk *w, size_t at, uint8_t quote, size_t *end)
{
  size_t start = at, from = at;
  for (;;)
    {
      uint8_t c[4] = { ' ' };
      size_t k = 1, next;
      enum xml_tok t = TOK_OK;
      at = plain_value (w->p, at, w->n, quote);
      if (at - start > w->limits.value)
        return xml_bad (w, start, "limit", "an attribute's value has more than %u bytes", w->limits.value);
      if (at == w->n)
        return TOK_MORE;
      if (w->p[at] >= 0x80)
        {
          k = xml_char (w->p + at, w->n - at);
          if (!k)
            return xml_bad_char (w, at);
          at += k;
          continue;
        }
      if (w->p[at] == quote)
        {
          *end = at;
          return cook (w, w->p + from, at - from) ? TOK_OK : TOK_STOP;
        }
      next = at + 1;
      if (w->p[at] == '<')
        return xml_bad (w, at, NOT_WF, "expected no \"<\" in an attribute's value");
      if (w->p[at] == '&')
        t = xml_reference (w, at, c, &k, &next);
      else if (!(xml_class[w->p[at]] & C_BLANK))
        return xml_bad_char (w, at);
      else if (w->p[at] == '\r')
        {
          if (next == w->n)
            return TOK_MORE;
          next += w->p[next] == '\n';
        }
      if (t != TOK_OK)
        return t;
      if (!cook (w, w->p + from, at - from) || !cook (w, c, k))
        return TOK_STOP;
      at = from = next;
    }
}

/* ---- attributes ---- */

/* The attribute at *at; behind it then. */
static enum xml_tok
attribute (struct xml_walk *w, size_t *at)
{
  size_t from = *at, stop = name_end (w->p, from, w->n), end, i;
  struct xml_attr *a = &w->attr[w->n_attr];
  uint8_t quote;

  if (stop - from > w->limits.name)
    return long_name (w, from);
  if (stop == w->n)
    return TOK_MORE;
  if (w->n_attr == w->limits.attributes)
    return xml_bad (w, from, "limit", "an element has more than %u attributes (max_attributes)", w->limits.attributes);
  a->sym = find_sym (w, from, stop - from);
  if (!a->sym)
    return no_sym (w);
  for (i = 0; i < w->n_attr; i++)
    if (w->attr[i].sym == a->sym)
      return xml_bad (w, from, NOT_WF, "expected each attribute once, found %.*s again",
                      (int)(a->sym->name.n < 60 ? a->sym->name.n : 60), (const char *)a->sym->name.p);
  i = xml_skip_blanks (w, stop);
  if (i == w->n)
    return TOK_MORE;
  if (w->p[i] != '=')
    return xml_bad (w, i, NOT_WF, "expected \"=\" after the name of an attribute");
  i = xml_skip_blanks (w, i + 1);
  if (i == w->n)
    return TOK_MORE;
  quote = w->p[i++];
  if (quote != '"' && quote != '\'')
    return xml_bad (w, i - 1, NOT_WF, "expected an attribute's value in quotes");
  end = plain_value (w->p, i, w->n, quote);
  if (end - i > w->limits.value)
    return xml_bad (w, i, "limit", "an attribute's value has more than %u bytes", w->limits.value);
  if (end == w->n)
    return TOK_MORE;
  w->cooked[w->n_attr] = 0;
  if (w->p[end] == quote)
    a->value = (struct pen_span){ w->p + i, end - i };
  else
    {
      size_t start = w->scratch_n;
      enum xml_tok t = cooked_value (w, i, quote, &end);
      if (t != TOK_OK)
        return t;
      w->cooked[w->n_attr] = 1;
      a->value = (struct pen_span){ NULL, w->scratch_n - start };
    }
  w->n_attr++;
  *at = end + 1;
  return TOK_OK;
}

/* All attributes and the tag's end: *at is behind the element's name, then behind ">". */
static enum xml_tok
attributes (struct xml_walk *w, size_t *at, bool *empty)
{
  w->n_attr = 0;
  w->scratch_n = 0;
  for (;;)
    {
      size_t i = xml_skip_blanks (w, *at);
      enum xml_tok t;
      if (i == w->n)
        return TOK_MORE;
      *empty = w->p[i] == '/';
      if (w->p[i] == '>' || *empty)
        {
          i += *empty;
          if (i == w->n)
            return TOK_MORE;
          if (w->p[i] != '>')
            return xml_bad (w, i, NOT_WF, "expected \">\" after \"/\" in a tag");
          *at = i + 1;
          return TOK_OK;
        }
      if (i == *at)
        return xml_bad (w, i, NOT_WF, "expected a blank, \"/>\" or \">\" in a tag");
      t = attribute (w, &i);
      if (t != TOK_OK)
        return t;
      *at = i;
    }
}

static bool
is_text (struct pen_span s, const char *text)
{
  return s.n == strlen (text) && memcmp (s.p, text, s.n) == 0;
}

/* May this prefix be bound to this URI? By Namespaces in XML 1.0, section 3. */
static enum xml_tok
check_binding (struct xml_walk *w, size_t at, struct pen_span prefix, struct pen_span uri)
{
  static const char xmlns[] = "http://www.w3.org/2000/xmlns/";
  bool is_xml = is_text (uri, (const char *)xml_xml_ns.uri.p);
  if (is_text (prefix, "xml") ? !is_xml : is_xml)
    return xml_bad (w, at, "namespace", "expected the prefix xml and its namespace only for each other");
  if (is_text (prefix, "xmlns") || is_text (uri, xmlns))
    return xml_bad (w, at, "namespace", "expected no declaration of the prefix xmlns or of its namespace");
  if (prefix.n && !uri.n)
    return xml_bad (w, at, "namespace", "expected a namespace for the prefix %.*s, found an empty one",
                    (int)(prefix.n < 60 ? prefix.n : 60), (const char *)prefix.p);
  return TOK_OK;
}

/* Takes the namespace declarations out of the attributes and into scope. */
static enum xml_tok
declarations (struct xml_walk *w, size_t at, uint32_t *declared)
{
  size_t k = 0;
  *declared = 0;
  for (size_t i = 0; i < w->n_attr; i++)
    {
      struct xml_attr a = w->attr[i];
      struct pen_span name = a.sym->name, prefix = { NULL, 0 };
      enum xml_tok t;
      if (name.n < 5 || memcmp (name.p, "xmlns", 5) != 0 || (name.n > 5 && name.p[5] != ':'))
        {
          w->attr[k++] = a;
          continue;
        }
      if (name.n > 5)
        prefix = a.sym->local;
      t = check_binding (w, at, prefix, a.value);
      if (t != TOK_OK)
        return t;
      if (is_text (prefix, "xml"))
        continue;
      if (w->names.n_scope == XML_SCOPE_MAX)
        return xml_bad (w, at, "limit", "more than %d namespace declarations are in scope", XML_SCOPE_MAX);
      if (!xml_scope_push (w, prefix, a.value))
        return TOK_STOP;
      ++*declared;
    }
  w->n_attr = k;
  return TOK_OK;
}

static enum xml_tok
undeclared (struct xml_walk *w, size_t at, const struct xml_sym *s)
{
  return xml_bad (w, at, "namespace", "expected a declared prefix, found %.*s", (int)(s->name.n < 60 ? s->name.n : 60),
                  (const char *)s->name.p);
}

static enum xml_tok
resolve (struct xml_walk *w, size_t at)
{
  size_t prefixed = 0;
  for (size_t i = 0; i < w->n_attr; i++)
    {
      struct xml_attr *a = &w->attr[i];
      a->ns = &xml_no_ns;
      if (a->sym->local.n == a->sym->name.n)
        continue;
      a->ns = find_ns (w, (struct xml_sym *)(uintptr_t)a->sym);
      if (!a->ns)
        return undeclared (w, at, a->sym);
      if (prefixed++)
        for (size_t k = 0; k < i; k++)
          {
            const struct xml_attr *b = &w->attr[k];
            if (b->ns != &xml_no_ns && b->sym->local.n == a->sym->local.n && b->ns->uri.n == a->ns->uri.n
                && memcmp (b->sym->local.p, a->sym->local.p, a->sym->local.n) == 0
                && memcmp (b->ns->uri.p, a->ns->uri.p, a->ns->uri.n) == 0)
              return xml_bad (w, at, "namespace", "expected each attribute once, found %.*s by two prefixes",
                              (int)(a->sym->local.n < 60 ? a->sym->local.n : 60), (const char *)a->sym->local.p);
          }
    }
  return TOK_OK;
}

static void
uncook (struct xml_walk *w)
{
  size_t used = 0;
  for (size_t i = 0; i < w->n_attr; i++)
    if (w->cooked[i])
      {
        w->attr[i].value.p = w->scratch + used;
        used += w->attr[i].value.n;
      }
}

/* ---- tags ---- */

static void
pop (struct xml_walk *w)
{
  struct xml_element *e = &w->stack[w->depth];
  if (e->declared)
    xml_scope_pop (w, e->declared);
  if (w->mute == w->depth)
    w->mute = 0;
  if (w->record == w->depth)
    w->record = 0;
  if (--w->depth == 0)
    w->phase = PHASE_EPILOG;
}

static enum xml_tok
say_end (struct xml_walk *w, size_t at, size_t end)
{
  int status = PEN_OK;
  if (w->record == w->depth && !w->cutting && xml_is_long (w) && xml_free_place (w, end) != TOK_OK)
    return TOK_BAD;
  if (!w->mute || w->mute == w->depth)
    status = w->h->end (w->ctx, &w->stack[w->depth], at, end);
  pop (w);
  w->at = end;
  if (status == PEN_OK)
    return TOK_OK;
  w->status = status;
  return TOK_STOP;
}

/* The record that has just begun, in cut(): passed over. */
static enum xml_tok
pass_record (struct xml_walk *w, size_t end)
{
  size_t behind = xml_skip (w->p, w->n, end), tag = behind;
  if (!behind)
    return TOK_MORE;
  while (w->p[--tag] != '<')
    ;
  return say_end (w, tag, behind);
}

static enum xml_tok
open_element (struct xml_walk *w, struct xml_sym *s, uint32_t declared, size_t at, size_t end, bool empty)
{
  struct xml_element *e = &w->stack[w->depth + 1];
  int say = XML_GO;

  e->sym = s;
  e->user = 0;
  e->at = at;
  e->declared = declared;
  e->ns = find_ns (w, s);
  if (!e->ns)
    return undeclared (w, at, s);
  e->depth = ++w->depth;
  w->phase = PHASE_ROOT;
  w->at = end;
  if (!w->mute)
    say = w->h->start (w->ctx, e, w->attr, w->n_attr, end);
  if (say < 0)
    {
      w->status = say;
      return TOK_STOP;
    }
  if (say == XML_RECORD && !w->record)
    w->record = w->depth;
  else if (say == XML_MUTE && w->record)
    w->mute = w->depth;
  if (empty)
    return say_end (w, at, end);
  if (w->cutting && w->record)
    return pass_record (w, end);
  return TOK_OK;
}

/* The name of the start tag at `at`; NULL: *t says why. */
static struct xml_sym *
start_name (struct xml_walk *w, size_t at, size_t *stop, enum xml_tok *t)
{
  struct xml_sym *s;
  *stop = name_end (w->p, at + 1, w->n);
  *t = *stop - at - 1 > w->limits.name ? long_name (w, at) : TOK_MORE;
  if (*t == TOK_BAD || *stop == w->n)
    return NULL;
  *t = TOK_STOP;
  if (w->names.n > XML_SYMS_MAX && xml_names_forget (w) != PEN_OK)
    return NULL;
  s = find_sym (w, at + 1, *stop - at - 1);
  if (!s)
    *t = no_sym (w);
  else if (w->names.before)
    w->names.before->likely = s;
  return s;
}

enum xml_tok
xml_start_tag (struct xml_walk *w)
{
  size_t at = w->at, stop;
  struct xml_sym *before = w->names.before, *s = before ? before->likely : NULL;
  uint32_t declared = 0;
  bool empty = false;
  enum xml_tok t;

  if (s && is_sym (s, w->p + at + 1, w->n - at - 1) && (xml_class[w->p[at + 1 + s->name.n]] & C_STOP))
    stop = at + 1 + s->name.n;
  else
    {
      s = start_name (w, at, &stop, &t);
      if (!s)
        return t;
    }
  w->names.before = s;
  if (w->depth == w->limits.depth)
    return xml_bad (w, at, "limit", "elements are nested deeper than %u (max_depth)", w->limits.depth);
  if (w->p[stop] == '>')
    {
      w->n_attr = 0;
      return open_element (w, s, 0, at, stop + 1, false);
    }
  t = attributes (w, &stop, &empty);
  if (t != TOK_OK)
    return t;
  if (w->n_attr)
    {
      uncook (w);
      t = declarations (w, at, &declared);
      if (t == TOK_OK)
        t = resolve (w, at);
      if (t != TOK_OK)
        return t;
    }
  return open_element (w, s, declared, at, stop, empty);
}

static enum xml_tok
mismatch (struct xml_walk *w, size_t at, size_t n)
{
  const struct pen_span name = w->stack[w->depth].sym->name;
  return xml_bad (w, at, NOT_WF, "expected </%.*s>, found </%.*s>", (int)(name.n < 60 ? name.n : 60),
                  (const char *)name.p, (int)(n < 60 ? n : 60), (const char *)w->p + at + 2);
}

enum xml_tok
xml_end_tag (struct xml_walk *w)
{
  const struct xml_element *e = &w->stack[w->depth];
  const uint8_t *p = w->p + w->at + 2;
  size_t left = w->n - w->at - 2, n = e->sym->name.n, stop;

  if (left > n && p[n] == '>' && is_sym (e->sym, p, left))
    return say_end (w, w->at, w->at + 3 + n);
  stop = name_end (w->p, w->at + 2, w->n);
  if (stop - w->at - 2 > w->limits.name)
    return long_name (w, w->at);
  if (stop == w->n)
    return TOK_MORE;
  if (stop - w->at - 2 != n || memcmp (p, e->sym->name.p, n) != 0)
    return mismatch (w, w->at, stop - w->at - 2);
  stop = xml_skip_blanks (w, stop);
  if (stop == w->n)
    return TOK_MORE;
  if (w->p[stop] != '>')
    return xml_bad (w, stop, NOT_WF, "expected \">\" at the end of an end tag");
  return say_end (w, w->at, stop + 1);
}
