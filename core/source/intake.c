/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c - what a source plugin hands its objects to: calls become messages to the host, answers are waited for. */
#include "core/source/intake.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/wire.h"
#include "core/source/acks.h"
#include "core/source/spool.h"

#define TELL_STEP (256 * KIB) /* the host learns of a streamed object's growth in steps of this size */

struct handle
{
  struct handle *next; /* a later one */
  uint32_t id;
  char *name;
  struct spool_object spool;
  int given;   /* an fd was given */
  int dropped; /* the host wants no more of it */
  int streamed;
  uint64_t told;
};

struct intake
{
  struct pen_intake f;
  int sock;
  struct spool spool;
  struct acks *acks;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int asking, asked; /* one question is out at a time; it is try_open()'s */
  int answered, wanted;
  uint32_t answer;
  uint32_t granted[LIMIT_GRANTS]; /* of a row from the last message on; the first one is used next */
  unsigned n_granted;
  uint64_t credit, reserve;
  enum wire_streaming streaming;
  uint64_t stream_from;
  struct handle *first; /* the open ones */
  int waits;            /* a write has found no credit, and was not woken since */
  int stop;
  int ran, hung_up;
};

static void
wake (struct intake *in)
{
  uint64_t one = 1;
  ssize_t n = write (in->f.wake_fd, &one, sizeof one);
  (void)n; /* a full counter is awake already */
}

static void
send_or_stop (struct intake *in, const struct wire_head *h, const void *payload, int fd)
{
  if (wire_send (in->sock, h, payload, fd, NULL) == -1)
    _exit (0); /* the host is gone */
}

static int
is_stopping (void *ctx)
{
  struct intake *in = ctx;
  int stop;
  pthread_mutex_lock (&in->lock);
  stop = in->stop;
  pthread_mutex_unlock (&in->lock);
  return stop;
}

/* Under the lock: in the order of their opening. */
static void
add_handle (struct intake *in, struct handle *hd)
{
  struct handle **at;

  for (at = &in->first; *at && (*at)->id < hd->id; at = &(*at)->next)
    ;
  hd->next = *at;
  *at = hd;
}

/* Whoever comes first now has credit that nobody else may use. */
static void
remove_handle (struct intake *in, const struct handle *hd)
{
  struct handle **at;
  int waits;

  pthread_mutex_lock (&in->lock);
  for (at = &in->first; *at != hd; at = &(*at)->next)
    ;
  *at = hd->next;
  waits = in->waits;
  in->waits = 0;
  pthread_mutex_unlock (&in->lock);
  if (waits)
    wake (in);
}

/* a NUL b NUL c NUL; its length, 0: too long. */
static size_t
put_texts (char payload[WIRE_PAYLOAD_MAX], const char *a, const char *b, const char *c)
{
  size_t na = strlen (a) + 1, nb = strlen (b) + 1, nc = strlen (c) + 1;

  if (na > LIMIT_NAME_MAX || nb > 4096 || nc > 256)
    return 0;
  memcpy (payload, a, na);
  memcpy (payload + na, b, nb);
  memcpy (payload + na + nb, c, nc);
  return na + nb + nc;
}

static const char *
origin_of (const struct pen_object *o)
{
  return o->size >= sizeof *o && o->origin ? o->origin : "";
}

/* Under the lock: the first one is used. */
static void
drop_grant (struct intake *in)
{
  memmove (in->granted, in->granted + 1, --in->n_granted * sizeof in->granted[0]);
}

/* Under the lock. */
static int
ask (struct intake *in, const struct pen_object *o)
{
  struct wire_head h = { .type = WIRE_S_OPEN, .a = o->length, .b = (uint64_t)o->mtime_ns };
  char payload[WIRE_PAYLOAD_MAX];

  h.len = (uint32_t)put_texts (payload, o->name, o->etag ? o->etag : "", origin_of (o));
  if (!h.len)
    return PEN_ERR;
  in->asking = 1;
  in->answered = 0;
  if (in->n_granted) /* the answer is known */
    {
      h.obj = in->answer = in->granted[0];
      drop_grant (in);
      in->answered = in->wanted = !in->stop;
    }
  if (!in->stop)
    send_or_stop (in, &h, payload, -1);
  return PEN_OK;
}

