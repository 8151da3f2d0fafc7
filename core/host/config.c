/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a configuration file as a tree in which every value knows its file and line; the only user of libconfig. */
#include <config.h>

#include "core/host/config.h"

#include "core/base/cleanup.h"
#include "core/host/config_text.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifdef PEN_SANITIZED
/* libconfig 1.5 loses a few bytes after a syntax error; a sanitizer shall go on telling us of our own leaks. */
const char *__lsan_default_suppressions (void);
const char *
__lsan_default_suppressions (void)
{
  return "leak:libconfig\n";
}
const char *__lsan_default_options (void);
const char *
__lsan_default_options (void)
{
  return "print_suppressions=0";
}
#endif

/* ---- from libconfig's tree to ours ---- */

static void
node_free (struct config_node *n)
{
  if (!n)
    return;
  for (size_t i = 0; i < n->n; i++)
    node_free (n->child[i]);
  free (n->child);
  free (n->name);
  free (n->value);
  free (n->where);
  free (n);
}

static char *
value_text (const config_setting_t *s)
{
  switch (config_setting_type (s))
    {
    case CONFIG_TYPE_BOOL:
      return xstrdup (config_setting_get_bool (s) ? "true" : "false");
    case CONFIG_TYPE_FLOAT:
      return xasprintf ("%.17g", config_setting_get_float (s));
    case CONFIG_TYPE_STRING:
      return xstrdup (config_setting_get_string (s) ? config_setting_get_string (s) : "");
    default:
      return xasprintf ("%lld", config_setting_get_int64 (s));
    }
}

/* Recursion is bounded: config_text has counted the levels. */
static struct config_node *
node_from (const struct config_text *t, const config_setting_t *s)
{
  struct config_node *n = xcalloc (1, sizeof *n);

  n->type = config_setting_is_group (s) ? CONFIG_GROUP : config_setting_is_aggregate (s) ? CONFIG_LIST : CONFIG_VALUE;
  n->where = config_text_where (t, config_setting_source_line (s));
  if (config_setting_name (s))
    n->name = xstrdup (config_setting_name (s));
  if (n->type == CONFIG_VALUE)
    {
      n->value = value_text (s);
      return n;
    }
  n->child = xcalloc ((size_t)config_setting_length (s), sizeof (struct config_node *));
  for (int i = 0; i < config_setting_length (s); i++)
    n->child[n->n++] = node_from (t, config_setting_get_elem (s, (unsigned)i));
  return n;
}

static char *
directory_of (const char *path, struct err *e)
{
  const char *slash = strrchr (path, '/');
  CLEANUP_FREE char *dir = !slash          ? xstrdup (".")
                           : slash == path ? xstrdup ("/")
                                           : xasprintf ("%.*s", (int)(slash - path), path);
  char *real = realpath (dir, NULL);

  if (!real)
    err_errno (e, "%s", path);
  return real;
}

static struct config *
parse (const struct config_text *t, const char *name, const char *dir, struct err *e)
{
  struct config *c = NULL;
  config_t raw;

  config_init (&raw);
  if (config_read_string (&raw, t->text) != CONFIG_TRUE)
    {
      CLEANUP_FREE char *where = config_text_where (t, (unsigned)config_error_line (&raw));

      err_set (e, "%s: %s", where, config_error_text (&raw) ? config_error_text (&raw) : "cannot be read");
    }
  else
    {
      c = xcalloc (1, sizeof *c);
      c->file = xstrdup (name);
      c->dir = xstrdup (dir);
      c->root = node_from (t, config_root_setting (&raw));
    }
  config_destroy (&raw);
  return c;
}

struct config *
config_parse (const char *text, size_t n, const char *name, const char *dir, struct err *e)
{
  struct config_text t;
  struct config *c;

  if (config_text_take (&t, text, n, name, e) == -1)
    return NULL;
  c = parse (&t, name, dir, e);
  config_text_fini (&t);
  return c;
}

struct config *
config_load (const char *path, struct err *e)
{
  CLEANUP_FREE char *dir = directory_of (path, e);
  struct config_text t;
  struct config *c;

  if (!dir || config_text_load (&t, path, dir, e) == -1)
    return NULL;
  c = parse (&t, path, dir, e);
  config_text_fini (&t);
  return c;
}

struct config *
config_load_packed (int fd, const char *path, struct err *e)
{
  CLEANUP_FREE char *dir = directory_of (path, e);
  struct config *c = NULL;
  struct config_text t;
  struct stat st;
  void *p;

  if (!dir)
    return NULL;
  if (fstat (fd, &st) == -1)
    return err_errno (e, "descriptor %d with the configuration %s", fd, path), NULL;
  p = st.st_size ? mmap (NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  if (p == MAP_FAILED)
    return err_set (e, "descriptor %d: there is no configuration in it", fd), NULL;
  if (config_text_unpack (&t, p, (size_t)st.st_size, e) == 0)
    {
      c = parse (&t, path, dir, e);
      config_text_fini (&t);
    }
  munmap (p, (size_t)st.st_size);
  return c;
}

void
config_free (struct config *c)
{
  if (!c)
    return;
  node_free (c->root);
  free (c->file);
  free (c->dir);
  free (c);
}

/* ---- reading the tree ---- */

const struct config_node *
config_get (const struct config_node *group, const char *name)
{
  for (size_t i = 0; group->type == CONFIG_GROUP && i < group->n; i++)
    if (strcmp (group->child[i]->name, name) == 0)
      return group->child[i];
  return NULL;
}

static int
flatten_node (const struct config_node *n, const char *name, struct optset *set, struct err *e)
{
  if (n->type == CONFIG_VALUE)
    return optset_add (set, name, n->value, n->where, e);
  if (n->type == CONFIG_LIST)
    {
      for (size_t i = 0; i < n->n; i++)
        {
          if (n->child[i]->type != CONFIG_VALUE)
            return err_set (e, "%s: %s: %s: an item of this list is a group or a list, a plain value is expected",
                            n->child[i]->where, set->owner, name);
          if (optset_add (set, name, n->child[i]->value, n->child[i]->where, e) == -1)
            return -1;
        }
      return n->n ? 0 : optset_add_empty (set, name, n->where, e);
    }
  for (size_t i = 0; i < n->n; i++)
    {
      CLEANUP_FREE char *dotted = xasprintf ("%s.%s", name, n->child[i]->name);

      if (flatten_node (n->child[i], dotted, set, e) == -1)
        return -1;
    }
  return 0;
}

static bool
is_among (const char *name, const char *const *names)
{
  for (; names && *names; names++)
    if (strcmp (*names, name) == 0)
      return true;
  return false;
}

int
config_flatten (const struct config_node *group, const char *const *skip, struct optset *set, struct err *e)
{
  for (size_t i = 0; i < group->n; i++)
    if (!is_among (group->child[i]->name, skip) && flatten_node (group->child[i], group->child[i]->name, set, e) == -1)
      return -1;
  return 0;
}
