/* SPDX-License-Identifier: Apache-2.0 */
/* describe_parse.c - reads a plugin's description from JSON that an untrusted process printed. */
#include "core/host/describe.h"

#include "core/base/escape.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384
#define FORMAT 1

static const char *const framings[] = { "custom", "line", "quoted_line", "fixed", "whole", NULL };

/* A copy of a text member. *to stays NULL where it is missing and not required. Control bytes would reach a terminal.
 */
static int
take_text (const json_t *o, const char *key, bool required, char **to, struct err *e)
{
  const json_t *v = json_object_get (o, key);
  const char *s = json_string_value (v);

  if (!v && !required)
    return 0;
  if (!s || json_string_length (v) > TEXT_MAX)
    return err_set (e, "\"%s\" is not a text of at most %d bytes", key, TEXT_MAX);
  for (const char *p = s; *p; p++)
    if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7f
        || ((unsigned char)*p == 0xc2 && (unsigned char)p[1] < 0xa0))
      return err_set (e, "\"%s\" has control characters", key);
  *to = xstrdup (s);
  return 0;
}

static int
take_u64 (const json_t *o, const char *key, uint64_t max, uint64_t *to, struct err *e)
{
  const json_t *v = json_object_get (o, key);
  const char *s = json_string_value (v);
  uint64_t x = 0;

  if (json_is_integer (v) && json_integer_value (v) >= 0)
    x = (uint64_t)json_integer_value (v);
  else if (!s || !*s)
    return err_set (e, "\"%s\" is not a number", key);
  for (; s && *s; s++)
    if (*s < '0' || *s > '9' || __builtin_mul_overflow (x, 10, &x)
        || __builtin_add_overflow (x, (uint64_t)(*s - '0'), &x))
      return err_set (e, "\"%s\" is not a number", key);
  if (x > max)
    return err_set (e, "\"%s\" is %llu, at most %llu expected", key, (unsigned long long)x, (unsigned long long)max);
  *to = x;
  return 0;
}

static int
take_bool (const json_t *o, const char *key, bool *to, struct err *e)
{
  const json_t *v = json_object_get (o, key);

  if (!json_is_boolean (v))
    return err_set (e, "\"%s\" is neither true nor false", key);
  *to = json_is_true (v);
  return 0;
}

static int
take_array (const json_t *o, const char *key, size_t max, const json_t **to, struct err *e)
{
  const json_t *v = json_object_get (o, key);

  if (!json_is_array (v) || json_array_size (v) > max)
    return err_set (e, "\"%s\" is not a list of at most %zu items", key, max);
  *to = v;
  return 0;
}

static int
take_kinds (const json_t *o, struct plugin_desc *d, struct err *e)
{
  const json_t *list = NULL;

  if (take_array (o, "kinds", 6, &list, e) == -1)
    return -1;
  for (size_t i = 0; i < json_array_size (list); i++)
    {
      const char *s = json_string_value (json_array_get (list, i));
      unsigned kind = s ? plugin_kind_of (s) : 0;

      if (!kind)
        return err_set (e, "\"kinds\" has what is no kind");
      d->kinds |= kind;
    }
  return d->kinds ? 0 : err_set (e, "\"kinds\" is empty");
}

static int
take_option (const json_t *o, struct opt_desc *d, struct err *e)
{
  bool required = false, deprecated = false;
  const char *type = json_string_value (json_object_get (o, "type"));

  d->type = (uint16_t)(type ? opt_type_of (type) : 0);
  if (!d->type)
    return err_set (e, "\"type\" is no type of an option");
  if (take_bool (o, "required", &required, e) == -1 || take_bool (o, "deprecated", &deprecated, e) == -1)
    return -1;
  d->flags = (uint16_t)((required ? PEN_OPT_REQUIRED : 0) | (deprecated ? PEN_OPT_DEPRECATED : 0));
  return take_text (o, "name", true, &d->name, e) == -1 || take_text (o, "default", false, &d->def, e) == -1
                 || take_text (o, "range", false, &d->range, e) == -1 || take_text (o, "doc", false, &d->doc, e) == -1
             ? -1
             : 0;
}

