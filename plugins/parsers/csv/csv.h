/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - what the parts of the csv parser share: options, dialect, schema, the carried state, an instance, and the
 * calls between files.
 *
 * encoding.c makes UTF-8 of other encodings, lex.c and resync.c read one record by the whole rule book, lines.c
 * line ends, long.c fields of any length, index.c finds the separators
 * of many well-formed records at once, cut.c and parse.c walk a window with both (so that they agree), header.c compares
 * names, spec.c reads the columns' specifications, value.c reads cells, put.c and columns.c build batches. */
#ifndef CSV_H
#define CSV_H
#include <stdbool.h>
#include <penstock/plugin.h>
#include <penstock/table.h>

#define CSV_COLUMNS 509       /* of the table; three more are lineage */
#define CSV_FILE_COLUMNS 4096 /* of a row, read at most */
#define CSV_WINDOW (3u << 20) /* source bytes after which a record's fate is known */
#define CSV_LIMIT (2u << 20)  /* largest max_record */
#define CSV_HELD 2048         /* bytes of a record beside its long fields, up to the last of them */
#define CSV_PIECE (64u << 10) /* bytes of a long field that are one row */
#define CSV_LOOK (64u << 10)  /* bytes within which a line must end to have a shape */

enum csv_encoding
{
  ENC_AUTO,
  ENC_UTF8,
  ENC_UTF16LE,
  ENC_UTF16BE,
  ENC_LATIN1,
  ENC_WINDOWS_1252,
};
enum csv_newline
{
  NEWLINE_AUTO, /* LF, CRLF and CR each end a record */
  NEWLINE_LF,   /* LF; a CR before it does not belong to the record */
  NEWLINE_CRLF,
  NEWLINE_CR,
};
enum csv_drift
{
  DRIFT_HALT,
  DRIFT_QUARANTINE,
  DRIFT_IGNORE_EXTRA,
};
enum csv_header_match
{
  MATCH_EXACT,
  MATCH_LOOSE,
};
enum csv_blank
{
  BLANK_SKIP,
  BLANK_REJECT,
  BLANK_ROW,
};
enum csv_width_policy
{
  WIDTH_REJECT,
  WIDTH_MEND,
};
enum csv_quote_policy
{
  STRAY_REJECT,
  STRAY_DATA,
};
enum csv_nul
{
  NUL_REJECT,
  NUL_REMOVE,
};

struct csv_options
{
  struct pen_list columns;
  const char *table, *delimiter, *quote, *escape, *comment;
  bool header, trim, empty_text;
  int64_t skip_lines;
  int header_match, on_drift, encoding, newline;
  int short_rows, long_rows, blank_lines, stray_quotes, nul_bytes;
  struct pen_list null_words, true_words, false_words;
  const char *decimal_point, *group_separator;
  uint64_t max_field, max_record;
  const char *trailer_mark, *trailer_sum_column;
  int64_t trailer_count, trailer_sum;
  bool trailer_required;
};

/* ---- the schema ---- */

struct csv_words
{
  size_t n;
  struct csv_word
  {
    const char *p; /* owned by the schema's text */
    size_t n;
    uint64_t key[2]; /* its bytes, where there are at most 16, then zeros */
  } * v;
};

/* A pattern is a set of alternatives; each is a row of at most 63 states that a cell walks through byte by byte. */
#define PATTERN_OTHER 128 /* any character outside of ASCII */
struct csv_alternative
{
  uint64_t takes[PATTERN_OTHER + 1]; /* states that take this character */
  uint64_t skip, loop, accept;       /* states that may be passed by; that stay; the end */
};
struct csv_pattern
{
  size_t n; /* 0: no pattern */
  struct csv_alternative *v;
};

