/* SPDX-License-Identifier: Apache-2.0 */
/* iso20022.h - what the parts of the iso20022 parser share: options, definitions, the carried state, an instance, and
 * the calls between files.
 *
 * def.c reads definition files into a tree of elements, message.c finds messages in whatever wraps them, map.c walks the
 * tree and fills rows, value.c turns texts into columns, totals.c keeps claims until their scope ends, ids.c remembers
 * identifications, walk.c drives all of it over a chunk for parse() and over everything but records for cut().
 *
 * A record (a transaction, an entry) is the unit of cutting and of rejecting: its rows are held back until its end. What
 * comes before the first record of a message, payment or statement is its header: one row, written when the first record
 * begins. Headers are read by cut() as well, since records need what they say. */
#ifndef ISO20022_H
#define ISO20022_H
#include <stdbool.h>
#include <penstock/date.h>
#include <penstock/decimal.h>
#include <penstock/plugin.h>
#include <penstock/scan.h>
#include <penstock/table.h>
#include "check.h"
#include "rules.h"
#include <xmlcore.h>
#include <xmlxsd.h>

#define TABLES_MAX 24
#define KEY_MAX 35  /* bytes of a message, payment or statement identification (Max35Text) */
#define NS_MAX 128  /* bytes of a message's namespace */
#define HELD_MAX 16 /* findings of a record; further ones are counted in the last */
#define AMOUNT_DIGITS 18
#define AMOUNT_SCALE 5
#define RATE_DIGITS 28
#define RATE_SCALE 10

enum iso20022_elements
{
  ELEMENTS_REST,
  ELEMENTS_ALL,
  ELEMENTS_NONE,
};

struct iso20022_options
{
  const char *definitions; /* directory */
  struct pen_list messages;
  int elements;        /* enum iso20022_elements */
  const char *schemas; /* directory, or NULL */
  struct pen_list schema_files;
  uint64_t schema_limit, schema_memory;
  int rule[N_RULES]; /* enum iso20022_level */
};

/* ---- definitions ---- */

enum iso20022_type
{
  TYPE_TEXT,
  TYPE_ID, /* text without slashes at its ends, or two in a row */
  TYPE_INT,
  TYPE_NUMBER, /* decimal of 18 digits, 5 decimals kept */
  TYPE_AMOUNT, /* the same with a currency */
  TYPE_RATE,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_BOOL,
  TYPE_BIC,
  TYPE_IBAN,
  TYPE_LEI,
  TYPE_UETR,
  TYPE_CURRENCY,
  TYPE_COUNTRY,
  N_TYPES
};

/* What happens with an element's value. Index 0 is none. */
enum iso20022_use
{
  USE_COLUMN,
  USE_ADD,   /* a record's amount goes to a total */
  USE_CLAIM, /* a total is claimed */
  USE_KEEP,  /* the value is remembered in a slot */
};
struct iso20022_target
{
  uint16_t next;
  uint16_t col, col2; /* col2: currency of an amount, offset of a time */
  uint16_t max;       /* characters of a text; 0: any */
  uint8_t use, type, table;
  uint8_t join; /* repeated values are lines of one text; else they are rows of elements */
  uint8_t what; /* USE_ADD, USE_CLAIM: total; USE_KEEP: slot */
  uint8_t when; /* USE_ADD: enum iso20022_when */
};
enum iso20022_when
{
  WHEN_ALWAYS,
  WHEN_CREDIT,
  WHEN_DEBIT,
  WHEN_BOOKED, /* signed: a debit is negative; only entries that are booked */
};
enum iso20022_slot
{
  SLOT_KEY,        /* identification of the message, payment or statement: names its scope in the ledger */
  SLOT_PRIORITY,   /* of the message or payment, for records without their own */
  SLOT_SIGN,       /* CRDT or DBIT */
  SLOT_STATUS,     /* of an entry */
  SLOT_BALANCE,    /* kind of a balance: OPBD, CLBD ... */
  SLOT_AMOUNT,     /* of a balance */
  SLOT_NAME,       /* of an application header: the message's name */
  SLOT_IDENTIFIER, /* of an application header: the business message's identification */
  SLOT_PAGE,       /* of several messages that make one report */
  SLOT_LAST,       /* page: true or false */
  N_SLOTS
};

