/* SPDX-License-Identifier: Apache-2.0 */
/* seat.h - one worker process at a time: started, spoken to, watched, buried and replaced. */
#ifndef PEN_HOST_SEAT_H
#define PEN_HOST_SEAT_H
#include <uv.h>

#include "core/base/wire.h"
#include "core/host/process.h"
#include "core/host/slot.h"

enum seat_state
{
  SEAT_EMPTY,
  SEAT_STARTING,
  SEAT_IDLE,
  SEAT_BUSY,
  SEAT_DYING, /* killed, waits for its end to be reported */
};

/* A piece of output, validated: p and n are inside the slot. */
struct piece
{
  uint8_t kind, stream;
  uint16_t table;
  uint32_t n, rows;
  const uint8_t *p;
  struct slot *slot;
};

struct seat;
/* All on the loop's thread. Pieces, carries and texts are valid during the call; pieces' slots stay held until
 * seat_give_back(). */
struct seat_calls
{
  void *ctx;
  void (*ready) (void *ctx, struct seat *s, const uint8_t *answer, size_t n);
  void (*chunk) (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *carry);
  void (*cut_end) (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *digest);
  void (*hashed) (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *digest);
  void (*part) (void *ctx, struct seat *s, const struct piece *v, size_t n, int starved);
  void (*parsed) (void *ctx, struct seat *s, const uint8_t *carry, size_t carry_len, const struct piece *v, size_t n);
  /* What a try (seat_job.window) will parse: n bytes, and the carry after them unless they reach the chunk's end. */
  void (*piece) (void *ctx, struct seat *s, uint64_t n, const uint8_t *carry, size_t carry_len);
  /* The worker says that it cannot (code: enum link_fail); it lives on, unless it was starting. */
  void (*failed) (void *ctx, struct seat *s, const struct wire_head *h, const char *text);
  /* The process is gone; why is one clause. was_busy: seat->obj/gen/seq was being worked on. */
  void (*died) (void *ctx, struct seat *s, enum seat_state was, const char *why);
  void (*log) (void *ctx, int level, const char *text);
};

struct seat_opts
{
  char *const *argv; /* penstock-worker and its arguments, ends with NULL */
  int config;        /* sealed memory with the blob */
  uint64_t config_len;
  uint64_t deadline_ns;         /* for one chunk */
  uint64_t expansion;           /* bytes that may come out of each byte of a chunk, for each stream */
  unsigned n_streams, n_tables; /* n_tables: 0 until the first READY */
  int inputs;                   /* memory with chunks, see inputs.h; used where n_inputs is not 0 */
  unsigned n_inputs;
  uint64_t input_stride;
};

struct seat
{
  const struct seat_opts *opts;
  const struct seat_calls *calls;
  unsigned index;
  int is_cutter;
  enum seat_state state, before_dying;
  struct process process;
  unsigned n_lines; /* that this process has said */
  int served;       /* 1: it has parsed chunks, the last one of `obj` */
  int broke_rules;  /* a denied call or a malformed message: not just a crash */
  uint64_t rest;    /* BUSY with a try: bytes that it was given; 0: no piece is expected */
  int retired;      /* its end is our wish, nobody's failure */
  uv_timer_t deadline;
  uint64_t obj, seq; /* BUSY: what it works on */
  uint32_t gen;
  unsigned input; /* it reads its chunk from there: 1 + number; 0: from none. Whoever takes it back sets 0 */
  uint64_t len;   /* BUSY: bytes of the chunk */
  uint64_t made[LIMIT_STREAMS + 1]; /* bytes that came out of it, for each stream; the last one: evidence */
  uint64_t left_ms;                 /* of the chunk's deadline, while it waits for slots */
  uint32_t *known;                  /* objects announced to this process */
  size_t n_known;
  struct wire_head later[4]; /* to be sent before the next message, see send_later() */
  unsigned n_later;
  struct slot *slots[LIMIT_SLOTS_PER_WORKER];
  struct wire_msg *msg;
};

struct seat *seat_create (unsigned index, int is_cutter, const struct seat_opts *opts, const struct seat_calls *calls,
                          uv_loop_t *loop);
int seat_start (struct seat *s, struct err *e);
/* One more line of this process may go to the log; says so once when no more may. */
int seat_may_speak (struct seat *s);
/* SIGKILL; died() follows. `why` (may be NULL) is what died() will say. */
void seat_kill (struct seat *s, const char *why);
/* An idle process that cuts owes an answer, for which it has to read `bytes` more than a chunk's: the deadline runs; or owes
 * none. */
void seat_expect (struct seat *s, int owes, uint64_t bytes);
/* An idle process is ended and started anew, for its own sake: quietly. */
void seat_retire (struct seat *s);
/* Sends, or queues. fd is borrowed. */
void seat_send (struct seat *s, const struct wire_head *h, const void *payload, int fd);
/* Announces the object unless this process knows it already. */
enum seat_loan /* as in WIRE_OBJECT */
{
  SEAT_LOAN_WHOLE,
  SEAT_LOAN_GROWING,
  SEAT_LOAN_ONCE, /* for the next chunk only: it is not known afterwards */
};
void seat_lend_object (struct seat *s, uint32_t obj, int fd, uint64_t length, enum seat_loan loan, const char *name);
int seat_knows_object (const struct seat *s, uint32_t obj);
void seat_forget_object (struct seat *s, uint32_t obj);
/* Bytes of an object that it knows. Pointers are borrowed for the call. */
struct seat_job
{
  uint64_t obj, seq, offset, len;
  uint32_t gen, flags;
  unsigned input;  /* 1 + number of the input that holds the bytes; 0: they are to be read */
  uint32_t window; /* 0: parse it all; else a try: only the first piece of at most so many bytes, or the first record */
  const void *carry, *holes; /* holes: as in WIRE_PARSE */
  uint32_t carry_len, holes_len;
};
void seat_parse (struct seat *s, const struct seat_job *j);
/* It waits for slots: its deadline stands still until it gets one. */
void seat_pause (struct seat *s);
/* One piece of a held slot is taken; with the last one the worker may fill the slot again. Once for every piece. */
void seat_give_back (struct slot *slot);
/* The worker of the lowest chunk waits. Has nothing that was given back come to it (all its slots hold later chunks, or
 * pieces that are still wanted), the reserved slot is lent. */
void seat_lend_reserved (struct seat *s);
/* Slots go; the process must be gone. Freed once the loop has let go. */
void seat_destroy (struct seat *s);
#endif