enum csv_type
{
  TYPE_STRING,
  TYPE_INT,
  TYPE_DECIMAL,
  TYPE_DATE,
  TYPE_TIMESTAMP,
  TYPE_BOOL,
  TYPE_ENUM,
};
struct csv_column
{
  char *text;         /* its specification, taken apart in place; owns the words below */
  const char *name;   /* of the table's column */
  const char *header; /* of the file's column */
  uint8_t type;       /* enum csv_type */
  uint8_t precision, scale;
  bool required, has_range, has_length, iso;
  bool zoned; /* timestamps: a format has %z */
  struct csv_words formats, words, nulls;
  bool null_empty; /* an empty cell is null */
  const char *range_text;
  pen_i128 min, max; /* in units of the scale; days; microseconds */
  uint32_t min_length, max_length;
  const char *pattern_text;
  struct csv_pattern pattern;
};

/* ---- dialect ---- */

struct csv_dialect
{
  uint8_t delim[4], n_delim;
  uint8_t quote, escape, comment; /* escape == quote: doubled quotes only */
  bool has_quote, has_escape, has_comment, trim;
  uint8_t newline; /* enum csv_newline */
  size_t max_field, max_record;
  size_t width; /* cells of a row, where known; 0: unknown */
  bool fast;    /* index.c understands it */
  bool streams; /* quoted fields beyond max_field are read in pieces */
  const struct csv *owner;
};

/* ---- lex.c ---- */

enum csv_kind
{
  LINE_ROW,
  LINE_BLANK,
  LINE_COMMENT,
  LINE_MORE,   /* the bytes end before its end is certain */
  LINE_BROKEN, /* refused; the next line is read afresh */
  LINE_LONG,   /* refused; the rest of it is skipped, with `skip` from `next` on */
  LINE_STREAM, /* has a quoted field, from `at` and `next` on, that is to be read in pieces */
};
enum csv_skip
{
  SKIP_NONE,
  SKIP_QUOTED, /* within the quoted field */
  SKIP_QUOTE,  /* after a quote in it */
  SKIP_ESCAPE, /* after an escape in it */
  SKIP_LINE,   /* up to the line end */
  SKIP_CR,     /* after a CR that ended the line */
};
struct csv_cell
{
  const uint8_t *p;
  uint32_t n;
  uint8_t quoted;
  uint8_t raw; /* has doubled quotes or escapes to be taken out */
};
struct csv_line
{
  enum csv_kind kind;
  size_t end;     /* of its text */
  size_t next;    /* where the next one begins */
  size_t known;   /* bytes that had to be seen for the verdict: no chunk may end before; 0: any end of a line will do */
  uint64_t lines; /* line ends in it */
  size_t n_cells;
  const char *rule; /* LINE_BROKEN, LINE_LONG, and rows with a stray quote */
  size_t column;    /* from 0: the cell in question */
  size_t at;        /* place in question */
  uint8_t skip;     /* enum csv_skip */
};
/* Memory of what cannot be closed, so that broken quoting is not read over and over again. */
struct csv_memo
{
  uint8_t *bits;     /* bit i: a quoted field that opens at byte i of this window leads to the place below */
  size_t cap;        /* bytes of bits */
  size_t n;          /* 0: nothing is known */
  size_t low, high;  /* bits outside of low..high are 0 */
  size_t open, safe; /* within the quoted field that opened there, at this byte */
};
void csv_memo_clear (struct csv_memo *m);
/* Reads the line at p[at]. last: the object ends at n; closed: a record that does not end here is broken (the chunk was
 * cut there). cells: up to cap are stored, NULL: none. */
void csv_lex (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, bool last, bool closed,
              struct csv_memo *memo, struct csv_cell *cells, size_t cap, struct csv_line *l);
/* Goes on skipping from p[at]; returns where the next record begins, or n. */
size_t csv_skip (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint8_t *skip, uint8_t *cr,
                 uint64_t *lines);
/* Takes doubled quotes and escapes out; returns the bytes written to `to` (at most n). */
size_t csv_unescape (const struct csv_dialect *d, const uint8_t *p, size_t n, bool quoted, uint8_t *to);
/* Where the text of the line at p[at] ends (n: nowhere); *next is behind its line end. */
size_t csv_line_end (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, size_t *next);
uint64_t csv_count_lines (const struct csv_dialect *d, const uint8_t *p, size_t n);

