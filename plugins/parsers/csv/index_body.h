/* SPDX-License-Identifier: Apache-2.0 */
/* index_body.h - the scanners of index.c, once for each kind of processor: included with VARIANT, TARGET and eq64()
 * defined.
 *
 * 64 bytes at a time become bit masks. Quotes toggle, so that the running parity of their mask says which bytes are inside
 * of quotes: exact, as long as every opening quote stands at the start of a field and every closing one at its end. Where
 * one does not, the scanner stops and csv_lex() reads the record. */

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_ (a, b)
#define NAME(f) PASTE (f##_, VARIANT)

TARGET static inline __attribute__ ((always_inline)) struct masks
NAME (load) (const struct csv_dialect *d, const uint8_t *p, uint64_t prev_cr)
{
  struct masks m;
  m.quote = d->has_quote ? NAME (eq64) (p, d->quote) : 0;
  m.lf = NAME (eq64) (p, '\n');
  m.cr = NAME (eq64) (p, '\r');
  if (__builtin_expect (d->newline == NEWLINE_AUTO, 1))
    {
      m.end = m.lf | m.cr;
      if (__builtin_expect (m.cr | prev_cr, 0))
        m.end &= ~(m.lf & (m.cr << 1 | prev_cr));
      m.count = m.end;
    }
  else if (d->newline == NEWLINE_LF)
    m.end = m.count = m.lf;
  else if (d->newline == NEWLINE_CR)
    m.end = m.count = m.cr;
  else
    {
      m.end = m.lf & (m.cr << 1 | prev_cr);
      m.count = m.lf;
    }
  return m;
}

/* A CR before an LF that ends a record, where a CR alone does not. */
TARGET static inline __attribute__ ((always_inline)) uint64_t
NAME (soft_cr) (const struct csv_dialect *d, const uint8_t *p, uint64_t cr)
{
  if (d->newline == NEWLINE_AUTO || d->newline == NEWLINE_CR || !cr)
    return 0;
  return cr & NAME (eq64) (p + 1, '\n');
}

TARGET static inline __attribute__ ((always_inline)) size_t
NAME (pass_body) (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint64_t *lines)
{
  uint8_t tail[BLOCK + 8];
  uint64_t inside = 0, prev_close = 0, prev_cr = 0, seen = 0, passed = 0;
  size_t end = at, limit = d->max_field < d->max_record ? d->max_field : d->max_record;

  for (size_t i = at; i < n; i += BLOCK)
    {
      const uint8_t *b = p + i;
      uint64_t valid = ~0ull, bad = 0;
      if (__builtin_expect (n - i < BLOCK + 8, 0))
        b = tail_block (tail, b, n - i, &valid);
      struct masks m = NAME (load) (d, b, prev_cr);
      if (__builtin_expect ((m.quote | inside | prev_close) != 0, 1))
        {
          uint64_t delim = NAME (eq64) (b, d->delim[0]), in, open, close, follow, before;
          before = delim | m.end | (d->newline == NEWLINE_AUTO ? m.lf : 0);
          in = NAME (parity) (m.quote) ^ inside;
          open = m.quote & in;
          close = m.quote & ~in;
          follow = close << 1 | prev_close;
          bad = open & ~((before | close) << 1 | prev_close);
          if (bad & 1)
            bad &= ~(uint64_t)(i == at || is_separator (d, p, i));
          bad |= follow & ~(delim | m.end | m.quote | NAME (soft_cr) (d, b, m.cr));
          m.end &= ~in;
          inside = (uint64_t)((int64_t)in >> 63);
          prev_close = close >> 63;
        }
      if (d->has_comment)
        bad |= NAME (eq64) (b, d->comment) & ((m.end | m.lf) << 1 | (uint64_t)(i == at || is_separator (d, p, i)));
      bad &= valid;
      if (__builtin_expect (bad != 0, 0))
        m.end &= (bad & -bad) - 1;
      m.end &= valid;
      if (m.end)
        {
          unsigned top = 63u - (unsigned)__builtin_clzll (m.end);
          if (i + (size_t)__builtin_ctzll (m.end) - end > limit)
            break;
          end = i + top + 1;
          passed = seen + (uint64_t)__builtin_popcountll (m.count & (~0ull >> (63 - top)));
        }
      else if (i - end > limit)
        break;
      if (__builtin_expect (bad != 0, 0))
        break;
      seen += (uint64_t)__builtin_popcountll (m.count & valid);
      prev_cr = m.cr >> 63;
    }
  *lines += passed;
  if (end > at && end < n && p[end - 1] == '\r' && p[end] == '\n' && d->newline == NEWLINE_AUTO)
    end++;
  return end;
}

