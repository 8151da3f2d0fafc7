/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - the text of an element becomes a column, a claim, an addend or a remembered word, by its type. */
#include "iso20022.h"

/* A text on its way; parsed once, however many uses it has. */
struct value
{
  struct iso20022 *x;
  const char *p;
  size_t n, at, end;
  const char *column; /* for findings */
  bool is_number;     /* `number` holds it */
  bool told;          /* a finding was made on it */
  pen_i128 number;    /* at AMOUNT_SCALE */
};

#define SHOW(v) (int)((v)->n < 60 ? (v)->n : 60), (v)->p

static void
find (struct value *v, enum iso20022_rule rule, const char *expected)
{
  if (!v->told)
    iso20022_find (v->x, rule, v->at, v->end, v->column, "expected %s, found \"%.*s\"", expected, SHOW (v));
  v->told = true;
}

/* ---- numbers ---- */

/* xs:decimal at AMOUNT_SCALE. Up to 18 digits and 5 decimals here, which is what amounts may have; zeros do not count. */
static bool
parse_number (const char *p, size_t n, bool sign, pen_i128 *out, unsigned *decimals)
{
  size_t i = 0;
  bool negative = false, point = false, seen = false;
  unsigned digits = 0, after = 0, zeros = 0;
  uint64_t u = 0;
  static const uint32_t power[] = { 1, 10, 100, 1000, 10000, 100000 };
  if (n && (p[0] == '+' || (p[0] == '-' && sign)))
    negative = p[i++] == '-';
  for (; i < n; i++)
    {
      unsigned d = (unsigned)(unsigned char)p[i] - '0';
      if (d > 9)
        {
          if (p[i] != '.' || point)
            return false;
          point = true;
          continue;
        }
      seen = true;
      if (point && d == 0)
        {
          zeros++;
          continue;
        }
      if (point)
        {
          if (after + zeros + 1 > AMOUNT_SCALE)
            return false;
          for (; zeros; zeros--, after++, digits += digits > 0)
            u *= 10;
          after++;
        }
      digits += digits || d;
      if (digits > AMOUNT_DIGITS)
        return false;
      u = u * 10 + d;
    }
  if (!seen)
    return false;
  *decimals = after;
  *out = (pen_i128)u * power[AMOUNT_SCALE - after];
  if (negative)
    *out = -*out;
  return true;
}

static bool
number_of (struct value *v, bool sign, unsigned *decimals)
{
  unsigned after = 0;
  if (!v->is_number && !parse_number (v->p, v->n, sign, &v->number, &after))
    return false;
  v->is_number = true;
  if (decimals)
    *decimals = after;
  return true;
}

static bool
put_amount (struct value *v, struct pen_table *t, const struct iso20022_target *g)
{
  struct iso20022 *x = v->x;
  bool first = !v->is_number;
  unsigned after = 0;
  int places;
  if (!number_of (v, false, &after))
    {
      find (v, RULE_amount, "an amount of at most 18 digits, 5 of them decimals");
      return false;
    }
  pen_put_decimal (t, g->col, v->number);
  if (x->n_ccy)
    iso20022_put_text (x, t, g->col2, x->ccy, x->n_ccy);
  if (!first)
    return true;
  places = iso20022_currency_decimals (x->ccy, x->n_ccy);
  if (places == CURRENCY_ANY && x->table[g->table].priority_col >= 0)
    iso20022_find (x, RULE_commodity, v->at, v->end, v->column, "expected a currency of money, found %.3s", x->ccy);
  if (places < 0)
    iso20022_find (x, RULE_currency, v->at, v->end, v->column, "expected a currency of ISO 4217, found %s%.*s",
                   x->n_ccy ? "" : "none", (int)x->n_ccy, x->ccy);
  else if (after > (unsigned)places)
    iso20022_find (x, RULE_amount_decimals, v->at, v->end, v->column,
                   "expected at most %d decimals for %.3s, found %.*s", places, x->ccy, SHOW (v));
  return true;
}

static bool
put_number (struct value *v, struct pen_table *t, const struct iso20022_target *g)
{
  pen_i128 n;
  if (g->type == TYPE_RATE)
    {
      if (pen_dec_parse (v->p, v->n, RATE_DIGITS, RATE_SCALE, '.', &n) == PEN_DEC_OK)
        {
          pen_put_decimal (t, g->col, n);
          return true;
        }
      find (v, RULE_number, "a rate of at most 10 decimals");
      return false;
    }
  if (g->type == TYPE_INT)
    {
      size_t digits = v->n;
      int64_t i;
      while (digits > 1 && v->p[digits - 1] == '0' && memchr (v->p, '.', digits))
        digits--; /* 12.00 is 12 */
      i = pen_parse_digits (v->p, digits - (digits > 1 && v->p[digits - 1] == '.'));
      if (i >= 0)
        pen_put_i64 (t, g->col, i);
      else
        find (v, RULE_number, "a number of at most 18 digits");
      return i >= 0;
    }
  if (!number_of (v, true, NULL))
    {
      find (v, RULE_number, "a number of at most 18 digits, 5 of them decimals");
      return false;
    }
  pen_put_decimal (t, g->col, v->number);
  return true;
}

