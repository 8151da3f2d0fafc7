/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - the inside of the XML reading core: a walk's state, and the calls between its files.
 *
 * walk.c drives cut and parse, carry.c keeps the state between chunks, token.c reads markup and text, tag.c start and end
 * tags, prolog.c what may stand outside of the root, names.c names and namespaces, skip.c passes over record elements,
 * text.c makes UTF-8 of other encodings, chars.c knows characters. */
#ifndef XML_WALK_H
#define XML_WALK_H
#include <limits.h>
#include <string.h>
#include "xmlcore.h"

#define XML_SCOPE_MAX 1024 /* namespace declarations in scope */
#define XML_SYMS_MAX 8192  /* names kept before they are forgotten all at once */
#define XML_BUCKETS 4096
#define XML_ARENA (64u << 10)

enum xml_phase
{
  PHASE_START,  /* nothing was read */
  PHASE_PROLOG, /* behind the XML declaration's place */
  PHASE_TYPED,  /* the same, behind a document type */
  PHASE_ROOT,
  PHASE_EPILOG,
  PHASE_DEAD, /* an error was reported: nothing more is read */
};

enum xml_tok
{
  TOK_OK,
  TOK_END,  /* the text ends between tokens */
  TOK_MORE, /* the text ends within one */
  TOK_BAD,  /* w->error says why */
  TOK_STOP, /* w->status says why */
};

#define STATUS_REFUSED INT_MIN /* no enum pen_status: w->error says why */

enum xml_encoding
{
  ENC_NONE,
  ENC_UTF8,
  ENC_UTF16LE,
  ENC_UTF16BE,
  ENC_ASCII,
  ENC_LATIN1,
  ENC_WINDOWS_1252,
  ENC_ICONV, /* the first one of limits.iconv, then the next ones */
};

struct xml_known /* a name or URI that the handler has a number for */
{
  char *text;
  size_t n;
};

struct xml_scope /* a namespace declaration */
{
  struct xml_ns ns; /* first: handed out */
  uint8_t *own;     /* what ns points to */
  size_t cap;
};

struct xml_arena
{
  struct xml_arena *next;
  size_t used, cap;
};

struct xml_names
{
  struct xml_sym *bucket[XML_BUCKETS];
  size_t n;
  struct xml_arena *arena;
  struct xml_known *known, *uris;
  size_t n_known, n_uris;
  struct xml_scope *scope[XML_SCOPE_MAX]; /* made as needed, kept */
  size_t n_scope;
  uint64_t epoch;         /* changes with every declaration that comes or goes */
  struct xml_sym *before; /* of the last start tag, or NULL */
};

struct xml_pair
{
  size_t text, source;
};
struct xml_text
{
  struct pen_span source;
  uint8_t encoding;
  bool broken;  /* behind the text there is a byte that this encoding does not have, or half a character at the end */
  uint8_t *own; /* memory for text that is not the source itself */
  size_t cap;
  struct xml_pair *pair; /* iconv: places that are known, about every 1000 bytes */
  size_t n_pair, cap_pair;
  struct xml_pair last; /* the others: the place asked for before */
};

struct xml_error
{
  size_t at;
  const char *rule;
  char text[320];
};

struct xml_walk
{
  const struct pen_host *host;
  struct xml_limits limits;
  const struct xml_handler *h;
  void *ctx;
  void **iconv; /* open descriptors, one for each of limits.iconv */

  /* the text of this chunk */
  const uint8_t *p;
  size_t n, at;
  uint64_t offset; /* of the chunk in the object */
  bool last, cutting, held, stopped;
  uint8_t phase;
  int status;
  const struct pen_out *out;
  struct xml_text text;

  /* what is open: stack[0] is blank, stack[depth] the innermost */
  struct xml_element *stack;
  uint32_t depth;
  uint32_t record, mute; /* depth of the record, of the muted element; 0: none */
  struct xml_names names;

  /* lines */
  uint64_t line; /* at line_at */
  size_t line_at;
  uint64_t line_start; /* object offset of the first byte of the line at start_at */
  size_t start_at;
  uint64_t first_line, first_start; /* the same at place 0 */

  /* of the tag that is being read */
  struct xml_attr *attr;
  uint8_t *cooked; /* per attribute: its value lies in scratch */
  size_t n_attr;
  uint8_t *scratch;
  size_t scratch_n, scratch_cap;

  struct xml_error error;
  struct pen_carry
      safe[2]; /* cut(): the state at the last place where the document may be cut, and room for the next */
  unsigned safe_is;
  size_t safe_at;
  bool has_safe;
  size_t
      free_at; /* parse(): the last place where it might have been cut, followed where more than limits.window is there */
};

/* ---- chars.c ---- */

