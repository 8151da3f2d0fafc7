/* SPDX-License-Identifier: Apache-2.0 */
/* run_sinks.c - what the sinks answer, told to the commit core. */
#include "core/host/run_int.h"

/* Nothing lost on the way: the sink's own count against what it was sent. */
static void
check_tally (struct run *r, const struct object *o, const struct pen_tally *t, unsigned sink)
{
  if (o->resume_seq[sink] != 0) /* it had a part of it from an earlier run */
    return;
  if (t->bytes == o->sent_bytes[sink] && (t->rows == UINT64_MAX || t->rows == o->sent_rows[sink]))
    return;
  run_fail (r, RUN_FAILED,
            "%s: sink \"%s\" was sent %llu rows in %llu bytes and says that it has taken %llu in %llu: a mistake in "
            "that sink's plugin",
            o->name, r->o->sinks[sink].name, (unsigned long long)o->sent_rows[sink],
            (unsigned long long)o->sent_bytes[sink], (unsigned long long)t->rows, (unsigned long long)t->bytes);
}

static void
keep_resume (struct object *o, unsigned sink, const struct sink_job *j)
{
  o->resume[sink].n = 0;
  blob_raw (&o->resume[sink], j->stored, j->n_stored);
  o->resume_seq[sink] = j->next_seq;
}

static void
sink_failed (struct run *r, struct object *o, unsigned sink, const char *why)
{
  r->sinks[sink].failed = 1;
  run_object_why (o, "sink \"%s\": %s", r->o->sinks[sink].name, why);
  run_fail (r, RUN_FAILED, "%s: sink \"%s\": %s", o->name, r->o->sinks[sink].name, why);
  commit_on_sink_failed (r->commit, sink);
}

/* What is published is published, whatever has become of the others. */
static void
published (struct run *r, unsigned sink, const struct sink_job *j)
{
  struct object *lacking = NULL;

  for (size_t i = 0; i < j->n_batch; i++)
    {
      const struct sink_publish *p = &j->batch[i];
      struct object *o = run_object (r, p->obj);

      if (p->status == PEN_OK)
        check_tally (r, o, &p->tally, sink);
      if (p->status == PEN_OK || p->status == PEN_EOF)
        commit_on_finished (r->commit, p->obj, sink, p->status == PEN_EOF);
      else if (!lacking)
        lacking = o;
    }
  if (lacking)
    sink_failed (r, lacking, sink, j->text);
}

void
run_sink_done (void *ctx, unsigned sink, const struct sink_job *j)
{
  struct run *r = ctx;
  struct object *o = run_object (r, j->obj);
  struct err e;

  if (r->ended || !o || r->sinks[sink].failed)
    return;
  if (j->kind == SINK_PUBLISH)
    published (r, sink, j);
  else if (j->status != PEN_OK && !(j->kind == SINK_FINISH && j->status == PEN_EOF))
    sink_failed (r, o, sink, j->text);
  else
    switch (j->kind)
      {
      case SINK_BEGIN:
        keep_resume (o, sink, j);
        if (j->next_seq && j->next_seq != PEN_SEQ_DONE && run_checkpoint_fits (r, o, sink, &e) == -1)
          sink_failed (r, o, sink, e.text);
        else
          commit_on_begun (r->commit, o->ord, sink, j->next_seq);
        break;
      case SINK_WRITE:
        commit_on_wrote (r->commit, o->ord, j->seq, sink);
        break;
      case SINK_PART:
        commit_on_part_wrote (r->commit, o->ord, j->seq, sink);
        break;
      case SINK_COMMIT:
        commit_on_committed (r->commit, o->ord, j->seq, sink);
        break;
      case SINK_SEAL:
        commit_on_sealed (r->commit, o->ord, sink);
        break;
      case SINK_FINISH:
        if (j->status == PEN_OK && j->accepted)
          check_tally (r, o, &j->tally, sink);
        commit_on_finished (r->commit, o->ord, sink, j->status == PEN_EOF);
        break;
      case SINK_DISCARD:
        commit_on_finished (r->commit, o->ord, sink, 0);
        break;
      case SINK_PUBLISH:
        break;
      }
  run_pump (r);
}
