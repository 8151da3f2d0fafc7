/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - makes one tree of all paths, so that each element is looked up once, below its parent's place. */
#include <stdlib.h>
#include <string.h>
#include "xml.h"

#define FAIL(x, ...) (x)->host->fail ((x)->host->ctx, __VA_ARGS__)

static uint32_t
add_node (struct xml *x, uint32_t parent, uint32_t id, uint32_t ns)
{
  uint32_t *link = &x->node[parent].child, k;
  struct xml_node *v;
  for (; *link; link = &x->node[*link].sibling)
    if (x->node[*link].id == id && x->node[*link].ns == ns)
      return *link;
  v = realloc (x->node, (x->n_nodes + 1) * sizeof *v);
  if (!v)
    return 0;
  x->node = v;
  k = x->n_nodes++;
  v[k] = (struct xml_node){ .id = id, .ns = ns, .parent = parent, .table = -1, .texts = -1, .attrs = -1, .heirs = -1 };
  /* names come before what takes any */
  for (link = &v[parent].child; *link && (id == 0 || v[*link].id); link = &v[*link].sibling)
    ;
  v[k].sibling = *link;
  *link = k;
  return k;
}

/* A name, perhaps with a prefix, perhaps "*", as numbers. False: the prefix is not declared, or no memory. */
static bool
read_step (struct xml *x, const char *p, size_t n, uint32_t *id, uint32_t *ns)
{
  const char *colon = memchr (p, ':', n);
  char local[256];
  *ns = 0;
  if (colon)
    {
      const struct pen_list *l = &x->o->namespaces;
      size_t n_prefix = (size_t)(colon - p);
      for (size_t i = 0; i < l->n && !*ns; i++)
        if (strncmp (l->item[i], p, n_prefix) == 0 && l->item[i][n_prefix] == '=')
          *ns = xml_ns_id (x->walk, l->item[i] + n_prefix + 1);
      if (!*ns)
        {
          FAIL (x, "namespaces: \"%.*s\" has a prefix that is not declared there", (int)n, p);
          return false;
        }
      n -= n_prefix + 1;
      p = colon + 1;
    }
  if (n == 0 || n >= sizeof local)
    {
      FAIL (x, "path: a name is expected between the / of \"%s\"", p);
      return false;
    }
  memcpy (local, p, n);
  local[n] = 0;
  *id = strcmp (local, "*") == 0 ? 0 : xml_name_id (x->walk, local);
  return true;
}

/* Follows a path from a node; *attr: the name behind "@", or NULL. 0: host->fail() has been called. */
static uint32_t
follow (struct xml *x, uint32_t node, const char *path, const char **attr)
{
  const char *p = path;
  *attr = NULL;
  while (*p)
    {
      size_t n = strcspn (p, "/");
      uint32_t id, ns;
      if (*p == '@')
        {
          if (p[n])
            {
              FAIL (x, "path(%s): nothing may stand behind an attribute", path);
              return 0;
            }
          *attr = p + 1;
          return node;
        }
      if (n == 2 && memcmp (p, "..", 2) == 0)
        {
          node = x->node[node].parent;
          if (!node)
            {
              FAIL (x, "path(%s): it leads above the root", path);
              return 0;
            }
        }
      else if (n != 1 || *p != '.')
        {
          if (!read_step (x, p, n, &id, &ns))
            return 0;
          node = add_node (x, node, id, ns);
          if (!node)
            {
              FAIL (x, "xml: no memory for paths");
              return 0;
            }
        }
      p += n;
      p += *p == '/';
    }
  return node;
}

static bool
is_within (const struct xml *x, uint32_t node, uint32_t above)
{
  while (node && node != above)
    node = x->node[node].parent;
  return node == above;
}

