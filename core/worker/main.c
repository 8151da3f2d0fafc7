/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - penstock-worker: takes orders from the host over one socket, jailed, and never sees a file or a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/worker/cutter.h"
#include "core/worker/decode.h"
#include "core/worker/describe.h"
#include "core/worker/jail.h"
#include "core/worker/link.h"
#include "core/worker/narrow.h"
#include "core/worker/open.h"
#include "core/worker/setup.h"
#include "core/worker/slots.h"
#include "core/worker/stage.h"

#define READ_DIRS_MAX 32

struct args
{
  const char *describe, *recognise;
  pid_t parent;
  int best_effort, decodes;
  uint64_t as_limit;
  const char *read_dirs[READ_DIRS_MAX + 1];
  size_t n_read_dirs;
};

static void
die (const char *what, const struct err *e)
{
  dprintf (2, "penstock-worker: %s%s%s\n", what, e ? ": " : "", e ? e->text : "");
  _exit (70);
}

static void
read_args (struct args *a, int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      const char *v = strchr (argv[i], '=');
      v = v ? v + 1 : "";
      if (!strcmp (argv[i], "--describe") && i + 1 < argc)
        a->describe = argv[++i];
      else if (!strcmp (argv[i], "--recognise") && i + 1 < argc)
        a->recognise = argv[++i];
      else if (!strncmp (argv[i], "--parent=", 9))
        a->parent = (pid_t)strtol (v, NULL, 10);
      else if (!strcmp (argv[i], "--jail=best-effort"))
        a->best_effort = 1;
      else if (!strcmp (argv[i], "--decode"))
        a->decodes = 1;
      else if (!strncmp (argv[i], "--as-limit=", 11))
        a->as_limit = strtoull (v, NULL, 10);
      else if (!strncmp (argv[i], "--read-dir=", 11) && a->n_read_dirs < READ_DIRS_MAX)
        a->read_dirs[a->n_read_dirs++] = v;
      else
        die ("usage: penstock-worker --describe PLUGIN.so [--read-dir=DIR] (else it is started by penstock)", NULL);
    }
}

/* Runs in the SIGSYS handler. */
static void
tell_denied (const struct jail_denial *d, void *ctx)
{
  struct wire_head h = { .type = WIRE_DENIED, .len = sizeof *d };
  (void)ctx;
  wire_try_send (WIRE_FD, &h, d, -1, NULL);
}

/* The same for --describe, which has no socket: the host shows the last line of standard error. */
static void
print_denied (const struct jail_denial *d, void *ctx)
{
  char text[256];
  (void)ctx;
  dprintf (2, "%s\n", jail_denial_text (d, text, sizeof text));
}

static void
enter_jail (const struct args *a, struct jail_report *report, int sock)
{
  struct jail_opts o = { .mode = a->best_effort ? JAIL_BEST_EFFORT : JAIL_ENFORCE,
                         .parent = a->parent,
                         .sock = sock,
                         .as_limit = a->as_limit,
                         .read_dirs = a->read_dirs,
                         .denied = sock >= 0 ? tell_denied : print_denied };
  static const int keep[] = { 1, 0 }; /* output; input where there is something to recognise */
  struct err e;

  if (sock < 0)
    {
      o.keep = keep;
      o.n_keep = a->recognise ? 2 : 1;
    }
  if (jail_enter (&o, report, &e) == -1)
    die ("jail", &e);
}

static int
describe (const struct args *a)
{
  struct jail_report report;
  const struct pen_plugin *p;
  struct err e;

  enter_jail (a, &report, -1);
  p = plugin_open (a->describe, &e);
  if (!p)
    {
      dprintf (2, "%s\n", e.text);
      return 1;
    }
  if (jail_lock (&report, &e) == -1)
    die ("jail", &e);
  if (worker_describe (stdout, p, &e) == -1 || fflush (stdout) == EOF)
    {
      dprintf (2, "%s\n", e.text);
      return 1;
    }
  return 0;
}

