/* SPDX-License-Identifier: Apache-2.0 */
/* sim_sink.c - three kinds of sink as they have to be written: a table with compare-and-swap, an appended file with a
 * checkpoint record, a file made by rename. Every operation is in steps that a crash can separate. */
#include "tests/sim/sim.h"

#include <penstock/plugin.h>
#include <string.h>

#define MODE_CHUNK (sim->cfg.mode == PEN_COMMIT_CHUNK)

void
log_add (struct log *l, uint32_t unit)
{
  if (l->n == MAX_LOG)
    sim_fail ("a sink was given more than there is");
  l->u[l->n++] = unit;
}

static void
log_append (struct log *l, const struct log *more)
{
  for (unsigned i = 0; i < more->n; i++)
    log_add (l, more->u[i]);
}

/* ---- what readers see ---- */

static void
check_log (unsigned s, const uint32_t *u, unsigned n)
{
  unsigned at[MAX_CONTENTS] = { 0 };

  for (unsigned i = 0; i < n; i++)
    {
      unsigned k = u[i] >> 16;

      if (u[i] == GARBAGE || k >= sim->n_contents)
        sim_fail ("sink %u shows garbage", s);
      if (at[k] >= sim->contents[k].n_expect || sim->contents[k].expect[at[k]] != u[i])
        sim_fail ("sink %u shows unit %06x of content %u doubled, lost or out of order (after %u units)", s, u[i], k,
                  at[k]);
      at[k]++;
    }
  if (MODE_CHUNK)
    return;
  for (unsigned k = 0; k < sim->n_contents; k++)
    {
      const struct content *t = &sim->contents[k];

      if (!at[k])
        continue;
      if (t->bad_totals || t->poison >= 0)
        sim_fail ("sink %u shows content %u, which does not balance", s, k);
      if (!t->intended)
        sim_fail ("sink %u shows content %u before its intent is durable", s, k);
      if (at[k] != t->n_expect)
        sim_fail ("sink %u shows %u of %u units of content %u", s, at[k], t->n_expect, k);
    }
}

void
sink_check (unsigned s)
{
  const struct sink *x = &sim->sinks[s];

  if (x->kind == SINK_TABLE)
    check_log (s, x->rows.u, x->rows.n);
  else if (x->kind == SINK_APPEND)
    {
      if (x->data.n < x->cur.len)
        sim_fail ("sink %u: committed data is missing", s);
      check_log (s, x->data.u, x->cur.len);
    }
  else
    for (unsigned k = 0; k < sim->n_contents; k++)
      if (x->dest[k].exists)
        {
          check_log (s, x->dest[k].data.u, x->dest[k].data.n);
          if (x->dest[k].data.n != sim->contents[k].n_expect)
            sim_fail ("sink %u shows a partial file of content %u", s, k);
        }
}

static bool
has_all (const uint32_t *u, unsigned n, unsigned k)
{
  unsigned at = 0;

  for (unsigned i = 0; i < n; i++)
    at += u[i] >> 16 == k;
  return at == sim->contents[k].n_expect;
}

bool
sink_has_durably (unsigned s, unsigned k)
{
  const struct sink *x = &sim->sinks[s];

  if (x->kind == SINK_TABLE)
    return x->published[k] && has_all (x->rows.u, x->rows.n, k);
  if (x->kind == SINK_APPEND)
    return x->dur.done[k] && x->synced >= x->dur.len && has_all (x->data.u, x->dur.len, k);
  return x->dest[k].exists && x->dest[k].entry_durable && x->dest[k].synced == x->dest[k].data.n;
}

bool
sink_shows (unsigned s, unsigned k)
{
  const struct sink *x = &sim->sinks[s];
  const struct log *l = x->kind == SINK_TABLE ? &x->rows : &x->data;
  unsigned n = x->kind == SINK_TABLE ? x->rows.n : x->cur.len;

  if (x->kind == SINK_RENAME)
    return x->dest[k].exists;
  for (unsigned i = 0; i < n; i++)
    if (l->u[i] >> 16 == k)
      return true;
  return false;
}

/* ---- table ---- */

