/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c - one object through the decoders that it needs, into memory that the host lends.
 *
 * Every stage is asked for bytes and asks the one before it. Outputs are numbered in the order of their beginning, so that a
 * second try can leave out what a first one has delivered. */
#include "core/worker/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/base/limits.h"

#define INPUT_STEP (128 * KIB)
#define HEAD 512
#define TELL_STEP (256 * KIB)
#define TELL_INPUT (4 * MIB)

struct job
{
  struct link *l;
  const struct decode_setup *s;
  struct link_object *o;
  uint64_t at, told_input; /* bytes of the object that were read */
  uint64_t seq, skip;      /* of the next output; outputs that are left out */
  uint64_t open;           /* the output that is being written; UINT64_MAX: none */
  uint64_t granted, written;
  XXH3_state_t *fingerprint;
  unsigned outside; /* decoders that it came through before, elsewhere */
  int failed_why;   /* the text is in `e` */
  struct err e;
};

/* What a stage reads from: bytes that were looked at beforehand, then the stage below. */
struct head_input
{
  struct pen_bytes f;
  const struct pen_bytes *below;
  uint8_t head[HEAD];
  size_t n, at;
};

struct filter /* a decoder of bytes */
{
  struct pen_bytes f;
  const struct pen_bytes *below;
  const struct loaded *decoder;
  struct job *j;
  void *self;
  uint8_t *buf;
  size_t n, at;
  int below_ended, ended;
};

static int
fail (struct job *j, const char *who)
{
  const char *why = setup_why ();

  if (!j->failed_why)
    err_set (&j->e, "decoder \"%s\": %s", who, *why ? why : "failed without a word");
  j->failed_why = 1;
  return PEN_ERR;
}

static int
fail_text (struct job *j, const char *text)
{
  if (!j->failed_why)
    err_set (&j->e, "%s", text);
  j->failed_why = 1;
  return PEN_ERR;
}

static void
tell (struct job *j)
{
  struct wire_head h = { .type = WIRE_D_GROWN, .seq = j->open, .a = j->written, .b = j->at };
  j->told_input = j->at;
  link_send (j->l, &h, NULL);
}

/* ---- inputs ---- */

/* More of the object may come. What is there already of the output may be read meanwhile. */
static void
await_input (struct job *j, struct link_object *o)
{
  if (o->growing && j->at == o->length)
    tell (j);
  while (o->growing && j->at == o->length)
    {
      link_next (j->l, 1);
      if (j->l->msg.h.type == WIRE_OUTPUT && j->l->msg.h.seq == j->open)
        j->granted = j->l->msg.h.a;
    }
}

static int
read_object (void *ctx, void *buf, size_t cap, size_t *n)
{
  struct job *j = ctx;
  struct err e;

  await_input (j, j->o);
  *n = j->o->length - j->at < cap ? (size_t)(j->o->length - j->at) : cap;
  if (link_read (j->o, buf, *n, j->at, &e) == -1)
    return fail_text (j, e.text);
  j->at += *n;
  return PEN_OK;
}

static int
read_head (void *ctx, void *buf, size_t cap, size_t *n)
{
  struct head_input *h = ctx;
  size_t left = h->n - h->at;

  if (!left)
    return h->below->read (h->below->ctx, buf, cap, n);
  *n = left < cap ? left : cap;
  memcpy (buf, h->head + h->at, *n);
  h->at += *n;
  return PEN_OK;
}

static int
look (struct head_input *h, const struct pen_bytes *below)
{
  *h = (struct head_input){ .f = { sizeof h->f, h, read_head }, .below = below };
  while (h->n < HEAD)
    {
      size_t k;
      if (below->read (below->ctx, h->head + h->n, HEAD - h->n, &k) != PEN_OK)
        return PEN_ERR;
      if (!k)
        break;
      h->n += k;
    }
  return PEN_OK;
}

static int
read_decoded (void *ctx, void *buf, size_t cap, size_t *n)
{
  struct filter *t = ctx;
  const struct pen_decoder *d = t->decoder->plugin->decoder;

  *n = 0;
  while (!*n && !t->ended)
    {
      size_t used = 0;
      int rc;
      if (t->at == t->n && !t->below_ended)
        {
          if (t->below->read (t->below->ctx, t->buf, INPUT_STEP, &t->n) != PEN_OK)
            return PEN_ERR;
          t->at = 0;
          t->below_ended = t->n == 0;
        }
      rc = d->decode (t->self, (struct pen_span){ t->buf + t->at, t->n - t->at }, &used, buf, cap, n);
      if ((rc != PEN_OK && rc != PEN_MORE && rc != PEN_EOF) || used > t->n - t->at || *n > cap)
        return fail (t->j, t->decoder->plugin->name);
      t->at += used;
      t->ended = rc == PEN_EOF;
      if (rc == PEN_OK && !used && !*n && t->below_ended)
        return fail_text (t->j, "a decoder came to no end: it is cut off");
    }
  return PEN_OK;
}

