/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - a definition in memory: its loops, segments and elements as they were read, the checks, and what link.c makes
 * of them for the walk. */
#ifndef X12_MODEL_H
#define X12_MODEL_H
#include <stdbool.h>
#include <penstock/plugin.h>

#define ELEMENTS 100  /* of a segment, with its id */
#define ITEMS 160     /* segments of a definition */
#define LOOPS 40      /* loops of a definition */
#define DEPTH 6       /* loops inside each other, with the set itself */
#define HL_DEPTH 10   /* levels of a hierarchy */
#define CHECKS 4      /* checks of a definition */
#define SUMS 6        /* sums that its checks need */
#define SUM_SCALE 10  /* decimals that sums are kept with */
#define TABLES_MAX 60 /* of all definitions, with the fixed ones */

enum x12_type
{
  TYPE_NONE, /* known, without a column */
  TYPE_TEXT,
  TYPE_INT,
  TYPE_DECIMAL,
  TYPE_DATE,
  TYPE_TIME,
};

/* A code of a list, up to 8 bytes. */
struct x12_code
{
  char c[8];
  uint8_t n;
};

/* One line of a segment: what an element is and where it goes. Index 0 is none. */
struct x12_elem
{
  uint8_t pos, comp; /* element, component (0: the whole element) */
  uint8_t type;      /* enum x12_type */
  uint8_t scale, implied;
  uint8_t required, pair; /* pair: this is a qualifier, the value is the next element */
  uint8_t if_pos;         /* 0: always */
  uint16_t next;          /* further lines of the same element */
  uint16_t min, max;      /* 0: any */
  int16_t col;            /* -1: none */
  uint16_t if_code, n_if, code, n_codes;
};

/* What is to be done with an element: a line as the walk wants it. Line 0: nothing describes the element. */
enum x12_act
{
  ACT_REST,   /* has no column */
  ACT_PASS,   /* known; nothing is asked of it */
  ACT_TEXT,   /* these four write a column and fit the common case; what does not fit goes the long way */
  ACT_NUMBER, /* [-]digits[.digits] */
  ACT_INT,    /* digits */
  ACT_DATE,
  ACT_PAIR,
  ACT_LONG, /* the long way: conditions, codes, components, times */
};
struct x12_op
{
  uint8_t act;        /* enum x12_act */
  uint8_t watch;      /* 1: an empty element is not nothing */
  uint8_t required;   /* without a condition */
  uint8_t scale;      /* of a number */
  uint16_t min, span; /* characters of a text: min .. min + span; no more than a copy of SEG_AFTER bytes has */
  uint32_t col_at;    /* where in the table's columns its column is, in bytes */
  uint16_t line;      /* in elem; 0: none */
  uint16_t key, hit;  /* of a pair: the two letters that came last, and the line that they led to; 0: none */
};

/* What a segment adds to a sum where that is a plain number, or one for each. */
#define QUICK_TERMS 3
struct x12_quick_term
{
  uint8_t sum, pos; /* pos 0: one for each */
  int8_t sign;
};

/* A segment in its place. */
struct x12_item
{
  uint32_t id;        /* x12_id() */
  uint8_t id_index;   /* of def->id */
  uint8_t loop;       /* that it belongs to, or starts */
  uint8_t starts;     /* it starts `loop` */
  uint8_t own_row;    /* a row for each segment */
  uint8_t each, step; /* a row for each `step` elements from `each` on */
  uint8_t last_pos;   /* last element that has a line */
  uint8_t last_required;
  uint16_t min, max; /* max 0: any */
  uint16_t limit;    /* max, but no more than can be counted */
  int16_t table;     /* of its columns; -1: none */
  uint16_t *at;      /* [last_pos + 1]: first line of each element */
  struct x12_op *op; /* the same for the walk */
  uint8_t inside;    /* the loop that must be the innermost before it */
  uint8_t terms;     /* 1: a check needs it */
  uint8_t n_quick;   /* all that it needs is in: */
  struct x12_quick_term quick[QUICK_TERMS];
};

struct x12_loop
{
  uint8_t parent, depth;
  uint16_t first, end; /* items, nested ones included */
  uint16_t min, max;
  int16_t table; /* a row for each turn; -1: none */
  uint8_t hl;
  uint16_t must, n_must; /* its mandatory segments and loops: of def->must */
  uint8_t holder;        /* depth of the innermost loop with a row, from itself outwards; 0: none but the set */
};

struct x12_term
{
  uint32_t id;
  uint8_t sum, count, a, b; /* a * b; b 0: a alone; count: 1 for each */
  int8_t sign;
  uint8_t if_pos;
  uint16_t if_code, n_if;
};
struct x12_check
{
  uint8_t rule; /* enum x12_rule */
  uint32_t id;
  uint8_t pos, first_sum, n_sums; /* any of them may fit */
};

/* Where a segment leads that the quick walk can read. */
struct x12_move
{
  uint16_t to;    /* item; 0: it is not for the quick walk */
  uint16_t leave; /* loops that end before it */
};

#define ID_SLOTS 1024
struct x12_def
{
  char name[16], functional[4];
  char *path;
  char release[8][13];
  unsigned n_releases;
  struct x12_item item[ITEMS];
  struct x12_loop loop[LOOPS];
  unsigned n_items, n_loops; /* item 0: the set's start; loop 0: the set */
  struct x12_elem *elem;
  struct x12_op *value; /* of each elem: the value of a pair */
  unsigned n_elems;
  struct x12_code *code;
  unsigned n_codes;
  uint16_t must[ITEMS]; /* items */
  uint32_t id[ITEMS];
  unsigned n_ids;
  uint32_t slot_id[ID_SLOTS];
  uint8_t slot[ID_SLOTS]; /* id index + 1 */
  uint32_t id_factor;     /* of the hash */
  uint16_t *to;           /* [item * n_ids + id]: where it goes; NOWHERE, or with LATE */
  struct x12_move *move;  /* the same for the quick walk */
  struct x12_term term[16];
  unsigned n_terms;
  struct x12_check check[CHECKS];
  unsigned n_checks, n_sums;
  uint8_t table[TABLES_MAX]; /* that it fills */
  unsigned n_tables;
};
#define NOWHERE 0xffff
#define LATE 0x8000 /* reached against the order */
#endif
