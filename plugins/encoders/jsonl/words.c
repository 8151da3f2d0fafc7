/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - a dictionary's values, escaped once: a batch says again what the last one said, and that is checked byte by
 * byte, because buffers are reused at the same address. */
#include "escape.h"
#include "jsonl.h"
#include <stdlib.h>

#define WORDS_MAX 4096           /* a dictionary with more values, */
#define WORDS_DATA_MAX (1 << 16) /* or more text, costs more to compare than it saves */

void
jsonl_words_fini (struct jsonl_words *w)
{
  free (w->offsets);
  free (w->data);
  free (w->at);
  free (w->text);
  memset (w, 0, sizeof *w);
}

static int
is_same (const struct jsonl_words *w, const struct pen_column *c, size_t data_n)
{
  size_t n = (size_t)c->entries;

  return w->offsets && w->n == n && w->data_n == data_n
         && memcmp (w->offsets, c->offsets, (n + 1) * sizeof *w->offsets) == 0
         && (!data_n || memcmp (w->data, c->values + c->offsets[0], data_n) == 0);
}

static int
escape_all (struct jsonl_words *w)
{
  uint8_t *out = w->text;

  w->longest = 0;
  for (size_t i = 0; i < w->n; i++)
    {
      const uint8_t *p = w->data + (w->offsets[i] - w->offsets[0]);
      w->at[i] = (uint32_t)(out - w->text);
      out = escape_text (out, p, (size_t)(w->offsets[i + 1] - w->offsets[i]), w->data + w->data_n);
      if (!out)
        return -1;
      if ((size_t)(out - w->text) - w->at[i] > w->longest)
        w->longest = (size_t)(out - w->text) - w->at[i];
    }
  w->at[w->n] = (uint32_t)(out - w->text);
  return 0;
}

int
jsonl_words_update (struct jsonl_words *w, const struct pen_column *c)
{
  size_t n = (size_t)c->entries, data_n;

  if (c->entries <= 0 || c->entries > WORDS_MAX)
    return 1;
  data_n = (size_t)(c->offsets[n] - c->offsets[0]);
  if (data_n > WORDS_DATA_MAX)
    return 1;
  if (is_same (w, c, data_n))
    return 0;
  jsonl_words_fini (w);
  w->offsets = malloc ((n + 1) * sizeof *w->offsets);
  w->data = malloc (data_n + 1);
  w->at = malloc ((n + 1) * sizeof *w->at);
  w->text = malloc (data_n * ESCAPE_GROWTH + n + JSONL_SLACK);
  if (!w->offsets || !w->data || !w->at || !w->text)
    {
      jsonl_words_fini (w);
      return -1;
    }
  w->n = n;
  w->data_n = data_n;
  memcpy (w->offsets, c->offsets, (n + 1) * sizeof *w->offsets);
  if (data_n)
    memcpy (w->data, c->values + c->offsets[0], data_n);
  if (escape_all (w) == 0)
    return 0;
  jsonl_words_fini (w);
  return -1;
}
