/* SPDX-License-Identifier: Apache-2.0 */
/* x12.h - what the parts of the x12 parser share: options, definitions, the carried state, an instance, and the calls
 * between files.
 *
 * scan.c finds segments, index.c those of a whole window at once, envelope.c moves the state over ISA .. IEA (the same
 * code for cut and parse, so that both agree), set.c moves over the segments of a set by its definition, quick.c does so
 * for the usual ones, cut.c walks a window, parse.c walks a chunk, def.c reads definition files and link.c makes tables
 * for the walk from them, value.c turns elements into columns, rows.c fills the tables that every file has, ack.c writes
 * acknowledgements.
 *
 * A set of up to `set_buffer` bytes is held back until its SE: a refused one leaves no row. A larger one ("huge") is
 * streamed, is cut between its segments, and refuses the whole object when something in it is wrong. */
#ifndef X12_H
#define X12_H
#include <stdbool.h>
#include <penstock/date.h>
#include <penstock/decimal.h>
#include <penstock/plugin.h>
#include <penstock/scan.h>
#include <penstock/table.h>
#include "model.h"
#include "rules.h"

#define ISA_MAX 160     /* bytes of an ISA, whatever its widths */
#define GS_MAX 160      /* bytes of a GS that are kept */
#define ST_MAX 48       /* bytes of an ST that are kept */
#define JUNK_LOOK 64    /* bytes of foreign text that a finding shows */
#define LOG_MAX 1800    /* bytes of segments whose rows are still open, in a huge set */
#define SEGMENT_COLS 30 /* element columns of the table segments */
#define DATE_PIVOT 70   /* YY below it is 20YY */

enum x12_unknown
{
  UNKNOWN_KEEP,
  UNKNOWN_REJECT,
  UNKNOWN_IGNORE,
};
enum x12_segments
{
  SEGMENTS_REST,
  SEGMENTS_ALL,
  SEGMENTS_NONE,
};
enum x12_encoding
{
  ENC_AUTO,
  ENC_UTF8,
  ENC_LATIN1,
};

struct x12_options
{
  const char *definitions; /* directory */
  struct pen_list sets;
  uint64_t set_buffer;
  int unknown_segments; /* enum x12_unknown */
  int segments;         /* enum x12_segments */
  int encoding;         /* enum x12_encoding */
  bool acknowledgements;
  int rule[N_RULES]; /* enum x12_level */
};

/* ---- a segment ---- */

struct x12_seg
{
  const uint8_t *p;
  uint32_t n;    /* without the terminator */
  uint32_t next; /* bytes up to the next one's beginning, the terminator included */
  uint64_t offset;
  uint32_t id;         /* x12_id(); 0: none */
  unsigned n_el;       /* elements with the id */
  const uint8_t *base; /* what `at` counts from: p, or the window of an index */
  const uint32_t *at; /* where element i begins; at[n_el]: one behind the terminator. Points to own, or into an index */
  bool overflow;      /* has more */
  bool odd;           /* holds bytes outside of printable ASCII that are no separators of elements */
  bool open;          /* the file ended before its terminator */
  bool roomy;         /* SEG_BEFORE bytes before p and SEG_AFTER behind the terminator may be read */
  uint32_t own[ELEMENTS + 2];
};
#define SEG_BEFORE 8
#define SEG_AFTER 32
static inline struct pen_span
seg_el (const struct x12_seg *g, unsigned i)
{
  return i < g->n_el ? (struct pen_span){ g->base + g->at[i], g->at[i + 1] - g->at[i] - 1 }
                     : (struct pen_span){ g->p, 0 };
}
/* Bytes of the id that messages show: a segment at the end of a chunk has no byte after it. */
static inline int
seg_id_len (const struct x12_seg *g)
{
  uint32_t n = g->at[1] - g->at[0] - 1;
  return n > 3 ? 3 : (int)n;
}
/* Two or three characters as a number that compares quickly. */
static inline uint32_t
x12_id (const char *s)
{
  return (uint32_t)(uint8_t)s[0] | (uint32_t)(uint8_t)s[1] << 8 | (s[1] ? (uint32_t)(uint8_t)s[2] << 16 : 0);
}
#define ID2(a, b) ((uint32_t)(a) | (uint32_t)(b) << 8)
#define ID3(a, b, c) (ID2 (a, b) | (uint32_t)(c) << 16)