static int
take_options (const json_t *o, struct plugin_desc *d, struct err *e)
{
  const json_t *list = NULL;

  if (take_array (o, "options", OPT_TABLE_MAX, &list, e) == -1)
    return -1;
  for (size_t i = 0; i < json_array_size (list); i++)
    {
      struct opt_desc one = { 0 };
      int rc = take_option (json_array_get (list, i), &one, e);

      if (rc == 0)
        opt_table_add (&d->options, &one);
      free (one.name);
      free (one.def);
      free (one.range);
      free (one.doc);
      if (rc == -1)
        return err_prefix (e, "option %zu", i);
      if (d->options.v[i].type == PEN_SECRET && (d->kinds & KIND_WORKER) && !d->decoder.keys)
        return err_set (e, "option %zu: a secret never enters a worker", i);
    }
  return opt_table_check (&d->options, e);
}

static int
take_total (const json_t *o, size_t n_scopes, struct total_desc *t, struct err *e)
{
  const char *fold = json_string_value (json_object_get (o, "fold"));
  uint64_t scope = 0, scale = 0;

  if (take_text (o, "name", true, &t->name, e) == -1 || take_text (o, "rule", true, &t->rule, e) == -1
      || take_text (o, "doc", false, &t->doc, e) == -1 || take_u64 (o, "scope", UINT64_MAX, &scope, e) == -1
      || take_u64 (o, "scale", 18, &scale, e) == -1 || take_u64 (o, "modulo", UINT64_MAX, &t->modulo, e) == -1)
    return -1;
  if (scope >= n_scopes)
    return err_set (e, "\"scope\" is %llu, but there are %zu", (unsigned long long)scope, n_scopes);
  if (!fold || (strcmp (fold, "sum") != 0 && strcmp (fold, "count") != 0))
    return err_set (e, "\"fold\" is neither sum nor count");
  t->scope = (unsigned)scope;
  t->scale = (unsigned)scale;
  t->fold = strcmp (fold, "sum") == 0 ? PEN_FOLD_SUM : PEN_FOLD_COUNT;
  return 0;
}

static int
take_ledger (const json_t *q, struct plugin_desc *d, struct err *e)
{
  const json_t *scopes = NULL, *totals = NULL;

  if (take_array (q, "scopes", PLUGIN_SCOPES_MAX, &scopes, e) == -1
      || take_array (q, "totals", PLUGIN_TOTALS_MAX, &totals, e) == -1)
    return -1;
  d->parser.scopes = xcalloc (json_array_size (scopes), sizeof *d->parser.scopes);
  d->parser.totals = xcalloc (json_array_size (totals), sizeof *d->parser.totals);
  for (size_t i = 0; i < json_array_size (scopes); i++)
    {
      const char *s = json_string_value (json_array_get (scopes, i));
      char shown[ESCAPE_MAX];

      if (!s)
        return err_set (e, "\"scopes\" has what is no text");
      d->parser.scopes[d->parser.n_scopes++] = xstrdup (escape_text (shown, sizeof shown, s, strlen (s)));
    }
  for (size_t i = 0; i < json_array_size (totals); i++)
    if (take_total (json_array_get (totals, i), d->parser.n_scopes, &d->parser.totals[d->parser.n_totals++], e) == -1)
      return err_prefix (e, "total %zu", i);
  return 0;
}

static int
take_parser (const json_t *o, struct plugin_desc *d, struct err *e)
{
  const json_t *q = json_object_get (o, "parser");
  const char *framing = json_string_value (json_object_get (q, "framing"));

  if (!(d->kinds & KIND_PARSER))
    return 0;
  for (d->parser.framing = 0; framing && framings[d->parser.framing]; d->parser.framing++)
    if (strcmp (framings[d->parser.framing], framing) == 0)
      break;
  if (!framing || !framings[d->parser.framing])
    return err_set (e, "parser: \"framing\" is not known");
  if (take_u64 (q, "max_record", PLUGIN_RECORD_MAX, &d->parser.max_record, e) == -1
      || take_bool (q, "cut", &d->parser.cut, e) == -1 || take_bool (q, "recognise", &d->parser.recognises, e) == -1
      || take_ledger (q, d, e) == -1)
    return err_prefix (e, "parser");
  if (take_text (q, "longer_by", false, &d->parser.longer_by, e) == -1
      || take_text (q, "longer_if", false, &d->parser.longer_if, e) == -1
      || take_text (q, "memory_by", false, &d->parser.memory_by, e) == -1
      || take_text (q, "memory_if", false, &d->parser.memory_if, e) == -1)
    return err_prefix (e, "parser");
  if (!d->parser.longer_by != !d->parser.longer_if)
    return err_set (e, "parser: \"longer_by\" and \"longer_if\" go together");
  if (!d->parser.memory_by != !d->parser.memory_if)
    return err_set (e, "parser: \"memory_by\" and \"memory_if\" go together");
  if (d->parser.framing != PEN_FRAME_WHOLE && d->parser.max_record == 0)
    return err_set (e, "parser: \"max_record\" is 0");
  return 0;
}