enum iso20022_row
{
  ROW_NONE,
  ROW_MESSAGE,
  ROW_LEVEL,  /* written when its first record begins */
  ROW_RECORD, /* written at its end; the file is cut before it */
  ROW_CHILD,  /* written at its end, inside a record or a header */
};

struct iso20022_node
{
  const char *name;
  uint32_t id; /* of the name, by xml_name_id() */
  uint16_t n;
  uint16_t parent, child, next; /* 0: none */
  uint16_t target;
  uint16_t need; /* ROW_*: first of its required columns; 0: none */
  uint8_t row, table;
};
struct iso20022_need
{
  uint16_t next, col;
};
struct iso20022_count
{
  uint16_t node; /* record */
  uint8_t total, when;
};

struct iso20022_def
{
  char kind[16];
  char *path;
  uint16_t node; /* above the root elements: what the message's row belongs to */
  bool is_header;
};

struct iso20022_table_def
{
  char *name;
  struct pen_col_spec *col;
  unsigned n_cols, n_keys;
  bool is_counted;                /* the last key is its own */
  int8_t key_of[8];               /* table whose ordinal a key column is */
  int16_t id_col[2];              /* identifications that may come once in a message; -1: none */
  int16_t kind_col, priority_col; /* -1: none */
};

/* ---- totals ---- */

enum iso20022_scope
{
  SCOPE_OBJECT,
  SCOPE_MESSAGE,
  SCOPE_LEVEL,
};
enum iso20022_total
{
  TOTAL_TRANSACTION_COUNT,
  TOTAL_CONTROL_SUM,
  TOTAL_SETTLEMENT,
  N_MESSAGE_TOTALS,
  TOTAL_PAYMENT_COUNT = N_MESSAGE_TOTALS,
  TOTAL_PAYMENT_SUM,
  TOTAL_MOVEMENT,
  TOTAL_ENTRY_COUNT,
  TOTAL_ENTRY_SUM,
  TOTAL_CREDIT_COUNT,
  TOTAL_CREDIT_SUM,
  TOTAL_DEBIT_COUNT,
  TOTAL_DEBIT_SUM,
  N_TOTALS
};
/* Sums are kept modulo 9 * 10^13 currency units, so that amounts of 18 digits fit into the ledger's 64 bits. */
#define SUM_MODULO 9000000000000000000u

/* ---- the carried state: plain bytes, no padding ---- */

struct iso20022_scope_state
{
  int64_t claim[N_TOTALS];
  uint64_t offset, line; /* of its header */
  uint32_t length;
  uint16_t claimed; /* bits */
  uint8_t open, n_key;
  char key[KEY_MAX];
  char priority[5];
};
struct iso20022_state
{
  struct iso20022_scope_state scope[2]; /* message, level */
  uint64_t messages;
  int64_t opening, closing;   /* balances of the statement, at AMOUNT_SCALE */
  uint32_t count[TABLES_MAX]; /* ordinals */
  uint16_t def;               /* index + 1; 0: outside of messages, or of an unknown kind */
  uint8_t balances;           /* enum iso20022_balance */
  uint8_t paged;              /* the message is a page of several: its statements are not whole */
  uint8_t n_ns, n_name;
  uint16_t level_node; /* the level that the walk is in; 0: none */
  uint8_t unchecked;   /* the message is too long to be validated */
  uint8_t pad[7];
  char kind[16], first_kind[16]; /* of this message, of the first one */
  char ns[NS_MAX];
};
enum iso20022_balance
{
  BALANCE_OPENING = 1,
  BALANCE_PREVIOUS = 2, /* closing balance of the statement before: stands in for an opening one */
  BALANCE_CLOSING = 4,
  BALANCE_VOID = 8, /* more than one of a kind */
};

/* ---- an instance ---- */

struct iso20022_held
{
  uint8_t rule, severity;
  uint64_t line;
  char column[64];
  char text[220];
};

/* Texts that are remembered of the record or header being read. */
struct iso20022_slot_text
{
  uint8_t n;
  char p[40];
};

/* A header whose row is not written yet. */
struct iso20022_header
{
  bool open;
  uint16_t node; /* whose required columns are looked for */
  size_t at;     /* place of its first byte */
  uint64_t line; /* of that */
};

