/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - configuration files, descriptions of plugins and packed options, told apart by how they begin. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/host/config.h"
#include "core/host/plan.h"

static void
check_node (const struct config_node *n)
{
  FUZZ_CHECK (n->where && strncmp (n->where, "f.conf:", 7) == 0);
  FUZZ_CHECK ((n->type == CONFIG_VALUE) == (n->value != NULL));
  for (size_t i = 0; i < n->n; i++)
    {
      FUZZ_CHECK (n->type != CONFIG_GROUP || n->child[i]->name);
      check_node (n->child[i]);
    }
}

/* Every message names its place and has no control character in it that a terminal would obey. */
static void
check_message (void *ctx, bool is_error, const char *text)
{
  (void)is_error;
  ++*(unsigned *)ctx;
  FUZZ_CHECK (strncmp (text, "f.conf", 6) == 0);
}

static void
fuzz_file (const uint8_t *p, size_t n)
{
  struct plugin_dirs none = { 0 };
  struct err e = { 0 };
  struct config *c = config_parse ((const char *)p, n, "f.conf", "/d", &e);
  struct plan_set s;
  unsigned messages = 0;
  struct opt_report r = { check_message, &messages };

  FUZZ_CHECK ((c == NULL) == (e.text[0] != '\0'));
  if (!c)
    {
      FUZZ_CHECK (strncmp (e.text, "f.conf:", 7) == 0);
      return;
    }
  check_node (c->root);
  plan_set_init (&s, &none, "/nonexistent");
  /* there are no plugins here: no pipeline can be good */
  FUZZ_CHECK (plan_from_config (&s, c, &r, &e) == -1 || config_get (c->root, "pipelines"));
  FUZZ_CHECK (s.n == 0);
  plan_set_fini (&s);
  config_free (c);
}

/* Whatever a description says, a set of options can be checked against it. */
static void
fuzz_description (const uint8_t *p, size_t n)
{
  struct err e = { 0 };
  struct plugin_desc *d = describe_parse ((const char *)p, n, "/p/x.so", &e);
  struct optset set;

  FUZZ_CHECK ((d == NULL) == (e.text[0] != '\0'));
  if (!d)
    return;
  FUZZ_CHECK (d->name && d->version && d->summary && d->kinds);
  optset_init (&set, "x", "f.conf:1", "/d");
  for (size_t i = 0; i < d->options.n; i++)
    {
      optset_add (&set, d->options.v[i].name, d->options.v[i].def ? d->options.v[i].def : "1", "f.conf:2", &e);
      FUZZ_CHECK (opt_table_find (&d->options, d->options.v[i].name) == &d->options.v[i]);
    }
  options_check (&d->options, &set, NULL, &e);
  optset_fini (&set);
  plugin_desc_free (d);
}

/* What can be unpacked packs to the same bytes. */
static void
fuzz_packed (const uint8_t *p, size_t n)
{
  struct optset set;
  struct err e = { 0 };
  size_t again_n;
  void *again;

  if (optset_unpack (&set, p, n, &e) == -1)
    {
      FUZZ_CHECK (e.text[0]);
      return;
    }
  FUZZ_CHECK (optset_pack (&set, &again, &again_n, &e) == 0);
  FUZZ_CHECK (again_n == n && memcmp (again, p, n) == 0);
  free (again);
  optset_fini (&set);
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  if (n && *p == '{')
    fuzz_description (p, n);
  else if (n > 4 && memcmp (p, "POP1", 4) == 0)
    fuzz_packed (p, n);
  else
    fuzz_file (p, n);
  return 0;
}