/* ---- the carried state ---- */

/* Numbers used, as runs: control numbers mostly count upwards. */
struct x12_run
{
  uint64_t lo, hi;
};
#define ISA_RUNS 8
#define GS_RUNS 8
#define ST_RUNS 32

/* What earlier bytes mean for later ones, outside of sets. Plain bytes, no padding. */
struct x12_state
{
  uint64_t interchanges, groups, sets; /* ordinals in the object */
  uint64_t isa_offset, gs_offset;
  uint32_t isa_groups, gs_sets; /* so far */
  uint16_t isa_n, gs_n;         /* bytes kept below */
  uint8_t elem, comp, rep, term;
  uint8_t started; /* an interchange was seen */
  uint8_t junk;    /* in foreign text that has been reported */
  uint8_t in_isa, in_gs, in_st;
  uint8_t isa_refused, gs_refused; /* the first: TA105 */
  uint8_t stray;                   /* stray segments have been reported */
  uint8_t isa_runs, gs_runs, st_runs;
  uint8_t st_refused;
  uint8_t ta1; /* the interchange has one */
  uint8_t pad[3];
  uint8_t isa[ISA_MAX], gs[GS_MAX];
  struct x12_run isa_run[ISA_RUNS], gs_run[GS_RUNS], st_run[ST_RUNS];
};

struct x12_open_loop
{
  uint64_t offset;
  uint32_t ordinal, parent; /* segment ordinals; 0: none */
  uint16_t log;             /* where its segments begin in the log */
  uint8_t loop, pad[5];
};
struct x12_level_open
{
  char id[12]; /* padded with NUL */
  uint32_t ordinal;
};
/* The same inside a set. */
struct x12_set
{
  pen_i128 sum[SUMS], claim[CHECKS];
  uint64_t offset, last, end; /* of the ST; of the last segment; where that ends */
  uint64_t segments;
  uint32_t errors, hl_count;
  uint16_t item, n_log;
  uint8_t def; /* index + 1; 0: no definition */
  uint8_t depth, hl_depth, hl_loose;
  uint8_t huge, claimed, void_sums; /* bits */
  uint8_t pad;
  uint16_t st_n;
  uint16_t ak5; /* codes of the acknowledgement, bits 1 << code */
  uint8_t st[ST_MAX];
  uint16_t seen[ITEMS];
  struct x12_open_loop open[DEPTH];
  struct x12_level_open hl[HL_DEPTH];
  uint8_t log[LOG_MAX];
};

/* ---- an instance ---- */

/* The definition that the last set had, nothing being wrong with its release. */
struct x12_known
{
  uint64_t group; /* 0: none */
  const struct x12_def *def;
  uint8_t n;
  char id[6];
};

enum x12_scope
{
  SCOPE_OBJECT,
  SCOPE_INTERCHANGE,
  SCOPE_GROUP,
  SCOPE_SET,
};
enum x12_total
{
  TOTAL_GROUPS,
  TOTAL_SETS,
  TOTAL_SEGMENTS,
  N_TOTALS
};
enum x12_table
{
  T_INTERCHANGES,
  T_GROUPS,
  T_SETS,
  T_TA1,
  T_SEGMENTS,
  T_ACKS,
  N_FIXED
};

/* Columns of a table, while definitions are read. */
struct x12_table_def
{
  char *name;
  struct pen_col_spec *col;
  unsigned n_cols;
};

struct x12
{
  const struct pen_host *host;
  const struct x12_options *o;
  struct x12_def *def;
  unsigned n_defs;
  struct x12_table_def table[TABLES_MAX];
  unsigned n_tables;
  struct pen_table_spec spec[TABLES_MAX];
  struct pen_tables tables;
  /* one parse(); out is NULL in cut(): checks decide and report nothing */
  const struct pen_out *out;
  int status;     /* the first thing that `out` refused, or want of memory */
  bool was_ahead; /* the same, one step before */
  bool ahead;     /* cut(): the state knows of bytes behind the place where the walk is */
  bool mute;      /* rows are written again from the log: no findings */
  bool plain;     /* this segment is plain ASCII */
  struct x12_state st;
  struct x12_set set;
  struct x12_seg seg;
  struct x12_index *index;
  struct x12_known known;
  struct x12_seg header; /* the set's ST, split, where is_split */
  bool is_split;
  size_t sure_end; /* in the chunk: where a segment begins that ends a set; 0: not known */
  uint8_t sure_elem, sure_term;
  struct pen_table *row; /* the table that the segment being read writes to, or NULL */
  bool rest;             /* something of the segment has no column */
  bool is_full;          /* a table of a set has its rows */
  int64_t rows_before[TABLES_MAX];
  uint64_t n_read[TABLES_MAX], n_rejected[TABLES_MAX];
  int64_t segments_here; /* of this set, not yet told to the ledger */
  char *ack;             /* AK3 and AK4 of this set */
  size_t n_ack, ack_cap;
  unsigned n_ak3;
  uint64_t ack_segment; /* the last AK3's */
  uint8_t *text;
  size_t text_cap;
};

