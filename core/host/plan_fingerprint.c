/* SPDX-License-Identifier: Apache-2.0 */
/* plan_fingerprint.c - a hash of what a pipeline's section says, by which a changed pipeline is told from one that is the same. */
#include "core/host/plan_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void
put (XXH3_state_t *h, const char *text)
{
  XXH3_128bits_update (h, text ? text : "", text ? strlen (text) + 1 : 1);
}

/* Types and counts are part of it: no two trees give the same bytes. Recursion is bounded by the reader's depth. */
static void
put_node (XXH3_state_t *h, const struct config_node *n)
{
  char head[32];

  snprintf (head, sizeof head, "%d %zu", (int)n->type, n->n);
  put (h, head);
  put (h, n->name);
  put (h, n->value);
  for (size_t i = 0; i < n->n; i++)
    put_node (h, n->child[i]);
}

void
plan_fingerprint (struct plan *p, const struct config *c, const struct config_node *pipeline)
{
  const struct config_node *dirs = config_get (c->root, "plugin_dirs");
  XXH3_state_t *h = XXH3_createState ();
  XXH128_hash_t sum;

  if (!h)
    abort (); /* out of memory */
  XXH3_128bits_reset (h);
  put (h, c->dir);
  if (dirs)
    put_node (h, dirs);
  for (size_t i = 0; i < pipeline->n; i++)
    put_node (h, pipeline->child[i]);
  sum = XXH3_128bits_digest (h);
  XXH3_freeState (h);
  snprintf (p->fingerprint, sizeof p->fingerprint, "%016llx%016llx", (unsigned long long)sum.high64,
            (unsigned long long)sum.low64);
}
