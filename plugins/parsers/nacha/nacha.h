/* SPDX-License-Identifier: Apache-2.0 */
/* nacha.h - what the parts of the nacha parser share: options, the carried state, an instance, and the calls between
 * files.
 *
 * frame.c finds records, state.c moves the carried state over them (the same code for cut and parse, so that both
 * agree), cut.c walks a window, parse.c walks a chunk, entry.c / addenda.c / batch.c / file.c each turn a kind of
 * record into rows and findings, sec.c knows what the SEC codes allow. */
#ifndef NACHA_H
#define NACHA_H
#include <stdbool.h>
#include <penstock/date.h>
#include <penstock/plugin.h>
#include <penstock/scan.h>
#include <penstock/table.h>
#include <penstock/wide.h>
#include "columns.h"
#include "rules.h"

#define REC 94             /* characters of a record */
#define REC_TEXT (REC * 4) /* bytes that a record takes as UTF-8, at most */
#define MAX_ADDENDA 9999   /* of one entry */
#define DATE_PIVOT 70      /* YY below it is 20YY */

enum nacha_encoding
{
  ENC_AUTO,
  ENC_ASCII,
  ENC_LATIN1,
  ENC_WINDOWS_1252,
  ENC_UTF8,
};

struct nacha_options
{
  int profile;  /* enum nacha_profile */
  int encoding; /* enum nacha_encoding */
  bool preserve_spaces;
  int rule[N_RULES]; /* 0: as the profile says, else 1 + enum nacha_level */
};

/* ---- a record ---- */

/* Characters that records which are not plain ASCII have in `c`. */
#define CH_EXTENDED 0x80 /* outside of ASCII, tolerated in practice */
#define CH_FOREIGN 0x81  /* outside of what is tolerated, or no character at all */

/* One record: `c` has REC characters, padded with blanks, one byte each; 16 more bytes may be read. */
struct nacha_rec
{
  const uint8_t *c;
  const uint8_t *text;  /* the same as UTF-8; NULL: plain ASCII, c is the text */
  uint16_t at[REC + 1]; /* where each character begins in text; not set for plain ones */
  uint64_t nb[2];       /* bits 0..63, 64..93: characters that are not blank */
  uint64_t offset, line;
  uint32_t length; /* input bytes, without the line end */
  uint16_t chars;  /* characters read, before padding */
  uint8_t odd;     /* 1: holds a character that character_set forbids */
};

/* Memory behind a record that cannot be used where it lies in the input. */
struct nacha_buf
{
  uint8_t c[REC + 34], text[REC_TEXT + 32];
};

enum frame_status
{
  FRAME_OK,
  FRAME_MORE, /* the bytes end before the record's end is certain */
};
struct nacha_frame
{
  size_t length; /* of the record's bytes */
  size_t next;   /* where the next one begins */
  uint16_t chars;
  uint8_t newline; /* ended by a line end */
  uint8_t blank;   /* nothing but blanks, or nothing at all */
  uint8_t padding; /* nothing but blanks, NUL and Ctrl-Z */
  uint8_t plain;   /* printable ASCII */
  uint8_t utf8;    /* to be read as UTF-8 (encoding auto) */
};

/* ---- the carried state ---- */

enum nacha_category
{
  CAT_NONE, /* no entry in this batch yet */
  CAT_FORWARD,
  CAT_RETURN,
  CAT_NOC,
  CAT_DISHONORED,
  CAT_CONTESTED,
};

/* What earlier bytes mean for later ones. Plain bytes without padding left unset: it crosses processes as it is.
 * Entries change the head only, up to file_header: cut() takes them back from a copy of it. */
struct nacha_state
{
  uint64_t line;    /* of the next record, from 1 */
  uint64_t records; /* read, filler included */
  uint64_t entries; /* '6' records read, in the object */
  uint64_t file_offset, file_line, batch_offset, batch_line;
  uint32_t file_length, batch_length; /* input bytes of the headers; 0: there is none */
  uint32_t files, batches;            /* ordinals */
  uint32_t batch_entries;             /* '6' records in this batch */
  uint32_t file_batches;              /* batches in this file */
  uint32_t run;                       /* addenda of the last item from MAX_ADDENDA on, at most one more; else 0 */
  uint16_t file_text, batch_text;     /* bytes of the header texts below */
  uint8_t started;                    /* a record was read */
  uint8_t framed, stream;             /* a line was read; lines do not exist */
  uint8_t dead;                       /* nothing more is read from this object */
  uint8_t in_file, after_control;
  uint8_t in_batch;
  uint8_t loose;         /* entries without a batch have been reported */
  uint8_t batch_refused; /* the batch header was rejected: its items follow */
  uint8_t category;      /* enum nacha_category, of the batch's first item */
  uint8_t after_bad;     /* the last record was none: addenda that follow are a consequence */
  uint8_t has_number, has_trace;
  uint8_t pad[3];
  uint8_t last_number[8]; /* batch number before this one */
  uint8_t last_trace[16];
  uint8_t file_header[REC_TEXT], batch_header[REC_TEXT]; /* as UTF-8 */
};
#define STATE_HEAD offsetof (struct nacha_state, file_header)

