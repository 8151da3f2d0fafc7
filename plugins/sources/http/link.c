/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - where the next page is: the Link header, a field of a JSON body, a counter in the query; and Content-Range. */
#include "pure.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the Link header ---- */

struct cursor
{
  const char *p, *end;
};

static void
skip_space (struct cursor *c)
{
  while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '\n'))
    c->p++;
}

static int
take (struct cursor *c, char what)
{
  skip_space (c);
  if (c->p == c->end || *c->p != what)
    return 0;
  c->p++;
  return 1;
}

/* 1: the list of relation types, parted by spaces, has "next". */
static int
has_next (const char *p, size_t n)
{
  for (size_t i = 0; i < n;)
    {
      size_t from;
      while (i < n && isspace ((unsigned char)p[i]))
        i++;
      for (from = i; i < n && !isspace ((unsigned char)p[i]);)
        i++;
      if (i - from == 4 && !strncasecmp (p + from, "next", 4))
        return 1;
    }
  return 0;
}

/* One parameter behind its semicolon; *is_next is set by rel. A quoted value may hold commas and semicolons. */
static void
parameter (struct cursor *c, int *is_next)
{
  const char *name, *value;
  size_t name_len, value_len;

  skip_space (c);
  for (name = c->p; c->p < c->end && !strchr ("=;, \t\r\n", *c->p);)
    c->p++;
  name_len = (size_t)(c->p - name);
  if (!take (c, '='))
    return;
  skip_space (c);
  if (c->p < c->end && *c->p == '"')
    {
      for (value = ++c->p; c->p < c->end && *c->p != '"'; c->p++)
        if (*c->p == '\\' && c->p + 1 < c->end)
          c->p++;
      value_len = (size_t)(c->p - value);
      if (c->p < c->end)
        c->p++;
    }
  else
    {
      for (value = c->p; c->p < c->end && !strchr (";, \t\r\n", *c->p);)
        c->p++;
      value_len = (size_t)(c->p - value);
    }
  if (name_len == 3 && !strncasecmp (name, "rel", 3) && has_next (value, value_len))
    *is_next = 1;
}

char *
http_link_next (const char *value, size_t n)
{
  struct cursor c = { value, value + n };

  for (;;)
    {
      const char *target;
      size_t target_len;
      int is_next = 0;

      while (take (&c, ',')) /* an empty element is allowed */
        ;
      if (!take (&c, '<'))
        return NULL;
      target = c.p;
      while (c.p < c.end && *c.p != '>')
        c.p++;
      if (c.p == c.end)
        return NULL;
      target_len = (size_t)(c.p++ - target);
      while (take (&c, ';'))
        parameter (&c, &is_next);
      if (is_next)
        return target_len && !memchr (target, 0, target_len) ? strndup (target, target_len) : NULL;
      if (!take (&c, ','))
        return NULL;
    }
}

/* ---- JSON ---- */

int
http_json_next (const void *text, size_t n, const char *path, char **next)
{
  json_t *root = json_loadb (text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL), *at = root;
  int rc = 0;

  *next = NULL;
  if (!root)
    return -1;
  while (*path && at)
    {
      size_t len = strcspn (path, ".");
      char member[256];
      if (len >= sizeof member || !json_is_object (at))
        {
          at = NULL;
          break;
        }
      memcpy (member, path, len);
      member[len] = 0;
      at = json_object_get (at, member);
      path += len + (path[len] == '.');
    }
  if (at && json_is_string (at))
    {
      if (json_string_length (at) != strlen (json_string_value (at)))
        rc = -1;
      else if (json_string_length (at))
        *next = strdup (json_string_value (at));
    }
  else if (at && !json_is_null (at) && !json_is_false (at))
    rc = -1;
  json_decref (root);
  return rc;
}

/* ---- counters ---- */

char *
http_url_with (const char *url, const char *name, int64_t value)
{
  size_t head = strcspn (url, "?#"), len = strlen (name), query = 0;
  const char *q = url[head] == '?' ? url + head + 1 : "", *end = q + strcspn (q, "#");
  char *made = malloc (strlen (url) + len + 32), *to = made;

  if (!made)
    return NULL;
  memcpy (to, url, head);
  to += head;
  *to++ = '?';
  while (q < end) /* the other parameters stay as they are */
    {
      size_t n = strcspn (q, "&#");
      if (n && !(n > len && !strncmp (q, name, len) && q[len] == '='))
        {
          if (query++)
            *to++ = '&';
          memcpy (to, q, n);
          to += n;
        }
      q += n + (q[n] == '&');
    }
  sprintf (to, "%s%s=%" PRId64, query ? "&" : "", name, value);
  return made;
}

/* ---- ranges ---- */

static int
number (const char **p, uint64_t *out)
{
  const char *from = *p;

  *out = 0;
  while (**p >= '0' && **p <= '9')
    if (__builtin_mul_overflow (*out, 10, out) || __builtin_add_overflow (*out, (uint64_t)(*(*p)++ - '0'), out))
      return -1;
  return *p == from ? -1 : 0;
}

int
http_content_range (const char *value, uint64_t *first, uint64_t *last, uint64_t *total)
{
  const char *p = value + strspn (value, " \t");

  if (strncasecmp (p, "bytes ", 6))
    return -1;
  p += 6;
  if (number (&p, first) || *p++ != '-' || number (&p, last) || *p++ != '/')
    return -1;
  if (*p == '*')
    {
      *total = UINT64_MAX;
      p++;
    }
  else if (number (&p, total))
    return -1;
  p += strspn (p, " \t\r\n");
  return *p || *last < *first || *last >= *total ? -1 : 0;
}
