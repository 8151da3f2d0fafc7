/* SPDX-License-Identifier: Apache-2.0 */
/* x12ack.h - what the parts of the x12-ack sink share: the sink, the file of the object at hand, the control number. */
#ifndef X12ACK_H
#define X12ACK_H
#include <penstock/plugin.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#pragma GCC visibility push(hidden)

enum x12ack_ta1
{
  TA1_ASKED,
  TA1_ALWAYS,
  TA1_NEVER,
};
struct x12ack_options
{
  const char *directory;
  const char *suffix;
  const char *control; /* NULL: CONTROL_NAME in directory */
  int ta1;             /* enum x12ack_ta1 */
  bool refused;
};

/* Columns of the table acknowledgements that are used. */
enum x12ack_column
{
  COL_KIND,
  COL_CODE,
  COL_COUNT,
  COL_SEGMENTS,
  COL_INCLUDED,
  COL_RECEIVED,
  COL_ERROR,
  COL_REQUESTED,
  N_COLUMNS
};
#define ISA_TEXT 200

/* An answer that is being written. There are two of an object, one for each verdict: it is known at the end only. */
struct x12ack_answer
{
  struct x12ack *sink;
  bool refuses; /* nothing of the object was taken */
  FILE *out;
  char part[PATH_MAX];
  uint64_t interchanges;
  char isa[ISA_TEXT]; /* as the parser made it; empty: none */
  size_t isa_n;
  char elem, term;
  bool raw; /* delimiters that are not ASCII: texts stand for bytes, a character each */
  bool in_isa, in_group;
  uint64_t groups, sets, accepted, segments;
  uint64_t next_control, this_control;
};
#define ANSWER_ACCEPTED 0
#define ANSWER_REFUSED 1

struct x12ack
{
  const struct pen_host *host;
  const struct x12ack_options *o;
  unsigned table;
  int has_table;
  unsigned n_columns;
  int at[N_COLUMNS]; /* place in the row */
  /* the object at hand */
  bool is_open, broken;
  char name[PATH_MAX];
  char date[9], time[5]; /* CCYYMMDD, HHMM of its first sight */
  uint64_t bytes;
  struct x12ack_answer answer[2];
  /* control numbers */
  int control_fd; /* locked while an object is open; -1 */
  uint64_t next_control;
};

/* host->fail() with "cannot ACTION PATH: " and errno's text; the object can only be discarded then. */
int x12ack_fail (struct x12ack *a, const char *action, const char *path);

/* ---- control.c ---- */

/* Locks the file of control numbers and reads the next one. */
int x12ack_control_open (struct x12ack *a);
/* Makes what was used durable. */
int x12ack_control_save (struct x12ack *a);
void x12ack_control_close (struct x12ack *a);

/* ---- answer.c ---- */

/* One row's values; spans are borrowed, and rewritten where a->raw. */
struct x12ack_row
{
  struct pen_span text[N_COLUMNS]; /* COL_KIND, COL_CODE, COL_SEGMENTS, COL_ERROR; p NULL: null */
  int64_t number[N_COLUMNS];       /* the others; 0 where null */
};
int x12ack_take (struct x12ack_answer *a, const struct x12ack_row *r);
/* The end of the rows. What is open then is an error in an answer that accepts; one that refuses closes it. */
int x12ack_end (struct x12ack_answer *a);

#pragma GCC visibility pop
#endif