#include "index.h"

/* ---- scan.c ---- */

enum x12_frame
{
  FRAME_OK,
  FRAME_MORE, /* its end is not in the bytes */
  FRAME_END,  /* nothing but blanks and line ends is left */
};
/* Where the next segment begins: blanks, line ends and what is left of a UTF-8 terminator are skipped. */
size_t x12_skip (const struct x12_state *s, const uint8_t *p, size_t n, size_t at);
static inline size_t
x12_next (const struct x12_state *s, const uint8_t *p, size_t n, size_t at)
{
  if (at < n && p[at] == '\n' && s->elem != '\n')
    at++;
  return at < n && p[at] >= 'A' && p[at] <= 'Z' ? at : x12_skip (s, p, n, at);
}
/* The segment at `at` and its elements; base: offset of p[0]. */
enum x12_frame x12_segment (const struct x12_state *s, const uint8_t *p, size_t n, size_t at, uint64_t base, bool last,
                            struct x12_seg *g);
extern const uint8_t x12_alnum[256]; /* 1: a letter or a digit */
static inline uint32_t
x12_seg_id (const struct x12_seg *g)
{
  uint32_t n = g->at[1] - g->at[0] - 1, id;
  const uint8_t *p = g->p;
  if (n - 2 > 1 || !(x12_alnum[p[0]] & x12_alnum[p[1]] & (n == 2 ? 1 : x12_alnum[p[2]])))
    return 0;
  id = ID2 (p[0], p[1]);
  return n == 2 ? id : id | (uint32_t)p[2] << 16;
}
/* The first segment from `at` (where one begins) on that may end a set: ST, SE, GS, GE, ISA, IEA. n: none. */
size_t x12_find_envelope (const struct x12_state *s, const uint8_t *p, size_t n, size_t at, bool last);
/* The last one among those that begin in from .. end - 1; 0: none. */
size_t x12_find_envelope_before (const struct x12_state *s, const uint8_t *p, size_t n, size_t from, size_t end,
                                 bool last);
/* 1 when "ISA" and a separator are at `at`, whatever the separator. */
bool x12_is_isa (const uint8_t *p, size_t n, size_t at);
/* May these letters begin a segment that ends a set? The separator behind them is not looked at. */
static inline bool
x12_may_end_set (const uint8_t *p, size_t n, size_t at)
{
  unsigned a = p[at], b = at + 1 < n ? p[at + 1] : 0;
  return a == 'I' ? b == 'S' || b == 'E' : b == 'E' || b == (a == 'S' ? 'T' : 'S');
}
#define LOOK_AHEAD 4 /* bytes of a segment that x12_find_envelope() needs */

struct x12_isa
{
  uint8_t elem, comp, rep, term;
  uint32_t n; /* without the terminator */
};
/* An ISA at p? FRAME_END: no. */
enum x12_frame x12_isa (const uint8_t *p, size_t n, bool last, struct x12_isa *isa);

/* ---- envelope.c ---- */

/* Moves the state over foreign text and a segment outside of sets, or one that ends a set. */
void x12_envelope (struct x12 *x, const struct x12_seg *g);
/* Ends interchange and group without their trailers, at `at`. */
void x12_break (struct x12 *x, uint64_t at);
void x12_state_load (struct x12 *x, const struct pen_carry *c);
void x12_state_save (const struct x12 *x, struct pen_carry *c);
void x12_ledger_open (struct x12 *x, enum x12_scope scope, struct pen_span key);
/* Remembers a control number; true: it was there before. */
bool x12_was_used (struct x12_run *run, uint8_t *n, unsigned max, struct pen_span text);
/* A header kept in the state, split again. */
void x12_recall (const struct x12_state *s, const uint8_t *p, size_t n, struct x12_seg *g);
/* The ST of the set. */
const struct x12_seg *x12_recall_header (struct x12 *x);