/* Under the lock: the answer is there, or none will come. */
static int
take_answer (struct intake *in, const struct pen_object *o, void **handle)
{
  struct handle *made;

  in->asking = 0;
  pthread_cond_broadcast (&in->changed);
  if (!in->answered || !in->wanted)
    return PEN_EOF;
  made = xcalloc (1, sizeof *made);
  made->id = in->answer;
  made->spool.fd = -1;
  made->name = xstrdup (o->name);
  add_handle (in, made);
  *handle = made;
  return PEN_OK;
}

static int
open_object (void *ctx, const struct pen_object *o, void **handle)
{
  struct intake *in = ctx;
  int rc;

  pthread_mutex_lock (&in->lock);
  while (in->asking && !in->stop)
    pthread_cond_wait (&in->changed, &in->lock);
  rc = in->asking ? PEN_EOF : ask (in, o);
  while (rc == PEN_OK && !in->answered && !in->stop)
    pthread_cond_wait (&in->changed, &in->lock);
  if (rc == PEN_OK)
    rc = take_answer (in, o, handle);
  pthread_mutex_unlock (&in->lock);
  return rc;
}

static int
try_open (void *ctx, const struct pen_object *o, void **handle)
{
  struct intake *in = ctx;
  int rc = PEN_MORE;

  pthread_mutex_lock (&in->lock);
  if (!in->asked && !in->asking)
    {
      rc = ask (in, o) == PEN_OK ? PEN_MORE : PEN_ERR;
      in->asked = rc == PEN_MORE;
    }
  if (in->asked && (in->answered || in->stop))
    {
      in->asked = 0;
      rc = take_answer (in, o, handle);
    }
  else if (in->stop)
    rc = PEN_EOF;
  pthread_mutex_unlock (&in->lock);
  return rc;
}

static int
give_fd (void *ctx, void *handle, int fd)
{
  struct intake *in = ctx;
  struct handle *hd = handle;
  struct wire_head h = { .type = WIRE_S_FD, .obj = hd->id };

  if (hd->given || hd->spool.fd >= 0)
    {
      close (fd);
      return PEN_ERR;
    }
  send_or_stop (in, &h, NULL, fd);
  close (fd);
  hd->given = 1;
  remove_handle (in, hd);
  return PEN_OK;
}

/* ---- spooling ---- */

/* What becomes of a write now. */
enum turn
{
  TURN_WRITE,   /* *n bytes of it */
  TURN_DISCARD, /* the host wants no more of this object */
  TURN_WAIT,    /* no credit */
  TURN_STREAM,  /* the same, and it would not fit whole: the host has to read while it grows */
  TURN_TOO_LONG /* the same, but it is wanted whole */
};

/* As much of *n as there is credit for. Only the first open object may use the last of it: else many halves could fill the
 * spool, and none could end. */
static enum turn
take_credit (struct intake *in, const struct handle *hd, size_t *n)
{
  enum turn turn = TURN_WRITE;
  uint64_t one, may;
  ssize_t k;

  pthread_mutex_lock (&in->lock);
  may = in->first == hd ? in->credit : in->credit > in->reserve ? in->credit - in->reserve : 0;
  if (hd->dropped)
    turn = TURN_DISCARD;
  else if (*n > may)
    *n = (size_t)may;
  if (turn == TURN_WRITE)
    in->credit -= *n;
  if (turn == TURN_WRITE && *n == 0)
    {
      turn = TURN_WAIT;
      in->waits = 1;
      if (in->first == hd && !hd->streamed && hd->spool.written >= in->reserve && !in->stop)
        turn = in->streaming == WIRE_STREAM_NEVER ? TURN_TOO_LONG : TURN_STREAM;
      if (!in->stop)
        {
          k = read (in->f.wake_fd, &one, sizeof one); /* back to sleep until credit comes */
          (void)k;
        }
    }
  pthread_mutex_unlock (&in->lock);
  return turn;
}

/* Only the first open object is streamed: those behind it are handed over when they are whole, in the order in which they
 * end, so that a slow one delays nobody. */
static int
may_stream (struct intake *in, const struct handle *hd)
{
  int may;

  pthread_mutex_lock (&in->lock);
  may = in->streaming == WIRE_STREAM_LARGE && in->first == hd && hd->spool.written >= in->stream_from;
  pthread_mutex_unlock (&in->lock);
  return may;
}