static void
table_apply (unsigned s, struct txn *t)
{
  struct sink *x = &sim->sinks[s];

  t->applied = true;
#ifdef MUTANT_NO_CAS
  t->ok = true;
#else
  t->ok = !x->published[t->k] && (!MODE_CHUNK || x->next[t->k] == t->start);
#endif
  sim_trace ("sink %u: transaction for content %u %s%s", s, t->k, t->ok ? "commits" : "is fenced off",
             t->host < 0 ? " (its host is dead)" : "");
  if (!t->ok)
    return;
  log_append (&x->rows, &t->units);
  if (MODE_CHUNK)
    x->next[t->k] = t->next;
  if (t->publish)
    x->published[t->k] = true;
  sink_check (s);
}

static void
table_drop (struct sink *x, unsigned i)
{
  unsigned last = --x->n_txns, s = (unsigned)(x - sim->sinks);
  struct host *h;

  if (i == last)
    return;
  x->txns[i] = x->txns[last];
  if (x->txns[i].host < 0)
    return;
  h = &sim->hosts[x->txns[i].host];
  for (unsigned n = 0; n < MAX_NAMES; n++)
    if (h->sealed[s][n].open && h->sealed[s][n].txn == (int)last)
      h->sealed[s][n].txn = (int)i;
  if (h->sess[s].txn == (int)last)
    h->sess[s].txn = (int)i;
}

/* Steps 0 send, 1 the server applies, 2 the answer. */
static int
table_transact (struct host *h, unsigned s, struct session *ss, struct sink_op *op, bool publish)
{
  struct sink *x = &sim->sinks[s];
  struct txn *t;
  bool ok;

  if (op->step == 0)
    {
      if (x->n_txns == MAX_TXNS)
        sink_zombies (true);
      ss->txn = (int)x->n_txns++;
      t = &x->txns[ss->txn];
      *t = (struct txn){ .host = h->id, .k = ss->k, .start = ss->start, .publish = publish };
      t->next = publish ? ss->start : op->seq + 1;
      t->units = x->resumable && !MODE_CHUNK && !ss->sealed ? x->staged[h->id][ss->k].units : ss->buf;
      op->step++;
      return 0;
    }
  t = &x->txns[ss->txn];
  if (op->step == 1)
    {
      table_apply (s, t);
      op->step++;
      return 0;
    }
  ok = t->ok;
  table_drop (x, (unsigned)ss->txn);
  ss->txn = -1;
  ss->buf.n = 0;
  if (ok && !publish)
    ss->start = op->seq + 1;
  return ok ? 1 : -1;
}

static int
table_step (struct host *h, unsigned s, struct session *ss, struct sink_op *op, uint64_t *value)
{
  struct sink *x = &sim->sinks[s];
  struct staging *g = &x->staged[h->id][ss->k];
  const struct held_object *o = &h->objs[op->obj];
  int rc;

  switch (op->kind)
    {
    case OP_BEGIN:
      if (MODE_CHUNK)
        *value = x->published[ss->k] ? PEN_SEQ_DONE : x->next[ss->k];
      else if (o->resumed && x->published[ss->k])
        *value = PEN_SEQ_DONE;
      else
        {
          if (!o->resumed || !x->resumable)
            memset (g, 0, sizeof *g);
          *value = g->next;
        }
      ss->start = *value;
      return 1;
    case OP_WRITE:
      if (x->resumable && !MODE_CHUNK)
        {
          log_append (&g->units, &ss->buf);
          g->next = op->seq + 1;
          ss->buf.n = 0;
        }
      return 1;
    case OP_WRITE_PART:
      return 1;
    case OP_COMMIT:
      return table_transact (h, s, ss, op, false);
    case OP_SEAL:
      if (x->resumable) /* another try of this content may be staged while this one waits */
        {
          ss->buf = g->units;
          memset (g, 0, sizeof *g);
        }
      return 1;
    case OP_FINISH:
      if (!op->accepted)
        {
          if (!ss->sealed)
            memset (g, 0, sizeof *g);
          return 1;
        }
      rc = table_transact (h, s, ss, op, true);
      if (rc == 0)
        return 0;
      if (!ss->sealed)
        memset (g, 0, sizeof *g);
      if (rc < 0 && !x->published[ss->k])
        return -1; /* chunk mode: another host is at work on it */
      *value = rc < 0;
      return 1;
    }
  return -1;
}

/* ---- appended file ---- */

