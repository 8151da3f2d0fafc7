/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - who may run with how many workers and how much memory: a pure state machine over a fixed amount of both.
 *
 * Every member needs its minimum to run: one worker, and the memory of a run with one worker. Memory is the scarce thing (what a
 * run may take is known beforehand); a member's first worker costs memory only, the kernel shares the cores out. More workers are
 * tokens.
 *
 * If the minima of all members fit into the memory together, each is reserved: nobody waits for the minimum, whatever the others
 * do. Else only members that ask for it (must_reserve) are reserved, as far as there is room beside any one of the others; those
 * wait for each other, the longest waiting first: nobody overtakes. Grants stay as they are until they are given back. */
#ifndef PEN_SERVE_POOL_H
#define PEN_SERVE_POOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_need
{
  uint64_t base, per_worker; /* bytes: of a run without, and of each worker */
  unsigned workers;          /* at most; >= 1 */
  uint64_t memory;           /* at most, bytes; 0: no limit of its own */
  bool is_lasting;           /* the run does not end by itself: its share is among all members */
  bool must_reserve;
};

struct pool_grant
{
  unsigned workers; /* >= 1 */
  uint64_t memory;  /* bytes, for all of them */
};

enum pool_state
{
  POOL_IDLE,
  POOL_WAITING,
  POOL_RUNNING,
};

struct pool_member
{
  struct pool_need need;
  enum pool_state state;
  bool is_reserved;
  uint64_t since; /* order of asking */
  struct pool_grant grant;
};

struct pool
{
  unsigned workers;
  uint64_t memory;
  bool is_crowded; /* the minima do not fit together */
  size_t n, cap;
  struct pool_member **v; /* owned, stable addresses */
  uint64_t clock;
};

/* workers >= 1. memory 0: not known, no limit. */
void pool_init (struct pool *p, unsigned workers, uint64_t memory);
void pool_fini (struct pool *p);
/* Can it ever run? The bytes of its minimum are in *minimum. */
bool pool_has_room_for (const struct pool *p, const struct pool_need *need, uint64_t *minimum);
/* Borrowed until pool_remove(). What runs is not touched by a member that comes, goes or changes. */
struct pool_member *pool_add (struct pool *p, const struct pool_need *need);
void pool_remove (struct pool *p, struct pool_member *m);
/* Not while it runs. */
void pool_change (struct pool *p, struct pool_member *m, const struct pool_need *need);

/* It wants to run, or does not want to any more. */
void pool_ask (struct pool *p, struct pool_member *m);
void pool_withdraw (struct pool *p, struct pool_member *m);
/* The next that may run now, its grant filled in; NULL: nobody. To be called until it says so after every event. */
struct pool_member *pool_next (struct pool *p);
/* It has ended. */
void pool_give (struct pool *p, struct pool_member *m);

/* What runs holds, in sum. */
void pool_used (const struct pool *p, unsigned *workers, uint64_t *memory);
#endif
