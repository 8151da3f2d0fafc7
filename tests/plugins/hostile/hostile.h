/* SPDX-License-Identifier: Apache-2.0 */
/* hostile.h - what the hostile parser's attacks know: its options, its host and the chunk in hand. */
#ifndef PEN_TEST_HOSTILE_H
#define PEN_TEST_HOSTILE_H
#include <penstock/plugin.h>

#pragma GCC visibility push(hidden)

#define HOSTILE_ATTACKS                                                                                                \
  "none|open|create|stat|socket|connect|fork|thread|exec|ptrace|kill|signals|mask|prctl|exec_mmap|exec_mprotect|"      \
  "io_uring|bpf|ftruncate|close_socket|dup|spin|hang|eat_memory|segv|abort|stack_overflow|exit0|escape|"               \
  "garbage_message|garbage_slot|wrong_seq|huge_counts|foreign_slot|send_fds|flip_after_handover|flood|bad_carry|"      \
  "cut_open|cut_segv|cut_hang|cut_carry|cut_chunks|wrong_fail|starve_hang|endless"

struct hostile
{
  const struct pen_host *host;
  int attack; /* index into HOSTILE_ATTACKS */
};

/* 1 when `name` is the chosen attack. */
int hostile_is (const struct hostile *h, const char *name);
int hostile_is_cut (const struct hostile *h);
/* Commits the chosen attack; returns if it got through, or was of a kind that goes on. PEN_OK, or what parse() returns. */
int hostile_attack (const struct hostile *h, const struct pen_chunk *chunk);

/* The same for cut(), which runs in a worker of its own. */
void hostile_cut_attack (const struct hostile *h, struct pen_carry *carry);
void hostile_wire_cut (const struct hostile *h);

/* Attacks on the host's own messages and shared memory (hostile_wire.c). */
int hostile_wire_attack (const struct hostile *h, const struct pen_chunk *chunk);

#pragma GCC visibility pop
#endif