/* ---- outputs ---- */

static void
await_credit (struct job *j, uint64_t seq, int *fd)
{
  for (;;)
    {
      int got, rc = wire_recv (j->l->sock, &j->l->msg, &got, 0, NULL);

      if (rc <= 0)
        _exit (0);
      if (j->l->msg.h.type == WIRE_OUTPUT && j->l->msg.h.seq == seq)
        {
          j->granted = j->l->msg.h.a;
          if (fd)
            *fd = got;
          return;
        }
      if (got >= 0)
        close (got);
      if (j->l->msg.h.type == WIRE_GROWN)
        link_grow (j->l);
      if (j->l->msg.h.type == WIRE_QUIT)
        _exit (0);
    }
}

/* Reads to the end without keeping anything. */
static int
drain (struct job *j, const struct pen_bytes *in)
{
  static uint8_t waste[64 * KIB];
  size_t n = 1;

  while (n)
    if (in->read (in->ctx, waste, sizeof waste, &n) != PEN_OK)
      return PEN_ERR;
    else if (j->at - j->told_input >= TELL_INPUT)
      tell (j);
  return PEN_OK;
}

/* Fills one mapped piece of the output: PEN_OK, PEN_EOF at the input's end. */
static int
fill (struct job *j, int fd, const struct pen_bytes *in, uint64_t from, size_t n)
{
  uint8_t *map = mmap (NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)from);
  uint64_t told = j->written;
  size_t done = 0, k = 1;
  int rc = PEN_OK;

  if (map == MAP_FAILED)
    return fail_text (j, "cannot map the memory for what is decoded");
  while (done < n && k && rc == PEN_OK)
    {
      rc = in->read (in->ctx, map + done, n - done, &k);
      if (rc != PEN_OK)
        break;
      XXH3_128bits_update (j->fingerprint, map + done, k);
      done += k;
      j->written += k;
      if (j->written - told >= TELL_STEP || j->at - j->told_input >= TELL_INPUT)
        {
          tell (j);
          told = j->written;
        }
    }
  munmap (map, n);
  return rc != PEN_OK ? rc : k ? PEN_OK : PEN_EOF;
}

static int
put_output (struct job *j, const char *name, unsigned depth, const struct pen_bytes *in)
{
  struct wire_head h = { .type = WIRE_D_BEGIN, .seq = j->seq++, .b = depth, .len = (uint32_t)strlen (name) };
  XXH128_canonical_t canonical;
  int fd = -1, rc = PEN_OK;

  if (h.seq < j->skip)
    return drain (j, in);
  link_send (j->l, &h, name);
  await_credit (j, h.seq, &fd);
  j->open = h.seq;
  j->written = 0;
  XXH3_128bits_reset (j->fingerprint);
  while (rc == PEN_OK)
    {
      uint64_t from = j->written, room = j->granted - from;
      if (!room)
        {
          tell (j);
          await_credit (j, h.seq, NULL);
          continue;
        }
      rc = fill (j, fd, in, from, room < LIMIT_DECODE_STEP ? (size_t)room : LIMIT_DECODE_STEP);
    }
  close (fd);
  if (rc != PEN_EOF)
    return PEN_ERR;
  tell (j);
  j->open = UINT64_MAX;
  XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (j->fingerprint));
  h = (struct wire_head){ .type = WIRE_D_END, .seq = h.seq, .a = j->written, .len = sizeof canonical.digest };
  link_send (j->l, &h, canonical.digest);
  return PEN_OK;
}

/* ---- the way ---- */

static const struct loaded *
choose (const struct job *j, unsigned depth, const struct head_input *h)
{
  const struct loaded *best = NULL;
  int sure = 0;

  if (!j->s->by_magic)
    return depth < j->s->n ? &j->s->decoders[depth] : NULL;
  for (size_t i = 0; i < j->s->n; i++)
    {
      const struct pen_decoder *d = j->s->decoders[i].plugin->decoder;
      int score = d->size > offsetof (struct pen_decoder, recognise) && d->recognise
                      ? d->recognise ((struct pen_span){ h->head, h->n })
                      : 0;
      if (score > sure)
        {
          sure = score;
          best = &j->s->decoders[i];
        }
    }
  return best;
}

static int go_on (struct job *j, const char *name, unsigned depth, const struct pen_bytes *in);

static int
go_through (struct job *j, const struct loaded *d, const char *name, unsigned depth, const struct pen_bytes *in)
{
  struct filter t = { .below = in, .decoder = d, .j = j };
  int rc;

  t.f = (struct pen_bytes){ sizeof t.f, &t, read_decoded };
  if (d->plugin->decoder->create (setup_host (), d->options, &t.self) != PEN_OK)
    return fail (j, d->plugin->name);
  t.buf = xmalloc (INPUT_STEP);
  rc = go_on (j, name, depth + 1, &t.f);
  d->plugin->decoder->destroy (t.self);
  free (t.buf);
  return rc;
}

