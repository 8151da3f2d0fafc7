/* SPDX-License-Identifier: Apache-2.0 */
/* optvalue.c - turns the text of one option into a value of the option's type, within its range. */
#include "core/base/optvalue.h"

#include "core/base/escape.h"
#include "core/base/nearest.h"
#include "core/base/secret.h"
#include "core/base/units.h"

#include <string.h>

const char *
opt_word (const char *words, char sep, size_t index, size_t *n)
{
  for (; words; index--)
    {
      const char *end = strchr (words, sep);

      *n = end ? (size_t)(end - words) : strlen (words);
      if (index == 0)
        return words;
      words = end ? end + 1 : NULL;
    }
  return NULL;
}

static int
choice_parse (const char *range, const char *text, int64_t *index, struct err *e)
{
  char shown[ESCAPE_MAX], word[OPTSET_NAME_MAX], best[OPTSET_NAME_MAX];
  struct nearest near;
  const char *w;
  size_t n;

  nearest_init (&near, text);
  for (size_t i = 0; (w = opt_word (range, '|', i, &n)); i++)
    {
      if (n == strlen (text) && memcmp (w, text, n) == 0)
        {
          *index = (int64_t)i;
          return 0;
        }
      if (n >= sizeof word)
        continue;
      memcpy (word, w, n);
      word[n] = '\0';
      nearest_offer (&near, word);
      if (near.best == word)
        near.best = memcpy (best, word, n + 1);
    }
  escape_text (shown, sizeof shown, text, strlen (text));
  return err_set (e, "\"%s\" is none of %s%s%s%s", shown, range, near.best ? "; did you mean \"" : "",
                  near.best ? near.best : "", near.best ? "\"?" : "");
}

/* One number in the notation of the type. Sizes above INT64_MAX are refused: no such memory or file exists. */
static int
number_parse (unsigned type, const char *text, int64_t *v)
{
  uint64_t u = 0;
  int rc;

  if (type == PEN_INT)
    return units_int (text, v);
  if (type == PEN_DURATION)
    return units_duration (text, v);
  rc = units_size (text, &u);
  if (rc == 0 && u > INT64_MAX)
    return -2;
  *v = (int64_t)u;
  return rc;
}

static const char *
notation (unsigned type)
{
  switch (type)
    {
    case PEN_SIZE:
      return "a size such as 65536, 64K, 16M or 1G";
    case PEN_DURATION:
      return "a duration such as 250ms, 30s, 5m, 2h or 1d";
    default:
      return "a whole number";
    }
}

/* Splits "MIN..MAX"; either side may be left out. */
static int
range_parse (unsigned type, const char *range, int64_t *min, int64_t *max)
{
  const char *dots = strstr (range, "..");
  char low[32];

  if (!dots || (size_t)(dots - range) >= sizeof low)
    return -1;
  memcpy (low, range, (size_t)(dots - range));
  low[dots - range] = '\0';
  *min = INT64_MIN;
  *max = INT64_MAX;
  if (*low && number_parse (type, low, min) != 0)
    return -1;
  if (dots[2] && number_parse (type, dots + 2, max) != 0)
    return -1;
  return *min <= *max ? 0 : -1;
}

static int
number_value (const struct opt_desc *d, const char *text, int64_t *v, struct err *e)
{
  char shown[ESCAPE_MAX];
  int64_t min = INT64_MIN, max = INT64_MAX;
  int rc = number_parse (d->type, text, v);

  escape_text (shown, sizeof shown, text, strlen (text));
  if (rc == -1)
    return err_set (e, "\"%s\" is not %s", shown, notation (d->type));
  if (d->range && range_parse (d->type, d->range, &min, &max) == -1)
    return err_set (e, "the plugin's range \"%s\" is not MIN..MAX", d->range);
  if (d->range && (rc == -2 || *v < min || *v > max))
    return err_set (e, "%s is outside %s", shown, d->range);
  if (rc == -2)
    return err_set (e, "%s is too large", shown);
  return 0;
}

int
opt_value_parse (const struct opt_desc *d, const char *text, int64_t *v, struct err *e)
{
  char shown[ESCAPE_MAX];

  *v = 0;
  switch (d->type)
    {
    case PEN_BOOL:
      *v = strcmp (text, "true") == 0;
      if (*v || strcmp (text, "false") == 0)
        return 0;
      return err_set (e, "\"%s\" is neither true nor false", escape_text (shown, sizeof shown, text, strlen (text)));
    case PEN_INT:
    case PEN_SIZE:
    case PEN_DURATION:
      return number_value (d, text, v, e);
    case PEN_ENUM:
      return choice_parse (d->range, text, v, e);
    case PEN_PATH:
      return *text ? 0 : err_set (e, "the path is empty");
    case PEN_SECRET:
      return secret_check (text, e);
    default: /* string, item of a list */
      return d->range ? choice_parse (d->range, text, v, e) : 0;
    }
}

int
opt_range_check (const struct opt_desc *d, struct err *e)
{
  int64_t min, max;

  switch (d->type)
    {
    case PEN_INT:
    case PEN_SIZE:
    case PEN_DURATION:
      if (d->range && range_parse (d->type, d->range, &min, &max) == -1)
        return err_set (e, "range \"%s\" is not MIN..MAX", d->range);
      return 0;
    case PEN_ENUM:
      return d->range && *d->range ? 0 : err_set (e, "an enum needs its words as range \"a|b|c\"");
    case PEN_STRING:
    case PEN_LIST:
      return 0;
    default:
      return d->range ? err_set (e, "%s takes no range", opt_type_name (d->type)) : 0;
    }
}