/* ---- isa.c ---- */

/* Walks what is outside of interchanges from `at` on; returns where it ended: at n, where more bytes are needed
 * (*more), or behind an ISA. */
size_t x12_outside (struct x12 *x, const uint8_t *p, size_t n, size_t at, uint64_t base, bool last, bool *more);
void x12_object_end (struct x12 *x, uint64_t offset); /* outside of sets */

/* ---- set.c ---- */

void x12_set_segment (struct x12 *x, const struct x12_seg *g);
/* A row of the table `segments`, where it is wanted. known: the definition has the segment. */
void x12_put_segment (struct x12 *x, const struct x12_seg *g, bool known);
static inline bool
x12_is_binary (uint32_t id)
{
  return id == ID3 ('B', 'I', 'N') || id == ID3 ('B', 'D', 'S');
}
static inline unsigned
x12_id_hash (const struct x12_def *d, uint32_t id)
{
  return (id * d->id_factor) >> 22;
}
/* Of d->id; n_ids: the definition has none such. */
static inline unsigned
x12_id_index (const struct x12_def *d, uint32_t id)
{
  for (unsigned h = x12_id_hash (d, id);; h = (h + 1) % ID_SLOTS)
    {
      if (d->slot_id[h] == id)
        return d->slot[h] - 1u;
      if (!d->slot[h])
        return d->n_ids;
    }
}
void x12_put_each_keys (struct x12 *x, const struct x12_def *d);
static inline const struct x12_def *
x12_def_of (const struct x12 *x)
{
  return x->set.def ? &x->def[x->set.def - 1] : NULL;
}

/* ---- bounds.c ---- */

void x12_set_begin (struct x12 *x, const struct x12_seg *st, bool huge);
/* g: the SE, or NULL where there is none; at: where the set broke off. */
void x12_set_end (struct x12 *x, const struct x12_seg *g, uint64_t at);
/* Tells the ledger of the segments read. */
void x12_settle (struct x12 *x);
/* Rows since the set began (or, in a huge one, since the last flush) become read, or vanish. */
void x12_set_count (struct x12 *x, bool refused);
/* Rows that were open when the chunk began, or at a flush, are written again. */
void x12_set_resume (struct x12 *x);

/* ---- loop.c ---- */

/* g: what ends the loop. */
void x12_check_mandatory (struct x12 *x, const struct x12_def *d, unsigned loop, const struct x12_seg *g);
/* Takes the HL into the path; returns the ordinal of its parent's segment, 0: none or not known. */
uint32_t x12_hl_enter (struct x12 *x, const struct x12_seg *g);

/* ---- quick.c ---- */

/* Reads the segments of a set from p[at] on, as long as they are as usual; returns where the first one begins that is
 * not, of which nothing was done. Where the index stands elsewhere, nothing is read. */
size_t x12_quick (struct x12 *x, const struct pen_chunk *c, size_t at);

/* ---- sums.c ---- */

void x12_add_terms (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g);
void x12_check_sums (struct x12 *x, const struct x12_def *d, const struct x12_seg *g);

/* ---- value.c ---- */

/* Elements of a segment into the columns of x->row; sets x->rest. */
void x12_elements (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g);
/* One element that is not as in the common case; op: of its place, behind the last that has one any of ACT_REST. Returns
 * how many it has read: two for a pair. */
unsigned x12_element (struct x12 *x, const struct x12_def *d, struct x12_op *op, const struct x12_seg *g, unsigned pos);
/* Elements behind the segment's end: reports those that must be there. */
void x12_check_behind (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g);
/* The line of a pair with this qualifier; 0: none. */
unsigned x12_find_pair (const struct x12_def *d, unsigned line, struct pen_span q);
/* A qualifier of two letters mostly is the one that came last at its place. */
static inline unsigned
x12_pair_line (const struct x12_def *d, struct x12_op *op, struct pen_span q)
{
  uint16_t key = 0;
  unsigned hit;
  if (q.n == 2)
    {
      memcpy (&key, q.p, 2);
      if (key == op->key && op->hit)
        return op->hit;
    }
  hit = x12_find_pair (d, op->line, q);
  op->key = key;
  op->hit = (uint16_t)(q.n == 2 ? hit : 0);
  return hit;
}
/* A number of type e at SUM_SCALE / 2 decimals; false: none. */
bool x12_number (const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g, unsigned pos,
                 pen_i128 *v);