/* ---- what the SEC code and service class of a batch ask for ---- */

enum nacha_layout
{
  LAYOUT_PLAIN,   /* id, name, discretionary data */
  LAYOUT_CIE,     /* CIE, MTE: name (15) before id (22) */
  LAYOUT_PAYMENT, /* WEB, TEL: payment type instead of discretionary data */
  LAYOUT_CHECK,   /* ARC, BOC, RCK: check serial number, name */
  LAYOUT_POP,
  LAYOUT_COUNTED,   /* ATX, CTX, ENR, TRX: number of addenda, company */
  LAYOUT_TRUNCATED, /* TRC, XCK */
  LAYOUT_SHR,
  LAYOUT_CARD, /* POS: card transaction type instead of discretionary data */
  LAYOUT_IAT,
  LAYOUT_ADV,
};

enum nacha_sec_flag
{
  SEC_NAME = 1,     /* the name must not be blank or zero */
  SEC_SERIAL = 2,   /* the check serial number must be there */
  SEC_TERMINAL = 4, /* an addenda 02 is due on forward entries */
  SEC_DEBIT_ONLY = 8,
  SEC_CREDIT_ONLY = 16,
  SEC_ZERO = 32,        /* amounts are zero */
  SEC_LIVE = 64,        /* amounts are not zero */
  SEC_ADDENDA_05 = 128, /* addenda 05 may follow */
  SEC_NOC = 256,        /* COR: addenda 98 */
};

struct nacha_sec
{
  char code[4];
  uint8_t layout;
  uint16_t flags;
  uint16_t min_addenda, max_addenda; /* addenda 05 on forward entries */
  int64_t limit;                     /* cents; 0: none */
};

enum amount_rule
{
  AMOUNT_ANY,
  AMOUNT_LIVE, /* not zero */
  AMOUNT_NONE, /* zero */
};

/* The batch in force, as parse() wants it at hand. */
struct nacha_batch
{
  const struct nacha_sec *sec; /* NULL: unknown, or no batch */
  uint8_t layout;
  uint8_t loaded;
  uint8_t has_odfi;
  uint8_t reversal; /* entry description REVERSAL */
  uint8_t iat_cor;  /* IAT notifications of change */
  uint16_t sec_flags;
  int64_t limit;
  char service_class[4], code[4];
  uint8_t odfi[8];
  uint8_t key[12];    /* what the rest follows from: service class, SEC code, flags */
  uint8_t tc_ok[100]; /* 1: the transaction code raises no question here */
  uint8_t debit[100];
  uint8_t amount[100]; /* enum amount_rule */
};

/* ---- an instance ---- */

enum nacha_total
{
  TOTAL_FILE_BATCHES,
  TOTAL_FILE_BLOCKS,
  TOTAL_FILE_COUNT,
  TOTAL_FILE_HASH,
  TOTAL_FILE_DEBIT,
  TOTAL_FILE_CREDIT,
  TOTAL_BATCH_COUNT,
  TOTAL_BATCH_HASH,
  TOTAL_BATCH_DEBIT,
  TOTAL_BATCH_CREDIT,
  N_TOTALS
};
enum nacha_scope
{
  SCOPE_OBJECT,
  SCOPE_FILE,
  SCOPE_BATCH,
};