static void
tell_growth (struct intake *in, struct handle *hd, int must)
{
  struct wire_head h = { .type = WIRE_S_GROWN, .obj = hd->id, .a = hd->spool.written };

  if (!hd->streamed || hd->told == hd->spool.written || (!must && hd->spool.written - hd->told < TELL_STEP))
    return;
  hd->told = hd->spool.written;
  send_or_stop (in, &h, NULL, -1);
}

static int
cannot (struct intake *in, const struct handle *hd, const char *what)
{
  char text[LIMIT_NAME_MAX + 256];
  struct wire_head h = { .type = WIRE_LOG, .a = PEN_LOG_ERROR };

  h.len = (uint32_t)snprintf (text, sizeof text, "%s: %s", hd->name, what);
  send_or_stop (in, &h, text, -1);
  return PEN_ERR;
}

static int
cannot_spool (struct intake *in, const struct handle *hd, const char *what)
{
  char text[160];

  snprintf (text, sizeof text, "%s: %s", what, strerror (errno));
  return cannot (in, hd, text);
}

static int
stream (struct intake *in, struct handle *hd)
{
  struct wire_head h = { .type = WIRE_S_STREAM, .obj = hd->id, .a = hd->spool.written };

  if (spool_to_disk (&in->spool, &hd->spool) == -1)
    return cannot_spool (in, hd, "cannot write into the spool");
  hd->streamed = 1;
  hd->told = hd->spool.written;
  send_or_stop (in, &h, NULL, hd->spool.fd);
  return PEN_OK;
}

/* n bytes for which there is credit; what was not written gives its credit back. */
static int
append (struct intake *in, struct handle *hd, const uint8_t *p, size_t n)
{
  size_t done;

  if (spool_append (&in->spool, &hd->spool, p, n, &done) == 0)
    return 0;
  pthread_mutex_lock (&in->lock);
  in->credit += n - done;
  pthread_mutex_unlock (&in->lock);
  return -1;
}

static int
write_object (void *ctx, void *handle, struct pen_span s, size_t *n)
{
  struct intake *in = ctx;
  struct handle *hd = handle;
  size_t may = s.n;

  *n = 0;
  if (hd->given)
    return PEN_ERR;
  if (s.n == 0)
    return PEN_OK;
  if (spool_begin (&in->spool, &hd->spool) == -1)
    return cannot_spool (in, hd, "cannot create a file in the spool");
  switch (take_credit (in, hd, &may))
    {
    case TURN_DISCARD:
      *n = s.n;
      return PEN_OK;
    case TURN_TOO_LONG:
      return cannot (in, hd,
                     "it does not fit into the spool (limits.spool), and decryption or commit = \"chunk\" needs it "
                     "whole: give limits.spool more than its length");
    case TURN_STREAM:
      return stream (in, hd);
    case TURN_WAIT:
      tell_growth (in, hd, 1);
      return PEN_OK;
    case TURN_WRITE:
      break;
    }
  if (append (in, hd, s.p, may) == -1)
    return cannot_spool (in, hd, "cannot write into the spool");
  *n = may;
  if (!hd->streamed && may_stream (in, hd) && stream (in, hd) != PEN_OK)
    return PEN_ERR;
  tell_growth (in, hd, may < s.n);
  return PEN_OK;
}

static int
close_object (void *ctx, void *handle, int complete)
{
  struct intake *in = ctx;
  struct handle *hd = handle;
  struct wire_head h = {
    .type = WIRE_S_CLOSE, .obj = hd->id, .a = (uint64_t)complete, .b = hd->given ? UINT64_MAX : hd->spool.written
  };
  XXH128_canonical_t canonical;

  if (complete && !hd->given)
    spool_begin (&in->spool, &hd->spool); /* an empty body is an object, too */
  if (hd->spool.fingerprint)
    {
      XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (hd->spool.fingerprint));
      h.len = sizeof canonical.digest;
    }
  if (complete && !hd->given && !hd->streamed)
    spool_seal (&hd->spool);
  if (!hd->given)
    remove_handle (in, hd);
  send_or_stop (in, &h, canonical.digest, hd->given || hd->streamed ? -1 : hd->spool.fd);
  spool_end (&in->spool, &hd->spool);
  free (hd->name);
  free (hd);
  return PEN_OK;
}