struct member_input
{
  struct pen_bytes f;
  const struct loaded *decoder;
  void *self;
  struct job *j;
};

static int
read_member (void *ctx, void *buf, size_t cap, size_t *n)
{
  struct member_input *m = ctx;
  int rc = m->decoder->plugin->decoder->read (m->self, buf, cap, n);

  return rc != PEN_OK || *n > cap ? fail (m->j, m->decoder->plugin->name) : PEN_OK;
}

/* outer/member: what a user sees; nobody opens a file of that name. */
static char *
name_of (const char *outer, const char *member)
{
  char *name = !*member ? xstrdup (outer) : *outer ? xasprintf ("%s/%s", outer, member) : xstrdup (member);

  if (strlen (name) > LIMIT_NAME_MAX / 2)
    name[LIMIT_NAME_MAX / 2] = 0;
  return name;
}

static int
walk (struct job *j, const struct loaded *d, const char *name, unsigned depth, const struct pen_bytes *in)
{
  const struct pen_decoder *q = d->plugin->decoder;
  struct member_input m = { .decoder = d, .j = j };
  struct pen_member member = { .size = sizeof member };
  int rc;

  m.f = (struct pen_bytes){ sizeof m.f, &m, read_member };
  if (q->create (setup_host (), d->options, &m.self) != PEN_OK)
    return fail (j, d->plugin->name);
  rc = q->open (m.self, in);
  while (rc == PEN_OK && (rc = q->next (m.self, &member)) == PEN_OK)
    {
      char *whole = name_of (name, member.name);
      rc = go_on (j, whole, depth + 1, &m.f);
      free (whole);
      if (rc != PEN_OK)
        break;
    }
  if (rc != PEN_EOF)
    fail (j, d->plugin->name);
  q->destroy (m.self);
  return rc == PEN_EOF ? PEN_OK : PEN_ERR;
}

static int
go_on (struct job *j, const char *name, unsigned depth, const struct pen_bytes *in)
{
  const struct loaded *d;
  struct head_input h;
  char text[80];

  if (look (&h, in) != PEN_OK)
    return PEN_ERR;
  d = choose (j, depth, &h);
  if (!d && !depth)
    return PEN_EOF; /* not encoded at all */
  if (!d)
    return put_output (j, name, depth, &h.f);
  if (depth + j->outside == j->s->max_depth)
    {
      snprintf (text, sizeof text, "encoded more than %u times (decode.max_nesting)", j->s->max_depth);
      return fail_text (j, text);
    }
  return d->plugin->decoder->decode ? go_through (j, d, name, depth, &h.f) : walk (j, d, name, depth, &h.f);
}

static void
decode (struct job *j)
{
  const struct wire_head h = j->l->msg.h;
  struct wire_head done = { .type = WIRE_D_DONE };
  const struct pen_bytes object = { sizeof object, j, read_object };
  int rc;

  j->o = link_object (j->l, h.obj);
  if (!j->o)
    _exit (70);
  j->at = j->told_input = j->seq = j->written = 0;
  j->open = UINT64_MAX;
  j->skip = h.a;
  j->outside = (unsigned)h.b;
  j->failed_why = 0;
  rc = go_on (j, "", 0, &object);
  if (rc != PEN_OK && rc != PEN_EOF)
    {
      link_fail (j->l, h.obj, 0, LINK_FAIL_PLUGIN, j->e.text);
      _exit (0); /* the next object gets a fresh process */
    }
  done.a = rc == PEN_EOF;
  link_forget (j->l, h.obj);
  link_send (j->l, &done, NULL);
}

int
decode_load (struct decode_setup *s, const uint8_t *blob, size_t n, struct err *e)
{
  struct blob_reader r;

  blob_reader_init (&r, blob, n);
  s->by_magic = blob_get_u8 (&r);
  s->max_depth = blob_get_u32 (&r);
  s->n = blob_get_u32 (&r);
  if (r.bad || s->n > DECODERS_MAX)
    return err_set (e, "malformed pipeline blob");
  for (size_t i = 0; i < s->n; i++)
    {
      void *self;
      if (setup_load_one (&r, &s->decoders[i], e) == -1)
        return -1;
      if (!s->decoders[i].plugin->decoder
          || s->decoders[i].plugin->decoder->create (setup_host (), s->decoders[i].options, &self) != PEN_OK)
        return err_set (e, "decoder \"%s\": %s", s->decoders[i].plugin->name, setup_why ());
      s->decoders[i].plugin->decoder->destroy (self);
    }
  return 0;
}

void
decode_serve (struct link *l, const struct decode_setup *s)
{
  struct job j = { .l = l, .s = s, .fingerprint = XXH3_createState () };

  for (;;)
    {
      link_next (l, 1);
      if (l->msg.h.type == WIRE_DECODE)
        decode (&j);
      else if (l->msg.h.type != WIRE_OUTPUT && l->msg.h.type != WIRE_GROWN) /* what came too late to matter */
        _exit (70);
    }
}
