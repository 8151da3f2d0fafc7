/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_int.h - what the files of decoding share: encoded objects, decoders and their outputs. */
#ifndef PEN_HOST_RUN_DECODE_INT_H
#define PEN_HOST_RUN_DECODE_INT_H
#include "core/host/run_int.h"

struct encoded
{
  uint32_t id;
  struct feed_object from; /* texts and fd owned */
  unsigned tries;
  uint64_t done;     /* outputs that are whole */
  uint64_t expanded; /* bytes, of this try */
  size_t n_open;     /* objects of it in the run */
  int refused, failed;
  int decoded, told; /* nothing more comes out of it; the source was told */
};

enum decoder_state
{
  DECODER_EMPTY,
  DECODER_STARTING,
  DECODER_IDLE,
  DECODER_BUSY,
};

struct decoder
{
  struct run *r;
  struct process process;
  uv_timer_t deadline;
  enum decoder_state state;
  struct encoded *work;
  int is_open, waits;    /* an output was begun; it waits for room in the run */
  char *name;            /* of the output */
  struct object *output; /* NULL: it is thrown away */
  int fd;                /* its memory */
  uint64_t seq, written, granted;
  struct wire_msg *msg;
};

struct decoding
{
  struct encoded **v;
  size_t n;
  struct decoder *decoders;
  unsigned n_decoders, starts_failed;
  uint32_t next_id;
  int config;
  uint64_t config_len;
  char **argv;
};

/* run_decode.c */
void run_decode_let_go (struct run *r, struct encoded *x); /* its bytes */
void run_decode_forget (struct run *r, struct encoded *x);
/* All that was in it has ended: the source may archive it, or offer it again. */
void run_decode_tell (struct run *r, struct encoded *x);

/* run_decode_output.c */
void run_decode_begin_output (struct decoder *d);
void run_decode_end_output (struct decoder *d);
/* Nobody reads it: the decoder has to get through to what comes next. */
void run_decode_discard (struct decoder *d);
/* The decoder owes something, or waits for us: its deadline runs, or not. */
void run_decode_watch (struct decoder *d);
/* What there is of it is refused; where nothing is, an object says so. The decoder is ended, or ends by itself. */
void run_decode_refuse (struct decoder *d, const char *why);
void run_decode_refuse_and_end (struct decoder *d, const char *why);
/* 1: more than may come out of it did; it is refused. */
int run_decode_is_too_much (struct decoder *d);

/* run_decode_messages.c */
int run_decode_readable (struct process *p);
#endif