static int
give_up (void *ctx, const struct pen_object *o, void *handle, const char *why)
{
  struct intake *in = ctx;
  struct handle *hd = handle;
  struct wire_head h = { .type = WIRE_S_LOST, .obj = hd ? hd->id : 0 };
  char payload[WIRE_PAYLOAD_MAX], text[1024], name[LIMIT_NAME_MAX];

  snprintf (name, sizeof name, "%s", o->name);
  snprintf (text, sizeof text, "%s", why);
  h.len = (uint32_t)put_texts (payload, name, text, origin_of (o));
  send_or_stop (in, &h, payload, -1);
  return hd ? close_object (in, hd, 0) : PEN_OK;
}

static void
drop (struct intake *in, uint32_t id)
{
  for (struct handle *hd = in->first; hd; hd = hd->next)
    if (hd->id == id)
      hd->dropped = 1;
}

/* Under the lock. */
static void
take_grants (struct intake *in, const struct wire_head *h)
{
  for (uint64_t i = 0; i < h->a && in->n_granted < LIMIT_GRANTS; i++)
    in->granted[in->n_granted++] = h->obj + (uint32_t)i;
}

static void *
listen_to_host (void *ctx)
{
  struct intake *in = ctx;
  static struct wire_msg m;

  for (;;)
    {
      int fd, rc = wire_recv (in->sock, &m, &fd, 0, NULL);
      if (rc <= 0)
        break;
      if (fd >= 0)
        close (fd);
      if (m.h.type == WIRE_S_ACK || m.h.type == WIRE_S_AGAIN)
        {
          acks_put (in->acks, &m);
          continue;
        }
      pthread_mutex_lock (&in->lock);
      if (m.h.type == WIRE_S_ANSWER)
        {
          in->answered = 1;
          in->wanted = m.h.a == 0;
          in->answer = m.h.obj;
          if (in->n_granted && in->granted[0] == in->answer)
            drop_grant (in);
        }
      else if (m.h.type == WIRE_S_GRANT)
        take_grants (in, &m.h);
      else if (m.h.type == WIRE_S_CREDIT)
        {
          in->credit += m.h.a;
          in->reserve += m.h.b;
        }
      else if (m.h.type == WIRE_S_DROP)
        drop (in, m.h.obj);
      else if (m.h.type == WIRE_S_STOP)
        in->stop = 1;
      pthread_cond_broadcast (&in->changed);
      pthread_mutex_unlock (&in->lock);
      if (m.h.type != WIRE_S_GRANT) /* whoever waits has asked, and gets an answer */
        wake (in);
    }
  pthread_mutex_lock (&in->lock);
  if (!in->ran)
    _exit (0); /* in the middle of its work */
  in->hung_up = 1;
  pthread_cond_broadcast (&in->changed);
  pthread_mutex_unlock (&in->lock);
  return NULL;
}

struct intake *
intake_create (int sock, const struct intake_dirs *dirs, const struct wire_head *start, const struct pen_source *source,
               void *self, struct err *e)
{
  struct intake *in = xcalloc (1, sizeof *in);
  pthread_t thread;
  int rc;

  in->sock = sock;
  in->spool.dir = xstrdup (dirs->spool);
  in->acks = acks_create (sock, source, self, e);
  if (!in->acks)
    return NULL;
  in->streaming = (enum wire_streaming)start->b;
  in->stream_from = start->c;
  pthread_mutex_init (&in->lock, NULL);
  pthread_cond_init (&in->changed, NULL);
  in->f = (struct pen_intake){ .size = sizeof in->f,
                               .ctx = in,
                               .open = open_object,
                               .give_fd = give_fd,
                               .write = write_object,
                               .wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK),
                               .close = close_object,
                               .stopping = is_stopping,
                               .try_open = try_open,
                               .give_up = give_up,
                               .state_dir = dirs->state,
                               .shared_dir = dirs->shared };
  if (in->f.wake_fd == -1)
    return err_errno (e, "eventfd"), NULL;
  rc = pthread_create (&thread, NULL, listen_to_host, in);
  if (rc)
    {
      errno = rc;
      return err_errno (e, "cannot start a thread"), NULL;
    }
  pthread_detach (thread);
  return in;
}

const struct pen_intake *
intake_functions (struct intake *in)
{
  return &in->f;
}

void
intake_wait_end (struct intake *in)
{
  pthread_mutex_lock (&in->lock);
  in->ran = 1;
  while (!in->hung_up)
    pthread_cond_wait (&in->changed, &in->lock);
  pthread_mutex_unlock (&in->lock);
  acks_stop (in->acks);
}