/* An entry and its addenda, while they are read. */
struct nacha_item
{
  bool open;
  bool rejected;
  bool quiet;         /* refused from the start: no checks, no rows */
  const char *follow; /* code of the findings of records that are refused along */
  bool plain;         /* an ENR entry without a number of addenda */
  uint8_t category;   /* enum nacha_category */
  uint8_t indicator;
  uint8_t iat_last; /* highest IAT addenda type so far */
  uint16_t types;   /* bit t: IAT addenda of type t (10..15 as 0..5 ...) were seen; see addenda.c */
  uint32_t n_addenda, n05, n17, n18, n98, n99, n02;
  int32_t last_sequence;
  int32_t claimed; /* number of addenda that the entry claims; -1: it has no such field */
  unsigned tc;     /* transaction code; 100: none */
  int64_t amount;
  int64_t entry_row, addenda_row; /* rows before the item */
  uint64_t offset, line;
  uint32_t length;
  size_t at, end; /* in the chunk */
  uint8_t trace[16];
};

struct walk;
struct nacha
{
  const struct pen_host *host;
  const struct nacha_options *o;
  uint8_t level[N_RULES]; /* enum nacha_level */
  struct pen_tables set;
  /* one parse() */
  const struct pen_out *out; /* NULL in cut(): checks decide and report nothing */
  struct pen_span chunk;
  uint64_t chunk_offset;
  bool chunk_last;
  int status; /* the first thing that `out` refused; parse() ends with it */
  struct nacha_state st;
  struct nacha_batch batch, spare; /* spare: the one before, likely to come again */
  struct nacha_item item;
  int64_t sum[4]; /* count, hash, debit, credit not yet told to the ledger */
  uint64_t n_read[N_TABLES], n_rejected[N_TABLES];
  struct nacha_buf buf, keep;             /* keep: of headers that are read again */
  struct walk *walk;                      /* cut.c */
  uint8_t own[(MAX_ADDENDA + 8) / 8 + 1]; /* bit k: record k of the item has a rejecting finding of its own */
};
enum
{
  SUM_COUNT,
  SUM_HASH,
  SUM_DEBIT,
  SUM_CREDIT,
};

/* ---- text of a field; `from` is 0-based ---- */

static inline uint64_t
rec_mask (const struct nacha_rec *r, unsigned from, unsigned n)
{
  uint64_t m;
  if (from >= 64)
    m = r->nb[1] >> (from - 64);
  else if (from + n <= 64)
    m = r->nb[0] >> from;
  else
    m = r->nb[0] >> from | r->nb[1] << (64 - from);
  return n < 64 ? m & ((1ull << n) - 1) : m;
}

/* Characters of a field (n <= 64) without trailing blanks. */
static inline unsigned
rec_trimmed (const struct nacha_rec *r, unsigned from, unsigned n)
{
  uint64_t m = rec_mask (r, from, n);
  return m ? 64u - (unsigned)__builtin_clzll (m) : 0;
}

static inline bool
rec_is_blank (const struct nacha_rec *r, unsigned from, unsigned n)
{
  return rec_mask (r, from, n > 64 ? 64 : n) == 0 && (n <= 64 || rec_mask (r, from + 64, n - 64) == 0);
}

static inline bool
rec_is (const struct nacha_rec *r, unsigned from, const char *s)
{
  return memcmp (r->c + from, s, strlen (s)) == 0;
}

/* Blank, or blanks and zeros only: what older programs write for "nothing". */
static inline bool
rec_is_void (const struct nacha_rec *r, unsigned from, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (r->c[from + i] != ' ' && r->c[from + i] != '0')
      return false;
  return true;
}

/* Puts characters [from, from + n) into a text column, trailing blanks cut; nothing (null) when all are blank. */
void nacha_put (struct pen_table *t, unsigned col, const struct nacha_rec *r, unsigned from, unsigned n);
/* The same, leading blanks cut as well. */
void nacha_put_trimmed (struct pen_table *t, unsigned col, const struct nacha_rec *r, unsigned from, unsigned n);

/* ---- frame.c ---- */

/* Frames the record at p. last: the object ends where the bytes end. */
enum frame_status nacha_frame (const uint8_t *p, size_t n, bool last, int encoding, struct nacha_frame *f);
/* Decodes a framed record into r and buf. */
void nacha_decode (const uint8_t *p, const struct nacha_frame *f, int encoding, struct nacha_rec *r,
                   struct nacha_buf *buf);
/* A record from a header text of the state. */
void nacha_recall (const uint8_t *text, size_t n, struct nacha_rec *r, struct nacha_buf *buf);
/* Keeps a record's text; returns its bytes. */
uint16_t nacha_keep (uint8_t *text, const struct nacha_rec *r);
/* Bits of non-blank characters of r->c. */
void nacha_mark_blanks (struct nacha_rec *r);