/* Elements by the one around them and their name, for the walk. */
#define CHILD_SLOTS 32768u
#define CHILD_SLOT(key) ((size_t)((key)*0x9e3779b97f4a7c15u >> 49))
struct iso20022_slot_child
{
  uint64_t key;   /* name's id << 16 | node */
  uint16_t child; /* 0: free */
};

struct iso20022
{
  const struct pen_host *host;
  const struct iso20022_options *o;
  struct xml_walk *walk;
  uint32_t id_ccy;
  /* definitions; node 0 is above all messages, target 0 and need 0 are none */
  struct iso20022_node *node;
  struct iso20022_target *target;
  struct iso20022_need *need;
  struct iso20022_count *counter;
  struct iso20022_def *def;
  struct iso20022_slot_child *child;
  unsigned n_nodes, n_targets, n_needs, n_counters, n_defs, n_tables;
  struct iso20022_table_def table[TABLES_MAX];
  int t_messages, t_elements;
  int col_kind, col_name, col_namespace;          /* of messages */
  int col_path, col_element_namespace, col_value; /* of elements */
  struct pen_table_spec spec[TABLES_MAX];
  bool is_child[TABLES_MAX], is_record[TABLES_MAX]; /* has rows of that kind */
  struct pen_tables tables;
  /* one parse() or cut() */
  int status;                /* the first thing that went wrong with the environment */
  bool quiet;                /* cut(): nothing is emitted */
  bool is_loaded;            /* load() was called: the document is not known to be broken */
  bool is_broken;            /* the document is not well-formed */
  const struct pen_out *out; /* NULL in cut() */
  struct iso20022_state st;
  bool is_open[TABLES_MAX];      /* tables with a row being built, */
  size_t row_at[TABLES_MAX];     /* where it began, */
  uint64_t row_line[TABLES_MAX]; /* and the line of that */
  uint64_t n_read[TABLES_MAX], n_rejected[TABLES_MAX];
  struct iso20022_header header[2]; /* message, level */
  struct iso20022_slot_text slot[N_SLOTS];
  struct iso20022_slot_text app_name, app_identifier; /* of the application header before the message */
  bool in_apphdr;
  /* the record being read */
  uint16_t record; /* its node; 0: none */
  size_t record_at;
  uint64_t cost; /* bytes that rows of the record or header take beside their text: at most XML_ROWS_MAX */
  int64_t rows_before[TABLES_MAX];
  uint32_t count_before[TABLES_MAX];
  bool refused;
  unsigned n_held, n_lost;
  struct iso20022_held held[HELD_MAX];
  struct
  {
    pen_i128 value;
    uint8_t total, when;
  } amount[16];
  unsigned n_amounts;
  int64_t sum[N_TOTALS]; /* not yet told to the ledger */
  uint16_t summed;       /* bits */
  /* the message that is being validated; it is not cut */
  struct xml_xsd *xsd; /* NULL: no schemas */
  bool is_checking;
  size_t check_at, check_end; /* its start tag */
  /* the innermost element */
  char *text;
  size_t n_text, text_cap, text_at;
  unsigned n_rows; /* child rows open outside of records */
  char ccy[8];
  uint8_t n_ccy;
  char *path;
  size_t path_cap;
};

/* The handler's word for each open element. */
#define USER_NODE 0xffffu
#define USER_MESSAGE 0x10000u  /* in a message */
#define USER_DOCUMENT 0x20000u /* holds the message: ends it */
#define USER_APPHDR 0x40000u   /* an application header */
#define USER_PARENT 0x80000u   /* has elements */
#define USER_KNOWN 0x100000u   /* has a node, in the message's namespace */

static inline struct pen_span
iso20022_span (const char *s, size_t n)
{
  return (struct pen_span){ (const uint8_t *)s, n };
}

/* ---- def.c ---- */
int iso20022_defs_load (struct iso20022 *x);
void iso20022_defs_fini (struct iso20022 *x);

/* ---- find.c ---- */
void iso20022_take (struct iso20022 *x, int status);
/* Reports unless the rule is off or this is cut(). In a record it is held back until the record's end and refuses it;
 * in a header it refuses the object. */
void iso20022_find (struct iso20022 *x, enum iso20022_rule rule, size_t at, size_t end, const char *column,
                    const char *fmt, ...) PEN_PRINTF (6, 7);
