/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_http.c - what the http source reads of a server by itself: Link, Retry-After, Content-Range, and the next URL in JSON. */
#include <stdlib.h>
#include <string.h>

#include "plugins/sources/http/pure.h"
#include "tests/fuzz/fuzz.h"

/* A link's target stands in the header as it is. */
static void
fuzz_link (const char *text, size_t n)
{
  char *next = http_link_next (text, n);

  FUZZ_CHECK (!next || (*next && !strchr (next, '>') && memmem (text, n, next, strlen (next))));
  free (next);
}

static void
fuzz_values (const char *text)
{
  uint64_t first, last, total;
  int64_t wait = http_retry_after (text, 1700000000);

  FUZZ_CHECK (wait >= -1 && wait <= 366 * INT64_C (86400) * HTTP_SECOND);
  if (http_content_range (text, &first, &last, &total) == 0)
    FUZZ_CHECK (first <= last && last < total);
}

static void
fuzz_json (const char *text, size_t n)
{
  char *next = NULL;
  int rc = http_json_next (text, n, "links.next", &next);

  FUZZ_CHECK (rc == 0 || !next);
  FUZZ_CHECK (!next || *next);
  free (next);
}

/* The counter replaces itself: twice is as good as once. */
static void
fuzz_count (const char *text)
{
  char *once = http_url_with (text, "page", 7), *twice = once ? http_url_with (once, "page", 7) : NULL;

  FUZZ_CHECK (once && twice && !strcmp (once, twice));
  free (once);
  free (twice);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *text;

  if (size > 4096)
    return 0;
  text = malloc (size + 1);
  memcpy (text, data, size);
  text[size] = 0;
  fuzz_link (text, size);
  fuzz_values (text);
  fuzz_json (text, size);
  fuzz_count (text);
  free (text);
  return 0;
}