#ifdef __SSE2__
/* 1 when each of these, a character less ' ', is at most '~' less ' '. */
static PEN_WIDE_INLINE bool
is_printable_at_most (__m128i v)
{
  const __m128i top = _mm_set1_epi8 ('~' - ' ');
  return _mm_movemask_epi8 (_mm_cmpeq_epi8 (_mm_max_epu8 (v, top), top)) == 0xffff;
}
#endif

/* 1 when the REC bytes at p are printable ASCII; marks those that are not blank. 16 bytes more may be read. */
static PEN_WIDE_INLINE bool
scan_plain (const uint8_t *p, uint64_t nb[2])
{
#ifdef __SSE2__
  const __m128i blank = _mm_set1_epi8 (' ');
  __m128i v[6], most;
  uint32_t m[6];
#pragma GCC unroll 6
  for (int k = 0; k < 6; k++)
    {
      v[k] = _mm_loadu_si128 ((const __m128i *)(const void *)(p + 16 * k));
      m[k] = ~(uint32_t)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v[k], blank)) & 0xffff;
    }
  v[5] = _mm_loadu_si128 (
      (const __m128i *)(const void *)(p + REC - 16)); /* the last two bytes before lay behind the record */
  most = _mm_sub_epi8 (v[0], blank);
#pragma GCC unroll 5
  for (int k = 1; k < 6; k++)
    most = _mm_max_epu8 (most, _mm_sub_epi8 (v[k], blank));
  nb[0] = m[0] | (uint64_t)m[1] << 16 | (uint64_t)m[2] << 32 | (uint64_t)m[3] << 48;
  nb[1] = m[4] | (uint64_t)(m[5] & 0x3fff) << 16;
  return is_printable_at_most (most);
#else
  nb[0] = nb[1] = 0;
  for (unsigned i = 0; i < REC; i++)
    nb[i >> 6] |= (uint64_t)(p[i] != ' ') << (i & 63);
  return pen_is_printable (p, REC);
#endif
}

/* Frames and decodes a record that is printable ASCII and REC characters long, where it lies; false: take the long way.
 * The same result as nacha_frame() and nacha_decode(), but that r->c points into the input. */
static inline bool
nacha_read_plain (const uint8_t *p, size_t n, struct nacha_frame *f, struct nacha_rec *r)
{
  if (n <= REC + 34 || !scan_plain (p, r->nb))
    return false;
  r->c = p;
  r->text = NULL;
  r->length = REC;
  r->chars = REC;
  r->odd = 0;
  f->length = REC;
  f->chars = REC;
  f->newline = p[REC] == '\n' || p[REC] == '\r';
  f->next = (size_t)REC + f->newline + (p[REC] == '\r' && p[REC + 1] == '\n');
  f->blank = f->padding = !(r->nb[0] | r->nb[1]);
  f->plain = 1;
  f->utf8 = 0;
  return true;
}

/* ---- state.c ---- */

void state_init (struct nacha_state *s);
bool state_load (struct nacha_state *s, const struct pen_carry *c);
void state_save (const struct nacha_state *s, struct pen_carry *c);
/* Sees the frame of a record before the record is handled: is this a stream? ends: nothing follows it in the object. */
void state_frame (struct nacha_state *s, const struct nacha_frame *f, bool ends);
/* The whole object is to be refused because of this record: it is no NACHA file, or something follows the file control.
 */
bool state_kills (const struct nacha_state *s, const struct nacha_rec *r, bool more_files);
/* Moves over a record of type 1, 5, 8, 9, filler or none; batch_refused is the caller's finding. */
void state_step (struct nacha_state *s, const struct nacha_rec *r);
/* Moves over an entry, over one of its addenda (its ordinal in the entry), over an addenda without an entry. */
void state_entry (struct nacha_state *s, const uint8_t *trace);
void state_addenda (struct nacha_state *s, const uint8_t *c, uint32_t ordinal);
void state_orphan (struct nacha_state *s);
/* The category that an addenda of type 98 or 99 gives to its item; CAT_NONE for others. */
uint8_t nacha_addenda_category (const uint8_t *c);
bool nacha_is_filler (const uint8_t *c);
/* Filler with zeros or blanks in it, which some programs write. */
bool nacha_is_sloppy_filler (const uint8_t *c);

/* ---- cut.c, parse.c ---- */

extern const size_t nacha_walk_size;
int nacha_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut);
int nacha_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
                 const struct pen_out *out);

/* ---- find.c: findings and the ledger ---- */

