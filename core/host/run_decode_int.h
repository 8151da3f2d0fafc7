/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_int.h - what the files of decoding share: encoded objects, decoders and their outputs. */
#ifndef PEN_HOST_RUN_DECODE_INT_H
#define PEN_HOST_RUN_DECODE_INT_H
#include <sys/stat.h>

#include "core/host/run_int.h"

/* An output that is whole, but may not be committed yet: what it was decrypted from has not ended well so far. */
struct held
{
  struct object *output; /* NULL: closed meanwhile, or there was none */
  uint64_t length;
  uint8_t digest[16];
  int is_whole;
  char why[ERR_TEXT_MAX]; /* not whole: it shall be refused for this, unless there is a better reason */
};

struct encoded
{
  uint32_t id;
  struct feed_object from; /* texts and fd owned */
  unsigned tries;
  uint64_t done;     /* outputs that are whole */
  uint64_t expanded; /* bytes, of this try */
  size_t n_open;     /* objects of it in the run, and `inner` */
  int refused, failed;
  int decoded, told; /* nothing more comes out of it; the source was told */
  uint64_t read;     /* bytes of it that its decoder has read */
  uint64_t given;    /* of them, those that have left the spool: it cannot be decoded from the beginning again */
  int cut_short;     /* it was growing and will never be whole */

  /* A keyholder writes what it decrypts into `inner`, which is decoded by the others while it grows. */
  struct encoded *inner, *outer;
  int no_keys;         /* the keyholder has nothing to do with it */
  int proving, proved; /* a first pass is made for the proof alone; its end was good */
  struct stat stamp;   /* when that pass began */
  uint64_t inner_done;
  struct held held; /* of an inner one */
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
  int keys;  /* a keyholder */
  char *dir; /* its working directory */
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
  struct decoder *decoders; /* keyholders last */
  unsigned n_decoders, starts_failed;
  uint32_t next_id;
  struct
  {
    int config;
    uint64_t config_len;
    char **argv;
  } kind[2]; /* by decoder.keys */
};

/* run_decode.c */
void run_decode_let_go (struct run *r, struct encoded *x); /* its bytes */
void run_decode_forget (struct run *r, struct encoded *x);
/* All that was in it has ended: the source may archive it, or offer it again. */
void run_decode_tell (struct run *r, struct encoded *x);

struct decoder *run_decode_on (struct run *r, const struct encoded *x); /* the one that works on it, or NULL */
/* Takes it away from a decoder, which is ended: what it says is nobody's any more. */
void run_decode_detach (struct decoder *d);

/* run_decode_process.c */
int run_decode_make (struct run *r, struct err *e);
void run_decode_spawn (struct decoder *d);
void run_decode_unmake (struct run *r);
void run_decode_gone (struct process *p);
void run_decode_remove_dir (struct decoder *d);

/* run_decode_inner.c */
/* What a keyholder puts out becomes an encoded object of its own. */
void run_decode_begin_inner (struct decoder *d);
void run_decode_inner_grown (struct run *r, struct encoded *x, uint64_t available, int growing);
/* Its decoder has read that much: room for more. */
void run_decode_consumed (struct run *r, struct encoded *x, uint64_t read);
/* 1: an output of it may not end before its outer one has. */
int run_decode_is_held (const struct encoded *x);
void run_decode_hold (struct decoder *d, const struct wire_msg *m);
void run_decode_hold_refusal (struct decoder *d, const char *why);
void run_decode_release_held (struct run *r, struct encoded *x);
/* Members in something encrypted: the keyholder first goes through to the end for the proof alone. */
void run_decode_prove_first (struct decoder *d);
/* What the proof was for is still the same. */
int run_decode_is_same (const struct encoded *x, struct err *e);
/* Everything inside is given up for another try of the outer one. */
void run_decode_drop_inner (struct run *r, struct encoded *x);
void run_decode_closed_inner (struct run *r, struct encoded *x);

/* run_decode_output.c */
void run_decode_begin_output (struct decoder *d);
void run_decode_end_output (struct decoder *d);
/* It may write up to there. fd: the memory, the first time; else -1. */
void run_decode_grant (struct decoder *d, uint64_t upto, int fd);
/* An object of x; fd moves. NULL: it could not be made, the run was told. */
struct object *run_decode_add_output (struct run *r, struct encoded *x, const char *name, int fd);
/* o, or where that is NULL a new object of x, says why there is nothing. */
void run_decode_refuse_output (struct run *r, struct encoded *x, const char *name, struct object *o, const char *why);
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
