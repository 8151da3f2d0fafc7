/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c - messages over a socket whose other end says its last words and goes. */
#include "core/base/wire.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ours, theirs;

static void
open_pair (void)
{
  int v[2];

  CU_ASSERT_FATAL (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, v) == 0);
  ours = v[0];
  theirs = v[1];
}

/* A worker says why it ends and exits, while a message of ours is still on its way to it. */
static void
test_last_words (void)
{
  struct wire_head h = { .type = WIRE_FAIL, .obj = 7, .len = 3 }, forget = { .type = WIRE_FORGET };
  static struct wire_msg m;
  struct err e;
  int fd;

  open_pair ();
  CU_ASSERT (wire_try_send (ours, &forget, NULL, -1, &e) == 1);
  CU_ASSERT (wire_send (theirs, &h, "why", -1, &e) == 0);
  close (theirs);
  CU_ASSERT_FATAL (wire_recv (ours, &m, &fd, MSG_DONTWAIT, &e) == 1);
  CU_ASSERT (m.h.type == WIRE_FAIL && m.h.obj == 7 && m.h.len == 3 && memcmp (m.payload, "why", 3) == 0 && fd == -1);
  CU_ASSERT (wire_recv (ours, &m, &fd, MSG_DONTWAIT, &e) == 0 && errno != EAGAIN);
  close (ours);
}

/* The same without words, and with an end that is only silent. */
static void
test_ends (void)
{
  struct wire_head forget = { .type = WIRE_FORGET };
  static struct wire_msg m;
  struct err e;
  int fd;

  open_pair ();
  CU_ASSERT (wire_recv (ours, &m, &fd, MSG_DONTWAIT, &e) == 0 && errno == EAGAIN);
  CU_ASSERT (wire_try_send (ours, &forget, NULL, -1, &e) == 1);
  close (theirs);
  CU_ASSERT (wire_recv (ours, &m, &fd, 0, &e) == 0 && errno != EAGAIN);
  CU_ASSERT (wire_recv (ours, &m, &fd, 0, &e) == 0 && errno != EAGAIN);
  close (ours);
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS || !(s = CU_add_suite ("wire", NULL, NULL))
      || !CU_add_test (s, "last words are read after a reset", test_last_words)
      || !CU_add_test (s, "an end and a silence are not the same", test_ends))
    return 1;
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
