/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - the worker's end of the socket to the host, and the objects that the host lent it. */
#include "core/worker/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/worker/slots.h"

void
link_init (struct link *l, int sock, struct slots *slots)
{
  memset (l, 0, sizeof *l);
  l->sock = sock;
  l->slots = slots;
}

void
link_send (struct link *l, const struct wire_head *h, const void *payload)
{
  struct err e;
  if (wire_send (l->sock, h, payload, -1, &e) == -1)
    _exit (0); /* the host is gone: nobody is left to tell */
}

void
link_fail (struct link *l, uint32_t obj, uint64_t seq, enum link_fail code, const char *text)
{
  struct wire_head h = { .type = WIRE_FAIL, .obj = obj, .seq = seq, .a = code, .len = (uint32_t)strlen (text) };
  link_send (l, &h, text);
}

struct link_object *
link_object (struct link *l, uint32_t id)
{
  for (size_t i = 0; i < l->n_objects; i++)
    if (l->objects[i].id == id)
      return &l->objects[i];
  return NULL;
}

static void
add_object (struct link *l, int fd)
{
  const struct wire_head *h = &l->msg.h;
  struct link_object *o = link_object (l, h->obj);

  if (o)
    {
      close (o->fd);
      free (o->name);
    }
  else
    {
      l->objects = xrealloc (l->objects, (l->n_objects + 1) * sizeof *o);
      o = &l->objects[l->n_objects++];
    }
  o->id = h->obj;
  o->fd = fd;
  o->length = h->a;
  o->growing = h->b == 1;
  o->once = h->b == 2;
  o->name = xmalloc (h->len + 1);
  memcpy (o->name, l->msg.payload, h->len);
  o->name[h->len] = 0;
}

void
link_grow (struct link *l)
{
  struct link_object *o = link_object (l, l->msg.h.obj);

  if (!o)
    return;
  o->length = l->msg.h.a;
  o->growing = l->msg.h.b != 0;
}

void
link_forget (struct link *l, uint32_t id)
{
  struct link_object *o = link_object (l, id);
  if (!o)
    return;
  close (o->fd);
  free (o->name);
  *o = l->objects[--l->n_objects];
}

void
link_map_inputs (struct link *l, int fd)
{
  int prot = l->msg.h.c ? PROT_READ | PROT_WRITE : PROT_READ;
  void *p;

  if (l->inputs || !l->msg.h.a || l->msg.h.b > SIZE_MAX / l->msg.h.a)
    _exit (70);
  l->n_inputs = l->msg.h.a;
  l->input_stride = l->msg.h.b;
  p = mmap (NULL, l->n_inputs * l->input_stride, prot, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED)
    _exit (70);
  close (fd);
  l->inputs = p;
}

int
link_next (struct link *l, int wait)
{
  for (;;)
    {
      struct err e;
      int fd, rc = wire_recv (l->sock, &l->msg, &fd, wait ? 0 : MSG_DONTWAIT, &e);

      if (rc == 0 && !wait && errno == EAGAIN)
        return 0;
      if (rc <= 0)
        _exit (rc == 0 ? 0 : 70);
      switch (l->msg.h.type)
        {
        case WIRE_OBJECT:
          add_object (l, fd);
          break;
        case WIRE_FORGET:
          link_forget (l, l->msg.h.obj);
          break;
        case WIRE_GROWN:
          link_grow (l);
          return 1;
        case WIRE_SLOT:
          slots_add (l->slots, (unsigned)l->msg.h.a, fd);
          break;
        case WIRE_SLOT_FREE:
          slots_free (l->slots, (unsigned)l->msg.h.a);
          return 1;
        case WIRE_QUIT:
          exit (0);
        default:
          return 1;
        }
    }
}

int
link_read (const struct link_object *o, void *to, size_t n, uint64_t offset, struct err *e)
{
  char *at = to;
  size_t left = n;

  while (left)
    {
      ssize_t k = pread (o->fd, at, left, (off_t)(offset + (n - left)));
      if (k == -1 && errno == EINTR)
        continue;
      if (k == -1)
        return err_errno (e, "cannot read %zu bytes at offset %llu", n, (unsigned long long)offset);
      if (k == 0)
        return err_set (e, "object shrank while it was read: %llu bytes were announced, it ends at %llu",
                        (unsigned long long)o->length, (unsigned long long)(offset + (n - left)));
      at += k;
      left -= (size_t)k;
    }
  return 0;
}