/* ---- index.c ---- */

#define BATCH_MAX 256
struct csv_index
{
  size_t cap;               /* of sep, but for slack */
  uint32_t *sep;            /* places of delimiters and line ends outside of quotes */
  uint32_t rec[BATCH_MAX];  /* ordinal of the separator that ends each record */
  uint32_t line[BATCH_MAX]; /* line ends up to and with each record's */
  size_t n_rec;
  size_t n_odd;
  uint8_t *odd; /* per 64 bytes from the start on: holds a byte outside of 1..127 */
  size_t cap_odd;
};
/* Finds whole records from p[at] on. All is relative to `at`. Stops at what only csv_lex() understands. */
typedef void csv_index_fn (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, size_t max_rec,
                           struct csv_index *x);
/* Passes whole records from p[at] on; returns where the last one ends (at: none), *lines grows by their line ends. */
typedef size_t csv_pass_fn (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint64_t *lines);
/* Is all of it well-formed UTF-8? */
typedef bool csv_utf8_fn (const uint8_t *p, size_t n);
csv_utf8_fn *csv_utf8_variant (unsigned i);
csv_utf8_fn *csv_utf8_best (void);
csv_index_fn *csv_index_best (void);
csv_pass_fn *csv_pass_best (void);
/* The variants that this processor runs, for tests: 0 is the plainest. NULL past the last. */
csv_index_fn *csv_index_variant (unsigned i);
csv_pass_fn *csv_pass_variant (unsigned i);

/* ---- the carried state ---- */

enum csv_phase
{
  PHASE_START,
  PHASE_SKIP,
  PHASE_HEADER,
  PHASE_ROWS,
  PHASE_DEAD, /* nothing more is read from this object */
};
/* Plain bytes, no padding left unset: it crosses processes as it is. */
struct csv_state
{
  uint64_t line; /* of the next line, from 1 */
  uint32_t skip_lines;
  uint16_t width;   /* cells of a row */
  uint16_t n_map;   /* 0: cell i is column i */
  uint8_t phase;    /* enum csv_phase */
  uint8_t encoding; /* enum csv_encoding, never auto after the start */
  uint8_t skip;     /* enum csv_skip */
  uint8_t skip_cr;  /* the last byte skipped was a CR */
  uint8_t in_long;  /* within a field that is read in pieces, between two of them; the rest says of which record */
  uint8_t pad;
  uint16_t long_cell;        /* number of the field, from 0 */
  uint64_t far_at, far_line; /* where the record begins in the object */
  uint64_t long_bytes;       /* of the field, before this place */
  uint32_t pieces;           /* of it */
  uint16_t n_held;
  uint8_t pad_[2];
  uint16_t map[CSV_COLUMNS]; /* cell of each column; 0xffff: none */
  uint8_t held[CSV_HELD];    /* the record up to here, long fields empty */
};
#define STATE_HEAD offsetof (struct csv_state, map)

/* ---- encoding.c ---- */

/* Bytes of a chunk as UTF-8, and the way back to where they came from. */
struct csv_text
{
  const uint8_t *p;
  size_t n;
  struct pen_span source;
  uint8_t encoding;
  size_t at, from; /* a place that is known: byte `at` of the text is byte `from` of the source */
  uint8_t *own;    /* memory, kept from chunk to chunk */
  size_t cap;
};
/* What the first bytes say; *mark is the length of a byte order mark. False: more bytes are needed. */
bool csv_detect (struct pen_span s, bool last, int option, uint8_t *encoding, size_t *mark);
/* 0, or -1 without memory. last: an unfinished character at the end is a bad one; else it stays out. */
int csv_decode (struct csv_text *t, struct pen_span source, uint8_t encoding, bool last);
/* Source offset of a place in the text; places must not decrease. */
size_t csv_source (struct csv_text *t, size_t at);
void csv_text_fini (struct csv_text *t);

/* ---- an instance ---- */