/* Tells what was held back of a record that reaches from x->record_at to `end`. */
void iso20022_find_flush (struct iso20022 *x, size_t end);
/* A severity for the ledger's claims: 0 where the rule is off. */
int iso20022_severity (const struct iso20022 *x, enum iso20022_rule rule);

/* ---- value.c ---- */
/* The text of a leaf goes where its definition says; true when all of it found a place. */
bool iso20022_value (struct iso20022 *x, uint16_t node, const char *p, size_t n, size_t at, size_t end);

/* ---- rows.c ---- */
void iso20022_row_begin (struct iso20022 *x, unsigned table, size_t at);
/* node: whose required columns are looked for; 0: none. */
void iso20022_row_end (struct iso20022 *x, unsigned table, uint16_t node, size_t end);
/* The line of a place; fast for where open rows began, and for what lies behind all places asked for before. */
uint64_t iso20022_line (struct iso20022 *x, size_t at);
void iso20022_record_begin (struct iso20022 *x, uint16_t node, size_t at);
void iso20022_record_end (struct iso20022 *x, size_t end);
void iso20022_put_text (struct iso20022 *x, struct pen_table *t, unsigned col, const char *p, size_t n);
/* A row of the table elements; attr: its name, or NULL. */
void iso20022_row_element (struct iso20022 *x, const struct xml_element *e, const struct xml_attr *attr, const char *p,
                           size_t n, size_t at, size_t end);
void iso20022_flush (struct iso20022 *x, bool full_only);
static inline bool
iso20022_is_set (const struct pen_table *t, unsigned col)
{
  return t->col[col].rows > t->rows;
}

/* ---- message.c ---- */
/* An element outside of messages: does one begin here? Its word for the handler. */
uint64_t iso20022_message_begin (struct iso20022 *x, const struct xml_element *e, size_t end);
/* An element right below the document: the message's root? */
uint64_t iso20022_root (struct iso20022 *x, const struct xml_element *e, size_t end);
/* The child of that name; 0: none. */
uint16_t iso20022_child (const struct iso20022 *x, uint16_t node, uint32_t id);
/* Writes the rows of headers that are open: a level or a record begins at `at`, or they end there. */
void iso20022_settle (struct iso20022 *x, size_t at);
void iso20022_level_begin (struct iso20022 *x, uint16_t node, size_t at);
void iso20022_level_end (struct iso20022 *x, size_t end);
void iso20022_message_end (struct iso20022 *x, size_t end);
uint64_t iso20022_apphdr_child (struct iso20022 *x, const struct xml_element *e);
void iso20022_apphdr_end (struct iso20022 *x, size_t at, size_t end);

/* ---- validate.c ---- */
/* Reads the schemas; PEN_OK, or what host->fail() returned. */
int iso20022_validate_create (struct iso20022 *x);
/* A chunk begins, or the document is broken. */
void iso20022_validate_stop (struct iso20022 *x);
/* The handler's events, after e->user is known; end: before anything is done with the element. */
void iso20022_validate_start (struct iso20022 *x, const struct xml_element *e, const struct xml_attr *attr, size_t n,
                              size_t end);
void iso20022_validate_text (struct iso20022 *x, struct pen_span s);
void iso20022_validate_end (struct iso20022 *x, const struct xml_element *e, size_t end);
/* xml_hold(), but for a message that is being validated. */
void iso20022_hold (struct iso20022 *x, bool hold);

/* ---- ids.c ---- */
/* Hands the identifications of the record whose row is being built to the host. */
void iso20022_record_ids (struct iso20022 *x, size_t end);
/* The same for a message's. */
void iso20022_message_id (struct iso20022 *x, const char *id, size_t n, size_t at, size_t end);

/* ---- totals.c ---- */
void iso20022_scope_open (struct iso20022 *x, int scope);
void iso20022_scope_close (struct iso20022 *x, int scope);
/* The same without comparing: the document broke off. */
void iso20022_scope_drop (struct iso20022 *x, int scope);
void iso20022_claim (struct iso20022 *x, const struct iso20022_target *t, pen_i128 v);
void iso20022_record_totals (struct iso20022 *x);
void iso20022_totals_flush (struct iso20022 *x);
void iso20022_balance (struct iso20022 *x);
extern const struct pen_total iso20022_totals[N_TOTALS];

/* ---- map.c ---- */
extern const struct xml_handler iso20022_handler;
#endif