static int
append_begin (struct host *h, unsigned s, struct sink_op *op, uint64_t *value)
{
  struct sink *x = &sim->sinks[s];
  unsigned k = h->sess[s].k;

  if (op->step++ == 0)
    {
      if (x->owner >= 0 && x->owner != h->id)
        return -1; /* locked */
      if (x->owner == h->id)
        return 0; /* a sealed object may be being appended */
      x->owner = h->id;
      if (x->data.n < x->cur.len)
        sim_fail ("sink %u: committed data is missing", s);
      x->data.n = x->cur.len;
      if (x->synced > x->data.n)
        x->synced = x->data.n;
      return 0;
    }
#ifndef MUTANT_NO_BEGIN_SYNC
  x->synced = x->data.n; /* the dead host may not have got round to it */
  x->dur = x->cur;
#endif
  if (x->cur.done[k] && (MODE_CHUNK || h->objs[op->obj].resumed))
    *value = PEN_SEQ_DONE;
  else
    *value = MODE_CHUNK ? x->cur.next[k] : 0;
  return 1;
}

/* Steps 0 append, 1 fsync, 2 record, 3 fsync. */
static int
append_commit (unsigned s, struct session *ss, struct sink_op *op, bool publish, uint64_t *value)
{
  struct sink *x = &sim->sinks[s];

  *value = 0;
  switch (op->step++)
    {
    case 0:
      if (publish && x->cur.done[ss->k])
        {
          *value = 1;
          return 1;
        }
      log_append (&x->data, &ss->buf);
      ss->buf.n = 0;
      return 0;
    case 1:
#ifndef MUTANT_NO_FSYNC
      x->synced = x->data.n;
#endif
      return 0;
    case 2:
      x->cur.len = x->data.n;
      if (publish)
        x->cur.done[ss->k] = true;
      else
        x->cur.next[ss->k] = op->seq + 1;
      sink_check (s);
      return 0;
    }
  x->dur = x->cur;
  return 1;
}

static int
append_step (struct host *h, unsigned s, struct session *ss, struct sink_op *op, uint64_t *value)
{
  switch (op->kind)
    {
    case OP_BEGIN:
      return append_begin (h, s, op, value);
    case OP_WRITE:
    case OP_WRITE_PART:
    case OP_SEAL:
      return 1;
    case OP_COMMIT:
      return append_commit (s, ss, op, false, value);
    case OP_FINISH:
      if (op->accepted)
        return append_commit (s, ss, op, true, value);
      return 1;
    }
  return -1;
}

/* ---- file made by rename ---- */

static int
rename_step (struct host *h, unsigned s, struct session *ss, struct sink_op *op, uint64_t *value)
{
  struct file *f = &sim->sinks[s].dest[ss->k];

  *value = 0;
  /* Of an object that this host knows nothing of, too: a competing one has published it. */
  if (op->kind == OP_BEGIN && f->exists
      && (h->objs[op->obj].resumed || op->step || (sim->cfg.batch > 1 && sim->n_hosts > 1 && sim_chance (2))))
    {
      if (op->step++ == 0)
        return 0;
#ifndef MUTANT_NO_BEGIN_SYNC
      f->entry_durable = true; /* renamed, but is it on disk? */
#endif
      *value = PEN_SEQ_DONE;
      return 1;
    }
  if (op->kind != OP_FINISH || !op->accepted)
    return 1;
  switch (op->step++)
    {
    case 0: /* fsync of the temporary file: from here on its data is what it is */
      return 0;
    case 1: /* rename, unless there is one */
      ss->duplicate = f->exists;
      if (!f->exists)
        {
          f->exists = true;
          f->entry_durable = false;
          f->data = ss->buf;
#ifdef MUTANT_NO_FSYNC
          f->synced = 0;
#else
          f->synced = f->data.n;
#endif
          sink_check (s);
        }
      return 0;
    }
#ifndef MUTANT_NO_DIR_SYNC
  f->entry_durable = true;
#endif
  *value = ss->duplicate;
  return 1;
}

/* ---- all kinds ---- */

static void
open_session (struct host *h, unsigned s, const struct sink_op *op)
{
  struct session *ss = &h->sess[s];

  if (ss->open && !MODE_CHUNK)
    sim_fail ("host %d sink %u: BEGIN of object %u while %u is open", h->id, s, (unsigned)op->obj, (unsigned)ss->obj);
  ss->open = true;
  ss->k = h->objs[op->obj].k;
  ss->obj = op->obj;
  ss->wrote_any = false;
  ss->buf.n = 0;
  ss->txn = -1;
}