#define C_STOP 1  /* ends a name: blanks, control characters, / > = */
#define C_BLANK 2 /* tab, LF, CR, space */
extern const uint8_t xml_class[256];
/* Bytes of the character at p; 0: not one that XML allows, or not UTF-8. */
size_t xml_char (const uint8_t *p, size_t n);
/* May this be the last bytes of a character that goes on behind them? */
bool xml_is_half (const uint8_t *p, size_t n);
/* Bytes of p that are a name; colons are counted in *colons, *colon is where the first one is. */
size_t xml_name_length (const uint8_t *p, size_t n, size_t *colon, size_t *colons);
bool xml_is_char (uint32_t c);
size_t xml_put_char (uint8_t *to, uint32_t c); /* as UTF-8 */

/* ---- names.c ---- */

int xml_names_init (struct xml_walk *w);
void xml_names_fini (struct xml_walk *w);
/* The name's struct; NULL: w->error is set (it is no name, at `place`), or w->status is. */
struct xml_sym *xml_sym_new (struct xml_walk *w, const uint8_t *p, size_t n, uint32_t hash, size_t place);
/* Forgets all names but those of open elements. PEN_OK or PEN_ERR. */
int xml_names_forget (struct xml_walk *w);
/* A declaration comes into scope; NULL: w->status is set. Its texts are copied. */
struct xml_ns *xml_scope_push (struct xml_walk *w, struct pen_span prefix, struct pen_span uri);
void xml_scope_pop (struct xml_walk *w, size_t n);
/* The namespace of a name by the declarations in scope; NULL: its prefix is not declared. */
const struct xml_ns *xml_scope_find (struct xml_walk *w, struct xml_sym *s);
extern const struct xml_ns xml_no_ns, xml_xml_ns;

static inline uint32_t
xml_hash (uint64_t a, uint64_t b, size_t n)
{
  uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15u) ^ n) * 0xff51afd7ed558ccdu;
  return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

/* ---- token.c, tag.c, prolog.c ---- */

/* Reads up to the end of the text. */
enum xml_tok xml_run (struct xml_walk *w);
enum xml_tok xml_start_tag (struct xml_walk *w);
enum xml_tok xml_end_tag (struct xml_walk *w);
enum xml_tok xml_comment (struct xml_walk *w);
enum xml_tok xml_pi (struct xml_walk *w);
enum xml_tok xml_outside (struct xml_walk *w); /* one token of the prolog or epilog */
/* The XML declaration at w->at, if there is one; its encoding ("" if none) goes to name. */
enum xml_tok xml_declaration (struct xml_walk *w, char name[64]);
/* A reference at `at`: its bytes as UTF-8, and where it ends. */
enum xml_tok xml_reference (struct xml_walk *w, size_t at, uint8_t to[4], size_t *n, size_t *end);
/* An error at a place; always TOK_BAD. */
enum xml_tok xml_bad (struct xml_walk *w, size_t at, const char *rule, const char *fmt, ...) PEN_PRINTF (4, 5);
/* The byte at `at` is not one that may stand there: an error, or TOK_MORE where its character is not whole yet. */
enum xml_tok xml_bad_char (struct xml_walk *w, size_t at);
#define NOT_WF "not_well_formed"

static inline size_t
xml_skip_blanks (const struct xml_walk *w, size_t at)
{
  while (at < w->n && (xml_class[w->p[at]] & C_BLANK))
    at++;
  return at;
}

/* ---- skip.c ---- */

/* at: behind the start tag of an element. Where its end tag ends; 0: not within the n bytes. Exact where the bytes are
 * well-formed. */
size_t xml_skip (const uint8_t *p, size_t n, size_t at);
typedef size_t xml_skip_fn (const uint8_t *p, size_t n, size_t at);
xml_skip_fn *xml_skip_variant (unsigned i); /* those that this processor runs, 0 is the plainest; NULL past the last */

/* ---- text.c ---- */

int xml_text_init (struct xml_walk *w);
void xml_text_fini (struct xml_walk *w);
/* Sets w->p and w->n to the source as UTF-8. PEN_OK or PEN_ERR. */
int xml_text_load (struct xml_walk *w, struct pen_span source, uint8_t encoding);
/* Place in the source of a place in the text. */
size_t xml_text_source (struct xml_walk *w, size_t place);
/* What the first bytes say; ENC_NONE: more are needed. */
uint8_t xml_detect (struct pen_span s, bool last);
/* An encoding by its name; ENC_NONE: not known. */
uint8_t xml_encoding_by_name (const struct xml_walk *w, const char *name);

/* ---- carry.c, walk.c ---- */

/* False: it does not fit. */
bool xml_carry_save (struct xml_walk *w, struct pen_carry *c);
bool xml_carry_load (struct xml_walk *w, const struct pen_carry *c);
void xml_carry_dead (struct pen_carry *c);
/* Behind markup, outside of records, in cut(): remembers the state where it is worth it. */
void xml_safe_place (struct xml_walk *w);
/* The same in parse(), where the chunk is longer than limits.window: more than that up to the next one is an error. Also
 * asked before a record's end is told. */
enum xml_tok xml_free_place (struct xml_walk *w, size_t end);
static inline bool
xml_is_long (const struct xml_walk *w)
{
  return w->limits.window && w->text.source.n > w->limits.window;
}
/* Brings line_start to a place. */
void xml_line_start_to (struct xml_walk *w, size_t place);
#endif