/* Prints how sure a parser is that the bytes on standard input are its own: 0 .. 100. */
static int
recognise (const struct args *a)
{
  static uint8_t head[65536];
  struct jail_report report;
  const struct pen_plugin *p;
  struct err e;
  size_t n = 0;
  ssize_t k;

  enter_jail (a, &report, -1);
  p = plugin_open (a->recognise, &e);
  if (!p || !p->parser || !p->parser->recognise)
    die ("cannot recognise", p ? NULL : &e);
  if (jail_lock (&report, &e) == -1)
    die ("jail", &e);
  while (n < sizeof head && (k = read (0, head + n, sizeof head - n)) > 0)
    n += (size_t)k;
  printf ("%d\n", p->parser->recognise ((struct pen_span){ head, n }));
  fflush (stdout);
  return 0;
}

/* Waits for the pipeline's blob; slots come before it. */
static uint8_t *
take_config (struct link *l, size_t *n)
{
  struct err e;

  for (;;)
    {
      int fd, rc = wire_recv (l->sock, &l->msg, &fd, 0, &e);
      if (rc <= 0)
        _exit (0);
      if (l->msg.h.type == WIRE_SLOT)
        slots_add (l->slots, (unsigned)l->msg.h.a, fd);
      else if (l->msg.h.type == WIRE_SLOT_FREE)
        slots_free (l->slots, (unsigned)l->msg.h.a);
      else if (l->msg.h.type == WIRE_INPUTS)
        link_map_inputs (l, fd);
      else if (l->msg.h.type == WIRE_CONFIG)
        {
          void *p = mmap (NULL, l->msg.h.a ? l->msg.h.a : 1, PROT_READ, MAP_PRIVATE, fd, 0);
          if (p == MAP_FAILED)
            die ("cannot map the pipeline's blob", NULL);
          close (fd);
          *n = l->msg.h.a;
          return p;
        }
      else
        die ("unexpected message", NULL);
    }
}

static void
refuse (struct link *l, const struct err *e)
{
  link_fail (l, 0, 0, LINK_FAIL_PLUGIN, e->text);
  _exit (1);
}

static void
say_ready (struct link *l, const struct setup *s)
{
  struct wire_head h = { .type = WIRE_READY };
  struct blob b = { 0 };
  struct err e;

  if (setup_answer (s, &b, &e) == -1)
    refuse (l, &e);
  if (b.n > LIMIT_SLOT_SIZE)
    {
      err_set (&e, "the tables' description is larger than a slot");
      refuse (l, &e);
    }
  memcpy (l->slots->map[0], b.p, b.n);
  h.a = b.n;
  link_send (l, &h, NULL);
  blob_fini (&b);
}

/* The bytes that the host names, with room behind them: from where the cutter has left them, else read. */
static const uint8_t *
chunk_bytes (const struct link *l, const struct link_object *o, const struct wire_head *h, struct err *e)
{
  static uint8_t *buf;
  static size_t cap;
  unsigned input = wire_chunk_input (h->c);

  if (input > l->n_inputs || (input && h->b > l->input_stride))
    die ("a chunk in memory that was not lent", NULL);
  if (input)
    return l->inputs + (input - 1) * l->input_stride;
  if (cap < h->b + LIMIT_INPUT_SLACK)
    {
      cap = h->b + LIMIT_INPUT_SLACK;
      free (buf);
      buf = xcalloc (cap, 1);
    }
  return link_read (o, buf, h->b, h->a, e) == -1 ? NULL : buf;
}

/* WIRE_TRY: only the first piece of what the host names. */
static int
take_piece (struct link *l, const struct setup *s, const struct wire_head *h, const struct pen_carry *carry,
            struct pen_chunk *chunk)
{
  static struct pen_carry after;
  struct wire_head answer = { .type = WIRE_PIECE, .obj = h->obj, .seq = h->seq };
  size_t n;

  after = *carry;
  if (narrow_piece (s->parser.plugin->parser, s->parser.self, chunk, h->gen, &after, &n) == -1)
    return -1;
  answer.a = n;
  if (n < chunk->bytes.n)
    {
      answer.len = after.len;
      chunk->bytes.n = n;
      chunk->flags &= ~(uint32_t)PEN_CHUNK_LAST;
    }
  link_send (l, &answer, after.b);
  return 0;
}