/* ---- dates ---- */

/* Z, +HH:MM or -HH:MM in minutes. */
static bool
parse_zone (const char *p, size_t n, int *minutes)
{
  int h, m;
  *minutes = 0;
  if (n == 1 && p[0] == 'Z')
    return true;
  if (n != 6 || (p[0] != '+' && p[0] != '-') || p[3] != ':')
    return false;
  h = pen_date_digits_ ((const unsigned char *)p + 1, 2);
  m = pen_date_digits_ ((const unsigned char *)p + 4, 2);
  if (h < 0 || h > 14 || m < 0 || m > 59 || (h == 14 && m))
    return false;
  *minutes = (p[0] == '-' ? -1 : 1) * (h * 60 + m);
  return true;
}

/* xs:date. A zone is allowed but has no place in a column: then the text goes to the table elements as well. */
static bool
put_date (struct value *v, struct pen_table *t, const struct iso20022_target *g)
{
  int32_t days;
  int minutes;
  if (v->n >= 10 && pen_date_iso (v->p, 10, &days) == 0 && (v->n == 10 || parse_zone (v->p + 10, v->n - 10, &minutes)))
    {
      pen_put_date (t, g->col, days);
      return v->n == 10;
    }
  find (v, RULE_date, "a date YYYY-MM-DD");
  return false;
}

/* xs:dateTime, or a date where old versions had one. An instant where the text has a zone; else as it is written, and
 * the column of the offset stays empty. 24:00:00 is the next day's beginning. */
static bool
put_datetime (struct value *v, struct pen_table *t, const struct iso20022_target *g)
{
  char text[64];
  int64_t us, day = 0;
  int zoned, minutes;
  int32_t days;
  size_t tail = 19;
  if (v->n == 10 && pen_date_iso (v->p, 10, &days) == 0)
    {
      pen_put_timestamp (t, g->col, (int64_t)days * 86400000000);
      return true;
    }
  if (v->n >= sizeof text || v->n < 19)
    {
      find (v, RULE_date, "a time YYYY-MM-DDThh:mm:ss");
      return false;
    }
  memcpy (text, v->p, v->n);
  if (memcmp (text + 10, "T24:00:00", 9) == 0)
    {
      memcpy (text + 10, "T00:00:00", 9);
      day = 86400000000;
    }
  if (pen_time_iso (text, v->n, &us, &zoned))
    {
      find (v, RULE_date, "a time YYYY-MM-DDThh:mm:ss, with or without offset");
      return false;
    }
  pen_put_timestamp (t, g->col, us + day);
  while (tail < v->n && text[tail] != 'Z' && text[tail] != '+' && text[tail] != '-')
    tail++;
  if (zoned && parse_zone (text + tail, v->n - tail, &minutes))
    pen_put_i32 (t, g->col2, minutes);
  return true;
}

static bool
put_indicator (struct value *v, struct pen_table *t, const struct iso20022_target *g)
{
  bool yes = (v->n == 4 && memcmp (v->p, "true", 4) == 0) || (v->n == 1 && *v->p == '1');
  bool no = (v->n == 5 && memcmp (v->p, "false", 5) == 0) || (v->n == 1 && *v->p == '0');
  if (yes || no)
    pen_put_bool (t, g->col, yes);
  else
    find (v, RULE_indicator, "true or false");
  return yes || no;
}

/* ---- texts ---- */

static void
check_text (struct value *v, unsigned max, bool id)
{
  size_t n = v->n;
  if (max && n > max)
    for (size_t i = 0; i < v->n; i++)
      n -= ((unsigned char)v->p[i] & 0xc0) == 0x80;
  if (max && n > max && !v->told)
    iso20022_find (v->x, RULE_length, v->at, v->end, v->column, "expected at most %u characters, found %zu: \"%.*s\"",
                   max, n, SHOW (v));
  if (id && v->n && (v->p[0] == '/' || v->p[v->n - 1] == '/' || memmem (v->p, v->n, "//", 2)))
    iso20022_find (v->x, RULE_slashes, v->at, v->end, v->column,
                   "expected no slash at the beginning or end, and no two in a row, found \"%.*s\"", SHOW (v));
  if (v->x->o->rule[RULE_character_set] == LEVEL_OFF || v->told)
    return;
  n = iso20022_find_foreign (v->p, v->n);
  if (n < v->n)
    iso20022_find (v->x, RULE_character_set, v->at, v->end, v->column,
                   "expected letters, digits, blank and /-?:().,'+, found 0x%02x at character %zu of \"%.*s\"",
                   (unsigned char)v->p[n], n + 1, SHOW (v));
}