TARGET static size_t
NAME (pass) (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint64_t *lines)
{
  struct csv_dialect common = COMMON (d);
  return is_common (d) ? NAME (pass_body) (&common, p, n, at, lines) : NAME (pass_body) (d, p, n, at, lines);
}

TARGET static inline __attribute__ ((always_inline)) void
NAME (index_body) (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, size_t max_rec,
                   struct csv_index *x)
{
  uint8_t tail[BLOCK + 8];
  uint64_t inside = 0, prev_close = 0, prev_cr = 0, seen = 0;
  uint32_t k = 0, *sep = x->sep;
  size_t n_rec = 0, n_odd = 0, cap = x->cap;

  for (size_t i = at; i < n; i += BLOCK)
    {
      const uint8_t *b = p + i;
      uint64_t valid = ~0ull, bad = 0, delim, m_sep;
      if (__builtin_expect (n - i < BLOCK + 8, 0))
        b = tail_block (tail, b, n - i, &valid);
      struct masks m = NAME (load) (d, b, prev_cr);
      delim = NAME (eq64) (b, d->delim[0]);
      m_sep = delim | m.end;
      if ((m.quote | inside | prev_close) != 0)
        {
          uint64_t in = NAME (parity) (m.quote) ^ inside, open = m.quote & in, close = m.quote & ~in;
          uint64_t follow = close << 1 | prev_close, before = delim | m.end | (d->newline == NEWLINE_AUTO ? m.lf : 0);
          bad = open & ~((before | close) << 1 | prev_close);
          if (bad & 1)
            bad &= ~(uint64_t)(i == at || is_separator (d, p, i));
          bad |= follow & ~(delim | m.end | m.quote | NAME (soft_cr) (d, b, m.cr));
          m_sep &= ~in;
          m.end &= ~in;
          inside = (uint64_t)((int64_t)in >> 63);
          prev_close = close >> 63;
        }
      if (d->has_comment)
        bad |= NAME (eq64) (b, d->comment) & ((m.end | m.lf) << 1 | (uint64_t)(i == at || is_separator (d, p, i)));
      bad &= valid;
      if (__builtin_expect (bad != 0, 0))
        valid = (bad & -bad) - 1;
      m_sep &= valid;
      m.end &= valid;
      if (n_odd < x->cap_odd)
        x->odd[n_odd++] = NAME (is_odd) (b);
      if (k + 64 > cap || n_odd == x->cap_odd)
        bad = 1;
      else
        {
          uint32_t base = k, from = (uint32_t)(i - at);
          for (uint64_t e = m.end; e && n_rec < max_rec; e &= e - 1, n_rec++)
            {
              uint64_t below = e ^ (e - 1); /* up to and with the lowest bit */
              x->rec[n_rec] = base + (uint32_t)__builtin_popcountll (m_sep & below) - 1;
              x->line[n_rec] = (uint32_t)(seen + (uint64_t)__builtin_popcountll (m.count & below));
            }
          uint32_t count = (uint32_t)__builtin_popcountll (m_sep);
          for (uint32_t done = 0; done < count; done += 8)
            for (int r = 0; r < 8; r++)
              {
                sep[k + done + (uint32_t)r] = from + (uint32_t)__builtin_ctzll (m_sep | 1ull << 63);
                m_sep &= m_sep - 1;
              }
          k += count;
        }
      if (bad || n_rec == max_rec)
        break;
      seen += (uint64_t)__builtin_popcountll (m.count & valid);
      prev_cr = m.cr >> 63;
    }
  x->n_rec = n_rec;
  x->n_odd = n_odd;
}

TARGET static void
NAME (index) (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, size_t max_rec, struct csv_index *x)
{
  struct csv_dialect common = COMMON (d);
  if (is_common (d))
    NAME (index_body) (&common, p, n, at, max_rec, x);
  else
    NAME (index_body) (d, p, n, at, max_rec, x);
}

#undef NAME
#undef PASTE
#undef PASTE_
#undef VARIANT
#undef TARGET