/* What an older description does not say holds no keys. */
static int
take_decoder (const json_t *o, struct plugin_desc *d, struct err *e)
{
  const json_t *q = json_object_get (o, "decoder");

  if (!(d->kinds & KIND_DECODER) || !q)
    return 0;
  if (take_bool (q, "keys", &d->decoder.keys, e) == -1)
    return err_prefix (e, "decoder");
  return d->decoder.keys && d->kinds != KIND_DECODER ? err_set (e, "what holds keys is a decoder and nothing else") : 0;
}

static int
take_all (const json_t *o, struct plugin_desc *d, struct err *e)
{
  uint64_t format = 0, abi = 0;

  if (take_u64 (o, "format", UINT64_MAX, &format, e) == -1)
    return -1;
  if (format != FORMAT)
    return err_set (e, "it has format %llu, expected %d", (unsigned long long)format, FORMAT);
  if (take_u64 (o, "abi", UINT32_MAX, &abi, e) == -1 || take_text (o, "name", true, &d->name, e) == -1
      || take_text (o, "version", true, &d->version, e) == -1 || take_text (o, "summary", true, &d->summary, e) == -1
      || take_text (o, "doc", false, &d->doc, e) == -1)
    return -1;
  d->abi = (unsigned)abi;
  if (d->abi != PEN_ABI)
    return err_set (e, "\"abi\" is %u, expected %d", d->abi, PEN_ABI);
  if (take_kinds (o, d, e) == -1 || take_decoder (o, d, e) == -1 || take_options (o, d, e) == -1
      || take_parser (o, d, e) == -1)
    return -1;
  if ((d->kinds & KIND_ENCODER) && take_bool (json_object_get (o, "encoder"), "merges", &d->encoder.merges, e) == -1)
    return err_prefix (e, "encoder");
  if ((d->kinds & KIND_SINK)
      && take_text (json_object_get (o, "sink"), "default_encoder", true, &d->sink.default_encoder, e) == -1)
    return err_prefix (e, "sink");
  return 0;
}

struct plugin_desc *
describe_parse (const char *json, size_t n, const char *path, struct err *e)
{
  struct plugin_desc *d = NULL;
  json_error_t je;
  json_t *o;

  if (n > DESCRIBE_MAX)
    {
      err_set (e, "%s: its description has %zu bytes, the limit is %u", path, n, DESCRIBE_MAX);
      return NULL;
    }
  o = json_loadb (json, n, JSON_REJECT_DUPLICATES, &je);
  if (!o)
    {
      char shown[ESCAPE_MAX];

      err_set (e, "%s: its description is not JSON: line %d: %s", path, je.line,
               escape_text (shown, sizeof shown, je.text, strlen (je.text)));
      return NULL;
    }
  d = xcalloc (1, sizeof *d);
  d->path = xstrdup (path);
  if (take_all (o, d, e) == -1)
    {
      err_prefix (e, "%s: its description", path);
      plugin_desc_free (d);
      d = NULL;
    }
  json_decref (o);
  return d;
}

void
plugin_desc_free (struct plugin_desc *d)
{
  if (!d)
    return;
  for (size_t i = 0; i < d->parser.n_scopes; i++)
    free (d->parser.scopes[i]);
  for (size_t i = 0; i < d->parser.n_totals; i++)
    {
      free (d->parser.totals[i].name);
      free (d->parser.totals[i].rule);
      free (d->parser.totals[i].doc);
    }
  free (d->parser.scopes);
  free (d->parser.totals);
  free (d->parser.longer_by);
  free (d->parser.longer_if);
  free (d->parser.memory_by);
  free (d->parser.memory_if);
  free (d->sink.default_encoder);
  opt_table_fini (&d->options);
  free (d->path);
  free (d->name);
  free (d->version);
  free (d->summary);
  free (d->doc);
  free (d);
}