enum csv_total
{
  TOTAL_ROWS,
  TOTAL_SUM, /* scale 0; the next ones have scale 1, 2, ... */
  N_SUMS = 10,
  N_TOTALS = TOTAL_SUM + N_SUMS,
};

struct csv_row
{
  size_t at, end; /* in the text */
  uint64_t line;
};
struct csv
{
  const struct pen_host *host;
  const struct csv_options *o;
  struct csv_dialect d;
  size_t n_cols;
  struct csv_column *col;
  struct pen_col_spec *spec;
  struct pen_table_spec table_spec[2]; /* the second one is of pieces, if there are any */
  char *pieces_name;
  struct pen_tables set;
  csv_index_fn *index_run;
  csv_pass_fn *pass_run;
  csv_utf8_fn *utf8_run;
  struct csv_words true_words, false_words, nulls;
  uint8_t point, group; /* group 0: none */
  size_t n_mark;
  int sum_col; /* -1: none */
  /* one parse() or cut() */
  struct csv_state st;
  struct csv_text text;
  struct csv_memo memo;
  const struct pen_out *out; /* NULL in cut() */
  const struct pen_chunk *chunk;
  bool last;
  int status; /* the first thing that `out` refused; parse() ends with it */
  uint64_t n_read, n_rejected, n_pieces;
  struct
  {
    bool is_set; /* what is read belongs to a record that began here, maybe in an earlier chunk */
    uint64_t at, length, line, order;
  } far;
  int64_t sum;
  bool has_trailer; /* the last record was one */
  struct csv_row trailer;
  int64_t trailer_count, trailer_sum;
  bool has_count, has_sum;
  /* rows that wait to be put into columns: cell c of row r is cells[r * n_cols + c] */
  size_t batch_rows, n_rows;
  struct csv_cell *cells;
  struct csv_row *row;
  struct csv_cell *lexed; /* of one line */
  struct csv_index index;
  uint8_t *scratch; /* texts of cells that had quotes doubled */
  size_t scratch_n, scratch_cap;
  uint8_t *tail; /* what is held of a record and what stands behind its long field */
  size_t cap_tail;
};

/* ---- spec.c, pattern.c ---- */

/* Reads one column's specification; NULL, or what is wrong with it (text owned by the caller's buffer). */
const char *csv_spec_read (struct csv *c, struct csv_column *col, const char *text, char *why, size_t cap);
void csv_spec_fini (struct csv_column *col);
void csv_word_set (struct csv_word *w, const char *text);
bool csv_word_is (const struct csv_words *w, const uint8_t *p, size_t n);
const char *csv_pattern_read (struct csv_pattern *p, const char *text);
bool csv_pattern_match (const struct csv_pattern *p, const uint8_t *s, size_t n);

/* ---- value.c ---- */

union csv_value
{
  pen_i128 number; /* units, days, microseconds, 0 or 1 */
};
#define CSV_BAD_MAX 400
struct csv_bad
{
  const char *rule;
  char text[CSV_BAD_MAX]; /* expected and found */
};
enum csv_cell_is
{
  CELL_VALUE,
  CELL_NULL,
  CELL_BAD,
};
/* Reads a cell by all rules of its column; bad may be NULL. */
enum csv_cell_is csv_cell_read (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n,
                                bool quoted, union csv_value *v, struct csv_bad *bad);
/* A number's text by the options' point and groups. 0, or an enum pen_dec_error. */
int csv_number (const struct csv *c, const uint8_t *p, size_t n, unsigned precision, unsigned scale, pen_i128 *v);
/* Microseconds by one format; 0, or -1. */
int csv_time_read (const char *format, size_t n_format, const uint8_t *p, size_t n, int64_t *us);
/* NULL, or what is wrong with a format. */
const char *csv_format_check (const char *format, size_t n, bool date_only, bool *zoned);
bool csv_is_null (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n, bool quoted);

/* ---- header.c ---- */

/* Maps the header's cells to columns. True: as the schema says (or extra columns that are ignored, then *extra); else
 * the difference as text. */