static void
check_code (struct value *v, unsigned type)
{
  switch (type)
    {
    case TYPE_BIC:
      if (!iso20022_is_bic (v->p, v->n))
        find (v, RULE_bic, "a BIC of 8 or 11 letters and digits");
      break;
    case TYPE_IBAN:
      switch (iso20022_check_iban (v->p, v->n))
        {
        case IBAN_SHAPE:
          find (v, RULE_iban, "an IBAN");
          break;
        case IBAN_LENGTH:
          if (!v->told)
            iso20022_find (v->x, RULE_iban, v->at, v->end, v->column,
                           "expected an IBAN of %u characters for %.2s, found %zu: \"%.*s\"",
                           iso20022_iban_length (v->p), v->p, v->n, SHOW (v));
          v->told = true;
          break;
        case IBAN_CHECK:
          find (v, RULE_iban, "check digits that fit");
          break;
        case IBAN_OK:
          break;
        }
      break;
    case TYPE_LEI:
      if (!iso20022_is_lei (v->p, v->n))
        find (v, RULE_lei, "an LEI of 18 letters and digits and 2 check digits");
      break;
    case TYPE_UETR:
      if (!iso20022_is_uetr (v->p, v->n))
        find (v, RULE_uetr, "a UUID of version 4");
      break;
    case TYPE_CURRENCY:
      if (iso20022_currency_decimals (v->p, v->n) < 0)
        find (v, RULE_currency, "a currency of ISO 4217");
      break;
    case TYPE_COUNTRY:
      if (v->n != 2 || v->p[0] < 'A' || v->p[0] > 'Z' || v->p[1] < 'A' || v->p[1] > 'Z')
        find (v, RULE_country, "two capital letters");
      break;
    default:
      break;
    }
}

static bool
put_column (struct value *v, const struct iso20022_target *g)
{
  struct iso20022 *x = v->x;
  struct pen_table *t = &x->tables.table[g->table];
  v->column = x->table[g->table].col[g->col].name;
  if (v->n == 0)
    {
      if (strncmp (x->st.kind, "head", 4) != 0) /* networks send application headers that they do not use */
        iso20022_find (x, RULE_length, v->at, v->end, v->column, "expected a value, found an empty element");
      return false;
    }
  switch (g->type)
    {
    case TYPE_TEXT:
    case TYPE_ID:
      check_text (v, g->max, g->type == TYPE_ID);
      break;
    case TYPE_AMOUNT:
      return put_amount (v, t, g);
    case TYPE_INT:
    case TYPE_NUMBER:
    case TYPE_RATE:
      return put_number (v, t, g);
    case TYPE_DATE:
      return put_date (v, t, g);
    case TYPE_DATETIME:
      return put_datetime (v, t, g);
    case TYPE_BOOL:
      return put_indicator (v, t, g);
    default:
      check_code (v, g->type);
    }
  iso20022_put_text (x, t, g->col, v->p, v->n);
  return true;
}

static bool
to_column (struct value *v, const struct iso20022_target *g)
{
  struct iso20022 *x = v->x;
  struct pen_table *t = &x->tables.table[g->table];
  if (!x->is_open[g->table])
    return false;
  if (!iso20022_is_set (t, g->col))
    return put_column (v, g);
  if (!g->join)
    return false;
  v->column = x->table[g->table].col[g->col].name;
  check_text (v, g->max, false);
  if (pen_append_text (t, g->col, "\n", 1) || pen_append_text (t, g->col, v->p, v->n))
    iso20022_take (x, x->host->fail (x->host->ctx, "iso20022: no memory for a text of %zu bytes", v->n));
  return true;
}

static void
keep (struct value *v, const struct iso20022_target *g)
{
  struct iso20022_slot_text *s = &v->x->slot[g->what];
  size_t n = v->n < sizeof s->p ? v->n : sizeof s->p;
  while (n < v->n && n && ((unsigned char)v->p[n] & 0xc0) == 0x80)
    n--;
  s->n = (uint8_t)n;
  memcpy (s->p, v->p, n);
}

bool
iso20022_value (struct iso20022 *x, uint16_t node, const char *p, size_t n, size_t at, size_t end)
{
  struct value v = { .x = x, .p = p, .n = n, .at = at, .end = end };
  bool placed = false;
  for (uint16_t i = x->node[node].target; i; i = x->target[i].next)
    {
      const struct iso20022_target *g = &x->target[i];
      switch (g->use)
        {
        case USE_COLUMN:
          if (!x->quiet)
            placed |= to_column (&v, g);
          break;
        case USE_KEEP:
          keep (&v, g);
          break;
        case USE_CLAIM:
          if (number_of (&v, true, NULL))
            iso20022_claim (x, g, iso20022_totals[g->what].fold == PEN_FOLD_COUNT ? v.number / 100000 : v.number);
          break;
        default:
          if (number_of (&v, false, NULL) && x->n_amounts < sizeof x->amount / sizeof *x->amount)
            {
              x->amount[x->n_amounts].value = v.number;
              x->amount[x->n_amounts].total = g->what;
              x->amount[x->n_amounts++].when = g->when;
            }
        }
    }
  return placed;
}