bool x12_is_code (const struct x12_def *d, unsigned first, unsigned n, struct pen_span v);
/* Text into a column, as UTF-8, without trailing blanks; nothing where it is empty. */
void x12_put_text (struct x12 *x, struct pen_table *t, unsigned col, struct pen_span v);
/* The same as it is, but for bytes that must become characters: raw ones, else what is not UTF-8. */
void x12_put_bytes (struct x12 *x, struct pen_table *t, unsigned col, struct pen_span v, bool raw);
void x12_no_memory (struct x12 *x);
static inline bool
x12_is_set (const struct pen_table *t, int col)
{
  return t->col[col].rows > t->rows;
}
bool x12_is_time (struct pen_span v);
bool x12_is_date (struct pen_span v, int32_t *days);

/* ---- rows.c ---- */

extern const struct pen_table_spec x12_fixed[N_FIXED];
void x12_row_interchange (struct x12 *x, const struct x12_seg *iea, uint64_t order);
void x12_row_group (struct x12 *x, const struct x12_seg *ge, uint64_t order);
void x12_row_set (struct x12 *x, const struct x12_seg *se, uint64_t order, uint64_t end);
void x12_row_ta1 (struct x12 *x, const struct x12_seg *g);
void x12_row_segment (struct x12 *x, const struct x12_seg *g);
bool x12_more_rows (struct x12 *x, struct pen_table *t);
/* Makes room for a row; NULL without memory. */
static inline struct pen_table *
x12_begin_row (struct x12 *x, unsigned table)
{
  struct pen_table *t = &x->tables.table[table];
  return pen_row_room (t, 1) || x12_more_rows (x, t) ? t : NULL;
}
void x12_end_row (struct x12 *x, struct pen_table *t, uint64_t order, uint64_t offset, uint64_t length);

/* ---- ack.c ---- */

void x12_ack_segment (struct x12 *x, const struct x12_seg *g, unsigned code);
void x12_ack_element (struct x12 *x, const struct x12_seg *g, unsigned pos, unsigned code);
void x12_ack_interchange_begin (struct x12 *x, uint64_t order);
void x12_ack_group_begin (struct x12 *x, uint64_t order);
void x12_ack_set_begin (struct x12 *x);
void x12_ack_set (struct x12 *x, uint64_t order);
void x12_ack_group_end (struct x12 *x, const struct x12_seg *ge, uint64_t order);
void x12_ack_interchange (struct x12 *x, unsigned note, bool refused, uint64_t order);

/* ---- find.c ---- */

/* Reports unless the rule is off; true when it is a reject. */
bool x12_find (struct x12 *x, enum x12_rule rule, const struct x12_seg *g, unsigned pos, int follows, const char *fmt,
               ...) PEN_PRINTF (6, 7);
/* The same inside a set: refuses it. ak3: the segment's error; ak4: the element's, or 0. */
void x12_set_find (struct x12 *x, enum x12_rule rule, const struct x12_seg *g, unsigned pos, unsigned ak3, unsigned ak4,
                   const char *fmt, ...) PEN_PRINTF (7, 8);
void x12_take (struct x12 *x, int status);
#define EL(g, i) (int)seg_el (g, i).n, (const char *)seg_el (g, i).p

/* ---- def.c, link.c ---- */

/* Reads one definition, adds its tables. PEN_OK, or what host->fail() said. */
int x12_def_read (struct x12 *x, struct x12_def *d, const char *path);
/* Makes it ready for the walk, once; false without memory. */
bool x12_def_link (struct x12 *x, struct x12_def *d);
void x12_def_fini (struct x12_def *d);
int x12_defs_load (struct x12 *x);
const struct x12_def *x12_def_find (const struct x12 *x, const struct x12_seg *st, unsigned *index);

int x12_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut);
int x12_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
               const struct pen_out *out);
int x12_recognise (struct pen_span head);
#endif
