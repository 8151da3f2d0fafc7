/* SPDX-License-Identifier: Apache-2.0 */
/* test_sinkthread.c - a sink that fails: nothing that waits is done any more, and nobody hears of it before all is at rest. */
#include "core/host/sinkthread.h"

#include <CUnit/Basic.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

/* ---- the sink under the threads ---- */

static sem_t may_write, in_publish, may_publish;
static int n_writes;

static int
create (const struct pen_host *host, const void *options, void **self)
{
  (void)host, (void)options;
  *self = &n_writes;
  return PEN_OK;
}

static int
write_fails (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  (void)self, (void)seq, (void)table, (void)body, (void)rows;
  if (n_writes++ == 0)
    sem_wait (&may_write);
  return PEN_ERR;
}

static int
seal (void *self, const struct pen_object *o, void **sealed)
{
  (void)o;
  *sealed = self;
  return PEN_OK;
}

static void
publish (void *self, struct pen_sealed *v, size_t n)
{
  (void)self;
  sem_post (&in_publish);
  sem_wait (&may_publish);
  for (size_t i = 0; i < n; i++)
    v[i].status = PEN_OK;
}

static void
discard (void *self, void *sealed)
{
  (void)self, (void)sealed;
}

static void
destroy (void *self)
{
  (void)self;
}

static const struct pen_sink sink = { .size = sizeof sink,
                                      .create = create,
                                      .write = write_fails,
                                      .destroy = destroy,
                                      .seal = seal,
                                      .publish = publish,
                                      .discard = discard };

/* ---- the host around them ---- */

static uv_loop_t loop;
static struct sinkthread *thread;
static struct piece *pieces;
static int n_failed, n_published, n_sealed;

/* As in a run: what the jobs read is gone once a failure is known. */
static void
done (void *ctx, unsigned stream, const struct sink_job *j)
{
  (void)ctx, (void)stream;
  if (j->kind == SINK_PUBLISH)
    n_published++;
  if (j->kind == SINK_SEAL)
    n_sealed++;
  if (j->kind != SINK_WRITE)
    return;
  CU_ASSERT_EQUAL (j->status, PEN_ERR);
  n_failed++;
  free (pieces);
  pieces = NULL;
}

static void
no_log (void *ctx, int level, const char *text)
{
  (void)ctx, (void)level, (void)text;
}

static void
start (void)
{
  struct sinkthread_opts o = {
    .sink = &sink, .name = "out", .pipeline = "p", .mode = PEN_COMMIT_OBJECT, .done = done, .log = no_log
  };
  struct err e;

  n_writes = n_failed = n_published = n_sealed = 0;
  pieces = calloc (1, sizeof *pieces);
  CU_ASSERT_PTR_NOT_NULL_FATAL (pieces);
  pieces->kind = WIRE_SEG_BODY;
  sem_init (&may_write, 0, 0);
  sem_init (&in_publish, 0, 0);
  sem_init (&may_publish, 0, 0);
  CU_ASSERT_FATAL (uv_loop_init (&loop) == 0);
  thread = sinkthread_create (&o, &loop, &e);
  CU_ASSERT_PTR_NOT_NULL_FATAL (thread);
  CU_ASSERT_FATAL (sinkthread_start (thread, &e) == 0);
}

static void
end (void)
{
  sinkthread_destroy (thread);
  uv_run (&loop, UV_RUN_DEFAULT);
  CU_ASSERT_EQUAL (uv_loop_close (&loop), 0);
  free (pieces);
  sem_destroy (&may_write);
  sem_destroy (&in_publish);
  sem_destroy (&may_publish);
}

static void
put_write (uint64_t seq)
{
  sinkthread_put (thread,
                  &(struct sink_job){ .kind = SINK_WRITE, .obj = 2, .seq = seq, .pieces = pieces, .n_pieces = 1 });
  sinkthread_go (thread);
}

static void
nothing_is_done_after_a_failure (void)
{
  start ();
  put_write (0);
  put_write (1); /* waits behind it, with pieces that are freed as soon as the failure is known */
  put_write (2);
  sem_post (&may_write);
  while (n_failed < 3)
    uv_run (&loop, UV_RUN_ONCE);
  CU_ASSERT_EQUAL (n_writes, 1);
  end ();
}

static void
a_failure_is_told_when_both_threads_rest (void)
{
  static const struct pen_object object = { .size = sizeof object, .name = "a" };
  struct sink_publish *batch = calloc (1, sizeof *batch); /* the job's from now on */

  CU_ASSERT_PTR_NOT_NULL_FATAL (batch);
  *batch = (struct sink_publish){ .obj = 1, .object = &object, .status = PEN_RETRY };
  start ();
  sinkthread_put (thread, &(struct sink_job){ .kind = SINK_SEAL, .obj = 1, .object = &object });
  sinkthread_go (thread);
  while (!n_sealed)
    uv_run (&loop, UV_RUN_ONCE);
  sinkthread_put (thread, &(struct sink_job){ .kind = SINK_PUBLISH, .obj = 1, .batch = batch, .n_batch = 1 });
  sinkthread_go (thread);
  sem_wait (&in_publish);
  put_write (0);
  sem_post (&may_write);
  uv_run (&loop, UV_RUN_ONCE); /* woken by the failure, while the other thread is still at it */
  CU_ASSERT_EQUAL (n_failed, 0);
  sem_post (&may_publish);
  while (!n_failed || !n_published)
    uv_run (&loop, UV_RUN_ONCE);
  CU_ASSERT_EQUAL (n_writes, 1);
  end ();
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("sink threads", NULL, NULL);
  CU_ADD_TEST (s, nothing_is_done_after_a_failure);
  CU_ADD_TEST (s, a_failure_is_told_when_both_threads_rest);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
