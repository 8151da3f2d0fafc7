/* SPDX-License-Identifier: Apache-2.0 */
/* def.h - what reads a definition file, shared by the files that read its kinds of lines.
 *
 * Every reading function returns PEN_OK, or what x12_def_bad() returned: it has said file, line and reason. */
#ifndef X12_DEF_H
#define X12_DEF_H
#include "x12.h"

#define DEF_WORDS 64
#define DEF_LINE 1024 /* bytes */

struct reader
{
  struct x12 *x;
  struct x12_def *d;
  const char *path;
  unsigned line;
  char text[DEF_LINE];
  char *word[DEF_WORDS + 1];
  unsigned n_words;
  char *doc;        /* the text in quotes at a line's end, or NULL */
  int item;         /* the segment whose elements are read; -1: none */
  unsigned loop;    /* the innermost open one */
  bool wants_first; /* the loop's first segment is due */
  int root;         /* table of the set's row; -1: none */
};

/* ---- defwords.c ---- */

int x12_def_bad (struct reader *r, const char *fmt, ...) PEN_PRINTF (2, 3);
/* r->text into words and doc. */
int x12_def_split (struct reader *r);
/* A number up to max; "*" is 0 where star says so. */
int x12_def_number (struct reader *r, const char *w, unsigned max, bool star, unsigned *out);
/* A list of codes between commas; *first and *n say where they are. */
int x12_def_codes (struct reader *r, const char *w, uint16_t *first, uint16_t *n);
bool x12_is_segment_id (const char *w);

/* ---- defelem.c ---- */

/* The table of that name; made where it is new. */
int x12_def_table (struct reader *r, const char *name, int *table);
/* NN[.CC] NAME TYPE ..., or NN - */
int x12_def_element (struct reader *r);
/* pair FROM..TO CODES NAME TYPE ... */
int x12_def_pair (struct reader *r);

/* ---- defcheck.c ---- */

/* check RULE SEG.NN = TERM [+|- TERM]... [or TERM ...]...; TERM: count SEG | sum SEG.NN[*SEG.NN] [if NN=CODES] */
int x12_def_check (struct reader *r);
#endif