/* Reports unless the rule is off; true when the record is to be refused. severity: of a reject, PEN_SEV_RECORD or
 * _OBJECT. */
bool nacha_find (struct nacha *n, enum nacha_rule rule, int severity, const struct nacha_rec *r, const char *column,
                 int follows, const char *fmt, ...) PEN_PRINTF (7, 8);
/* The same for a record of the item; refuses the item. record: 0 the entry, else the ordinal of the addenda. */
bool nacha_item_find (struct nacha *n, enum nacha_rule rule, uint32_t record, const struct nacha_rec *r,
                      const char *column, const char *fmt, ...) PEN_PRINTF (6, 7);
/* A record that is refused along with another one. */
void nacha_follow (struct nacha *n, const char *code, uint64_t offset, uint32_t length, uint64_t line);
/* What every record is asked for: its length and its characters. True: refuse it. */
bool nacha_find_shape (struct nacha *n, const struct nacha_rec *r, int severity, unsigned shortest);
/* Tells the ledger what was added up, before a scope opens or closes and at the end of a chunk. */
void nacha_settle (struct nacha *n);
void nacha_open (struct nacha *n, enum nacha_scope scope, const void *key, size_t n_key);
/* Severity of a claim whose rule has its level. */
int nacha_claim_severity (const struct nacha *n, enum nacha_rule rule);
/* A field for "%.*s": (int)rec_bytes (...), rec_text (...). */
static inline const char *
rec_text (const struct nacha_rec *r, unsigned from)
{
  return (const char *)(r->text ? r->text + r->at[from] : r->c + from);
}
static inline int
rec_bytes (const struct nacha_rec *r, unsigned from, unsigned n)
{
  return r->text ? r->at[from + n] - r->at[from] : (int)n;
}
#define REC_FIELD(r, from, n) rec_bytes (r, from, n), rec_text (r, from)

/* ---- kinds of records ---- */

void nacha_file_header (struct nacha *n, const struct nacha_rec *r);
void nacha_file_control (struct nacha *n, const struct nacha_rec *r);
/* Ends the file without a control, where r is or, NULL, at the object's end. */
void nacha_file_end (struct nacha *n);
/* True: the batch is refused. Reports nothing in cut(). */
bool nacha_batch_header_check (struct nacha *n, const struct nacha_state *s, const struct nacha_rec *r);
/* Makes n->batch from the header that the state holds. */
void nacha_batch_load (struct nacha *n);
void nacha_batch_control (struct nacha *n, const struct nacha_rec *r);
/* Ends the batch without a control; r: the record met instead, or NULL at the object's end. */
void nacha_batch_end (struct nacha *n, const struct nacha_rec *r);
/* Entries from `at` on that are plain, sound and without addenda, in a hurry; returns where they end. */
size_t nacha_entry_run (struct nacha *n, size_t at);
void nacha_entry (struct nacha *n, const struct nacha_rec *r, size_t at);
void nacha_addenda (struct nacha *n, const struct nacha_rec *r);
void nacha_item_end (struct nacha *n);
/* What an item's addenda, taken together, are asked for; called at its end. */
void nacha_item_check (struct nacha *n, const struct nacha_rec *entry);

/* 0 no .. 100 certain. */
int nacha_recognise (struct pen_span head);

/* ---- sec.c ---- */

const struct nacha_sec *nacha_sec_find (const uint8_t *code);
/* Fills in b->tc_ok and the rest from service class and SEC. */
void nacha_sec_load (struct nacha_batch *b);

enum tc_kind
{
  TC_UNKNOWN,
  TC_RETURN, /* return or notification of change */
  TC_LIVE,
  TC_PRENOTE,
  TC_ZERO, /* zero-dollar with remittance data */
  TC_ADV,
};
/* What a two-digit transaction code is. */
enum tc_kind nacha_tc_kind (unsigned tc);
bool nacha_tc_is_debit (unsigned tc);
/* Payment type of WEB and TEL: R, S; blank, too, for WEB. */
bool nacha_is_payment_type (const uint8_t *two, const char *code);
bool nacha_is_state (const uint8_t *two);
bool nacha_is_return_code (const uint8_t *three);
bool nacha_is_change_code (const uint8_t *three);
bool nacha_is_country (const uint8_t *two);
bool nacha_is_currency (const uint8_t *three);
/* Check digit of a routing number's first eight digits. */
int nacha_check_digit (const uint8_t *eight);
#endif