/* What the plugin contract promises to every sink. */
static void
check_contract (struct host *h, unsigned s, struct session *ss, const struct sink_op *op)
{
  if (!ss->open || ss->obj != op->obj)
    sim_fail ("host %d sink %u: operation %d on object %u, which is not open", h->id, s, op->kind, (unsigned)op->obj);
  if (op->kind != OP_WRITE && op->kind != OP_WRITE_PART)
    return;
  if (ss->wrote_any && op->seq < ss->last_seq)
    sim_fail ("host %d sink %u: chunk %u after %u", h->id, s, (unsigned)op->seq, (unsigned)ss->last_seq);
  ss->wrote_any = true;
  ss->last_seq = op->seq;
  host_read_slots (h, op->obj, op->seq, op->kind == OP_WRITE_PART, &ss->buf);
}

static void
put_aside (struct host *h, unsigned s, struct session *ss)
{
  struct session *to = &h->sealed[s][ss->obj];

  if (MODE_CHUNK || sim->cfg.batch < 2)
    sim_fail ("host %d sink %u: object %u is sealed", h->id, s, (unsigned)ss->obj);
  *to = *ss;
  to->sealed = true;
}

int
sink_step (struct host *h, unsigned s, struct sink_op *op, uint64_t *value)
{
  struct session *ss = &h->sess[s];
  int rc;

  if (op->kind == OP_FINISH && h->objs[op->obj].sealed_in[s])
    ss = &h->sealed[s][op->obj];
  if (op->step == 0)
    {
      if (op->kind == OP_BEGIN)
        open_session (h, s, op);
      else
        check_contract (h, s, ss, op);
    }
  *value = 0;
  if (sim->sinks[s].kind == SINK_TABLE)
    rc = table_step (h, s, ss, op, value);
  else if (sim->sinks[s].kind == SINK_APPEND)
    rc = append_step (h, s, ss, op, value);
  else
    rc = rename_step (h, s, ss, op, value);
  if (rc == 1 && op->kind == OP_SEAL)
    put_aside (h, s, ss);
  if (rc == 1 && (op->kind == OP_SEAL || op->kind == OP_FINISH || (op->kind == OP_BEGIN && *value == PEN_SEQ_DONE)))
    {
      ss->open = false;
      ss->buf.n = 0;
      ss->txn = -1;
    }
  return rc;
}

void
sink_host_died (int host)
{
  for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
    {
      struct sink *x = &sim->sinks[s];

      if (x->owner == host)
        x->owner = -1;
      for (unsigned i = x->n_txns; i-- > 0;)
        if (x->txns[i].host == host)
          {
            if (x->txns[i].applied || sim_chance (2))
              table_drop (x, i);
            else
              x->txns[i].host = -1; /* the server may still do it, any time */
          }
    }
}

void
sink_zombies (bool all)
{
  for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
    for (unsigned i = sim->sinks[s].n_txns; i-- > 0;)
      if (sim->sinks[s].txns[i].host < 0 && (all || sim_chance (4)))
        {
          table_apply (s, &sim->sinks[s].txns[i]);
          table_drop (&sim->sinks[s], i);
        }
}

/* What was not synced is lost, kept or torn, in any order. */
static void
tear (struct log *l, unsigned synced)
{
  if (l->n > synced)
    l->n = synced + sim_random (l->n - synced + 1);
  for (unsigned i = synced; i < l->n; i++)
    if (sim_chance (2))
      l->u[i] = GARBAGE;
}

void
sink_power_cut (void)
{
  for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
    {
      struct sink *x = &sim->sinks[s];

      if (sim_chance (2))
        x->dur = x->cur;
      else
        x->cur = x->dur;
      tear (&x->data, x->synced);
      x->synced = x->data.n;
      for (unsigned k = 0; k < sim->n_contents; k++)
        {
          struct file *f = &x->dest[k];

          if (f->exists && !f->entry_durable && sim_chance (2))
            f->exists = false;
          if (f->exists)
            tear (&f->data, f->synced);
          f->entry_durable = true;
          f->synced = f->data.n;
        }
      sink_check (s);
    }
}