bool csv_header_map (struct csv *c, const struct csv_cell *cells, size_t n, char *diff, size_t cap, bool *extra);

/* ---- state.c ---- */

void csv_state_save (const struct csv_state *s, struct pen_carry *c);
bool csv_state_load (struct csv_state *s, const struct pen_carry *c);
/* Moves over one line before the rows; what it says goes to c->out if there is one. l: the line, its cells in c->lexed.
 */
void csv_prologue (struct csv *c, const struct csv_line *l, size_t at);
void csv_prologue_lex (struct csv *c, size_t at, bool closed, struct csv_line *l);
/* Loads the carry, decodes the window, passes the byte order mark: *at is where reading starts. PEN_OK, PEN_MORE or
 * PEN_ERR. */
int csv_begin (struct csv *c, const struct pen_chunk *chunk, const struct pen_carry *in, size_t *at);

/* ---- columns.c, parse.c, cut.c, find.c ---- */

/* Puts the waiting rows into the table, without those that break a rule. */
void csv_batch_end (struct csv *c);
int csv_columns_init (struct csv *c);
/* Room for the texts of one record; rows that wait go first if it has to be made. False: c->status says why. */
bool csv_scratch (struct csv *c, size_t n);
/* Reports what is wrong with a row, and counts it. */
void csv_row_refuse (struct csv *c, const struct csv_cell *cells, const struct csv_row *row);
/* Takes doubled quotes and escapes out of a cell; -1 (and c->status) without memory. */
int csv_cook (struct csv *c, struct csv_cell *cell);
/* ---- long.c: fields longer than a window, piece by piece ---- */

/* Quoted fields of more bytes than the first one are read in pieces of the second. Tests make them small. */
extern size_t csv_long_hold, csv_long_piece;
enum csv_long
{
  LONG_MORE,  /* the window ends too early */
  LONG_AGAIN, /* the state has changed, the place has not */
  LONG_PIECE, /* went on */
};
/* l is a LINE_STREAM that begins with n bytes at p, the opening quote the last of them. False: refused, and skipped from
 * there on. Finding only while c->out is set, here and below: cut() goes the same way. */
bool csv_long_begin (struct csv *c, const struct csv_line *l, const uint8_t *p, size_t n, uint64_t at, uint64_t line);
/* Reads one piece, and the rest of the record if the field ends with it. *known: no chunk may end before. */
enum csv_long csv_long_step (struct csv *c, size_t *at, size_t *known);
/* The object ends within the field, or the bytes of a chunk that cut() did not make do. */
void csv_long_unclosed (struct csv *c);

/* ---- parse.c, as long.c needs it ---- */

/* A whole row, its cells in c->lexed; p: its text. Refuses it or lets it wait. */
void csv_row_take (struct csv *c, struct csv_line *l, const uint8_t *p, const struct csv_row *row);
void csv_row_broken (struct csv *c, const struct csv_line *l, size_t at);
PEN_PRINTF (6, 0)
void csv_line_refuse (struct csv *c, const struct csv_line *l, size_t at, const char *column, const char *rule,
                      const char *fmt, unsigned long long a, unsigned long long b);
const char *csv_cell_name (const struct csv *c, size_t cell);
int csv_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
               const struct pen_out *out);
int csv_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut);
int csv_recognise (struct pen_span head);

void csv_find (struct csv *c, int severity, size_t at, size_t end, uint64_t line, const char *column, const char *rule,
               const char *fmt, ...) PEN_PRINTF (8, 9);
void csv_flush (struct csv *c);
/* Does the line at p begin with the trailer's mark? */
bool csv_is_trailer (const struct csv *c, const uint8_t *p, size_t n);
/* Keeps the trailer's claims; it is one only if no row follows. */
void csv_trailer_read (struct csv *c, const struct csv_line *l, size_t at);
/* A row follows what looked like a trailer. */
void csv_trailer_misplaced (struct csv *c);
/* The chunk's additions to the ledger and, at the object's end, the claims. */
void csv_trailer_end (struct csv *c);

#endif