static int
add_column (struct xml *x, struct xml_column *col)
{
  const char *attr;
  uint32_t home = x->table[col->table].node, node = follow (x, home, col->path, &attr);
  int *list;

  if (!node)
    return PEN_ERR;
  col->node = node;
  col->is_attr = attr != NULL;
  col->is_context = !is_within (x, node, home);
  if (attr && !read_step (x, attr, strlen (attr), &col->attr_id, &col->attr_ns))
    return PEN_ERR;
  if (attr && !col->attr_id)
    return FAIL (x, "path(%s): the name of an attribute is expected", col->path);
  if (col->is_context && (!attr || col->many != MANY_REFUSED))
    return FAIL (x, "path(%s): of what is above a row's element only attributes can be had, without first and all()",
                 col->path);
  list = col->is_context ? &x->node[node].heirs : attr ? &x->node[node].attrs : &x->node[node].texts;
  col->next = *list;
  *list = (int)(col - x->col);
  return PEN_OK;
}

static int
add_table (struct xml *x, unsigned t)
{
  struct xml_table *table = &x->table[t];
  const char *attr;

  table->parent = -1;
  table->node = follow (x, t ? x->table[0].node : 0, t ? table->path : x->o->record + 1, &attr);
  if (!table->node)
    return PEN_ERR;
  if (attr || (t && !is_within (x, table->node, x->table[0].node)))
    return FAIL (x, "%s: an element %s is expected", t ? table->path : x->o->record, t ? "within the record" : "");
  if (x->node[table->node].table >= 0)
    return FAIL (x, "tables: \"%s\" and \"%s\" are of the same element", x->table[x->node[table->node].table].name,
                 table->name);
  x->node[table->node].table = (int)t;
  return PEN_OK;
}

static int
make_jumps (struct xml *x)
{
  for (uint32_t i = 0; i < x->n_nodes; i++)
    x->n_ids = x->node[i].id >= x->n_ids ? x->node[i].id + 1 : x->n_ids;
  x->jump = calloc ((size_t)x->n_nodes * x->n_ids, sizeof *x->jump);
  if (!x->jump)
    return FAIL (x, "xml: no memory for paths");
  for (uint32_t i = 0; i < x->n_nodes; i++)
    for (uint32_t id = 0; id < x->n_ids; id++)
      {
        uint32_t k = x->node[i].child;
        while (k && x->node[k].id && x->node[k].id != id)
          k = x->node[k].sibling;
        x->jump[(size_t)i * x->n_ids + id] = k;
      }
  return PEN_OK;
}

int
xml_tree_make (struct xml *x)
{
  x->node = calloc (1, sizeof *x->node);
  if (!x->node)
    return FAIL (x, "xml: no memory for paths");
  x->n_nodes = 1;
  x->node[0] = (struct xml_node){ .table = -1, .texts = -1, .attrs = -1, .heirs = -1 };
  if (x->o->record[0] != '/' || !x->o->record[1])
    return FAIL (x, "record: \"%s\" is not a path from the root, like /Orders/Order", x->o->record);
  for (unsigned t = 0; t < x->n_tables; t++)
    if (add_table (x, t) != PEN_OK)
      return PEN_ERR;
  for (unsigned t = 1; t < x->n_tables; t++)
    for (uint32_t n = x->node[x->table[t].node].parent; n && n != x->table[0].node && x->table[t].parent < 0;
         n = x->node[n].parent)
      x->table[t].parent = x->node[n].table;
  for (size_t i = 0; i < x->n_cols; i++)
    if (add_column (x, &x->col[i]) != PEN_OK)
      return PEN_ERR;
  return make_jumps (x);
}

uint32_t
xml_tree_step (const struct xml *x, uint32_t node, const struct xml_element *e)
{
  uint32_t k, id = e->sym->id < x->n_ids ? e->sym->id : 0; /* others are names of attributes: only * takes them */
  for (k = x->jump[(size_t)node * x->n_ids + id]; k; k = x->node[k].sibling)
    if ((!x->node[k].id || x->node[k].id == e->sym->id) && (!x->node[k].ns || x->node[k].ns == e->ns->id))
      break;
  return k;
}
