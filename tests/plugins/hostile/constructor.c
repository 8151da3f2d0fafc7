/* SPDX-License-Identifier: Apache-2.0 */
/* constructor.c - a plugin that acts while it is being loaded, before anybody has looked at its descriptor.
 * Built several times: CTOR_SOCKET, CTOR_WRITE, CTOR_EXEC, CTOR_READ. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

static void
shout (void)
{
  static const char text[] = "attack constructor got through\n";
  if (write (2, text, sizeof text - 1) < 0)
    _exit (1);
}

__attribute__ ((constructor)) static void
act (void)
{
#if defined(CTOR_SOCKET)
  if (socket (AF_INET, SOCK_STREAM, 0) >= 0)
    shout ();
#elif defined(CTOR_WRITE)
  if (open ("/tmp/penstock-hostile", O_CREAT | O_WRONLY, 0600) >= 0)
    shout ();
#elif defined(CTOR_EXEC)
  char name[] = "/bin/true", *argv[] = { name, NULL }, *env[] = { NULL };
  if (execve (name, argv, env) == 0)
    shout ();
#elif defined(CTOR_READ)
  if (open ("/etc/passwd", O_RDONLY) >= 0)
    shout ();
#endif
}

static int
create (const struct pen_host *host, const void *options, void **self)
{
  (void)host, (void)options;
  *self = NULL;
  return PEN_OK;
}
static int
schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  (void)self, (void)table, (void)name, (void)out;
  return PEN_EOF;
}
static int
parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
       const struct pen_out *out)
{
  (void)self, (void)in, (void)chunk, (void)end, (void)out;
  return PEN_OK;
}
static void
destroy (void *self)
{
  (void)self;
}

static const struct pen_parser parser = {
  .size = sizeof parser,
  .framing = PEN_FRAME_LINE,
  .max_record = 4096,
  .create = create,
  .schema = schema,
  .parse = parse,
  .destroy = destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "constructor",
  .version = "1",
  .summary = "Attacks from its constructor (tests only).",
  .parser = &parser,
};