static void
parse (struct link *l, const struct setup *s, struct stage *st)
{
  static struct pen_carry carry, end;
  static struct stage_hole holes[LIMIT_HOLES];
  const struct wire_head h = l->msg.h;
  struct link_object *o = link_object (l, h.obj);
  struct pen_chunk chunk = { sizeof chunk, { NULL, h.b }, h.a, wire_chunk_flags (h.c) };
  size_t carry_len = wire_chunk_carry (h.c), n_holes = 0;
  struct err e;

  if (!o || carry_len > PEN_CARRY_MAX || carry_len > h.len)
    die ("a chunk of an object that was not announced, or a malformed one", NULL);
  carry.len = (uint32_t)carry_len;
  memcpy (carry.b, l->msg.payload, carry_len);
  if (h.type == WIRE_PARSE
      && narrow_holes (l->msg.payload + carry_len, h.len - carry_len, &chunk, holes, &n_holes) == -1)
    die ("malformed holes", NULL);
  slots_begin (l->slots, h.obj, h.seq);
  chunk.bytes.p = chunk_bytes (l, o, &h, &e);
  if (!chunk.bytes.p)
    link_fail (l, h.obj, h.seq, LINK_FAIL_CHANGED, e.text);
  else if (h.type == WIRE_TRY && take_piece (l, s, &h, &carry, &chunk) == -1)
    {
      const char *why = setup_why ();
      link_fail (l, h.obj, h.seq, LINK_FAIL_PLUGIN, *why ? why : "the parser's cut() broke its contract");
      _exit (0);
    }
  else if (stage_parse (st, o, &carry, &chunk, holes, n_holes, &end, &e) == -1)
    {
      link_fail (l, h.obj, h.seq, LINK_FAIL_PLUGIN, e.text);
      _exit (0); /* what the plugin left half done must not reach the next chunk: a fresh worker takes over */
    }
  else
    slots_finish (l->slots, end.b, end.len);
  o = link_object (l, h.obj);
  if (o && o->once)
    link_forget (l, h.obj);
}

static void
serve (struct link *l, const struct setup *s, struct stage *st, struct cutter *c)
{
  for (;;)
    {
      int busy = cutter_step (c);
      if (!link_next (l, !busy))
        continue;
      switch (l->msg.h.type)
        {
        case WIRE_PARSE:
        case WIRE_TRY:
          parse (l, s, st);
          break;
        case WIRE_CUT:
        case WIRE_HASH:
        case WIRE_MORE:
          cutter_message (c, &l->msg);
          break;
        case WIRE_SLOT_FREE:
        case WIRE_GROWN:
          break;
        default:
          die ("unexpected message", NULL);
        }
    }
}

/* A decoder's process: no slots, no parser. */
static void __attribute__ ((noreturn)) serve_decoders (struct link *l, struct jail_report *report)
{
  static struct decode_setup s;
  struct wire_head ready = { .type = WIRE_READY };
  struct err e;
  size_t n;
  uint8_t *blob = take_config (l, &n);

  if (decode_load (&s, blob, n, &e) == -1)
    refuse (l, &e);
  if (jail_lock (report, &e) == -1)
    die ("jail", &e);
  link_send (l, &ready, NULL);
  decode_serve (l, &s);
}

int
main (int argc, char **argv)
{
  struct args a = { 0 };
  struct jail_report report;
  struct setup setup;
  static struct slots slots;
  static struct link l;
  char text[512];
  struct wire_head h = { .type = WIRE_LOG, .a = PEN_LOG_DEBUG };
  uint8_t *blob;
  size_t n;
  struct err e;

  read_args (&a, argc, argv);
  if (a.describe)
    return describe (&a);
  if (a.recognise)
    return recognise (&a);
  enter_jail (&a, &report, WIRE_FD);
  link_init (&l, WIRE_FD, &slots);
  slots_init (&slots, &l);
  setup_log_to (WIRE_FD);
  if (a.decodes)
    serve_decoders (&l, &report);
  blob = take_config (&l, &n);
  if (setup_load (&setup, blob, n, &e) == -1)
    refuse (&l, &e);
  if (jail_lock (&report, &e) == -1)
    die ("jail", &e);
  if (setup_plan (&setup, &e) == -1)
    refuse (&l, &e);
  jail_report_text (&report, text, sizeof text);
  h.len = (uint32_t)strlen (text);
  link_send (&l, &h, text);
  say_ready (&l, &setup);
  serve (&l, &setup, stage_create (&setup, &slots),
         cutter_create (&l, setup.parser.plugin->parser, setup.parser.self, setup_why));
}
