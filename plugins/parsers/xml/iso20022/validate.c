/* SPDX-License-Identifier: Apache-2.0 */
/* validate.c - validates messages with the user's schemas: one that is being validated is not cut, and one that turns out
 * to be longer than the limit is cut after all, and not validated any further.
 *
 * Whether a message is too long depends on its length alone, and what was found before the limit stays found: so neither
 * depends on cuts. */
#include "iso20022.h"

int
iso20022_validate_create (struct iso20022 *x)
{
  if (!x->o->schemas)
    return x->o->schema_files.n ? x->host->fail (x->host->ctx, "schema.files: schema.directory is not set") : PEN_OK;
  x->xsd = xml_xsd_create (x->host, x->o->schemas, &x->o->schema_files, x->o->schema_memory);
  return x->xsd ? PEN_OK : PEN_ERR;
}

void
iso20022_hold (struct iso20022 *x, bool hold)
{
  xml_hold (x->walk, hold || x->is_checking);
}

void
iso20022_validate_stop (struct iso20022 *x)
{
  if (x->is_checking && !x->quiet)
    xml_xsd_stop (x->xsd);
  x->is_checking = false;
}

/* Tells what libxml2 has found. */
static void
tell (struct iso20022 *x, size_t at, size_t end)
{
  const char *why = xml_xsd_why (x->xsd);
  if (why)
    iso20022_find (x, RULE_xsd, at, end, NULL, "%s", why);
}

/* Too long, or taking too much memory: in cut() only the first is known, which is enough, as both are told the same way. */
static bool
is_over (struct iso20022 *x, size_t end)
{
  bool is_long = xml_offset (x->walk, end) - xml_offset (x->walk, x->check_at) > x->o->schema_limit;
  unsigned long long most = is_long ? x->o->schema_limit : x->o->schema_memory;
  if (!is_long && (x->quiet || !xml_xsd_is_over (x->xsd)))
    return false;
  iso20022_validate_stop (x);
  x->st.unchecked = 1;
  if (!x->quiet && x->o->rule[RULE_xsd_limit] != LEVEL_OFF)
    iso20022_take (x, xml_find (x->walk, iso20022_severity (x, RULE_xsd_limit), x->check_at, x->check_end, NULL,
                                "xsd_limit",
                                is_long ? "expected a message of at most schema.limit = %llu bytes to validate, found "
                                          "a longer one: it is validated no further"
                                        : "expected a message that takes at most schema.memory = %llu bytes to "
                                          "validate, found one that takes more: it is validated no further",
                                most));
  return true;
}

static void
message_start (struct iso20022 *x, const struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end)
{
  if (x->o->rule[RULE_xsd] == LEVEL_OFF)
    return;
  if (!xml_xsd_has (x->xsd, e->ns->uri))
    {
      if (e->user & USER_DOCUMENT)
        iso20022_find (x, RULE_xsd_missing, e->at, end, NULL,
                       "expected a namespace that a schema is for, found \"%.*s\"",
                       (int)(e->ns->uri.n < 120 ? e->ns->uri.n : 120), (const char *)e->ns->uri.p);
      return;
    }
  x->is_checking = true;
  x->check_at = e->at;
  x->check_end = end;
  iso20022_hold (x, true);
  if (x->quiet)
    return;
  iso20022_take (x, xml_xsd_begin (x->xsd, x->walk, e, attr, n));
  tell (x, e->at, end);
}

static bool
is_root (const struct xml_element *e)
{
  return (e->user & (USER_DOCUMENT | USER_APPHDR)) && !(e[-1].user & USER_MESSAGE);
}

void
iso20022_validate_start (struct iso20022 *x, const struct xml_element *e, const struct xml_attr *attr, size_t n,
                         size_t end)
{
  if (is_root (e))
    message_start (x, e, attr, n, end);
  else if (x->is_checking && !is_over (x, end) && !x->quiet)
    {
      iso20022_take (x, xml_xsd_start (x->xsd, e, attr, n));
      tell (x, e->at, end);
    }
}

void
iso20022_validate_text (struct iso20022 *x, struct pen_span s)
{
  if (!x->quiet)
    xml_xsd_text (x->xsd, s);
}

void
iso20022_validate_end (struct iso20022 *x, const struct xml_element *e, size_t end)
{
  if (x->is_checking && !is_over (x, end) && !x->quiet)
    {
      xml_xsd_end (x->xsd, e);
      tell (x, e->at, end);
    }
  if (!is_root (e))
    return;
  iso20022_validate_stop (x);
  x->st.unchecked = 0;
}
