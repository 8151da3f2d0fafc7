/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.h - the whole contract between Penstock and a plugin.
 *
 * A plugin is a shared object that exports one symbol, `penstock_plugin`, and imports nothing from the host:
 * services arrive as callbacks, the SDK's helpers are static functions in its headers.
 *
 *  - Structs grow only at their end. Every struct carries its own size, every array element is stepped by the
 *    size that its owner declares, so an old plugin loads in a new host and the other way round.
 *  - Three kinds of failure, never mixed. Bad INPUT is data: out->finding(), and PEN_OK goes on. Bad ENVIRONMENT is
 *    a status: host->fail() once, then return what it returned. A BUG is an abort().
 *  - Spans and pointers handed to a plugin are borrowed for the call, unless the text says otherwise.
 *  - Compiles without warnings as C99, C11 and C++17. */
#ifndef PENSTOCK_PLUGIN_H
#define PENSTOCK_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#include <penstock/arrow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEN_ABI 1
#define PEN_SYMBOL "penstock_plugin"

#if defined(__GNUC__)
#define PEN_PRINTF(fmt, first) __attribute__ ((format (printf, fmt, first)))
#define PEN_EXPORT __attribute__ ((visibility ("default")))
#else
#define PEN_PRINTF(fmt, first)
#define PEN_EXPORT
#endif

enum pen_status
{
  PEN_OK = 0,
  PEN_MORE = 2,   /* needs a longer window (cut) or a fresh output buffer (decode, encode) */
  PEN_EOF = 3,    /* nothing more */
  PEN_ERR = -1,   /* permanent; host->fail() has said why */
  PEN_RETRY = -2, /* transient; the host owns the back-off */
};

/* Bytes that somebody else owns; borrowed for the call. */
struct pen_span
{
  const uint8_t *p;
  size_t n;
};

/* ---- options: one table drives parsing, checking, describe, the man page and the sample config ---- */

enum pen_opt_type
{
  PEN_BOOL = 1, /* bool           true, false */
  PEN_INT,      /* int64_t        within range "MIN..MAX" */
  PEN_SIZE,     /* uint64_t       bytes; written as 65536, "64K", "16M", "1G" (powers of 1024) */
  PEN_DURATION, /* int64_t        nanoseconds; written as "250ms", "30s", "5m", "2h", "1d" */
  PEN_STRING,   /* const char *   lives as long as the instance; NULL when unset and without default */
  PEN_PATH,     /* const char *   made absolute against the config file's directory */
  PEN_ENUM,     /* int            index of the chosen word in range "comma|tab|pipe" */
  PEN_LIST,     /* struct pen_list of strings */
  PEN_SECRET,   /* const char *   "env:NAME" or "file:/path"; never printed; sources and sinks only */
};

enum pen_opt_flags
{
  PEN_OPT_REQUIRED = 1,
  PEN_OPT_DEPRECATED = 2,
};

struct pen_list
{
  size_t n;
  const char *const *item; /* owned by the host, for the life of the instance */
};

/* One option. A dot in the name is a group in the config file: "rules.check_digit" is rules = { check_digit = ...; } */
struct pen_opt
{
  const char *name;
  uint16_t type, flags;
  uint16_t offset, width; /* place in the plugin's options struct; the host checks width against the type */
  const char *def;        /* default as written in a file; NULL: zero, empty or unset */
  const char *range;      /* "MIN..MAX" for numbers, sizes, durations; "a|b|c" for enums; NULL: any */
  const char *doc;        /* one sentence for the user */
};

#define PEN_FIELD(type, field) (uint16_t) offsetof (type, field), (uint16_t)sizeof (((type *)0)->field)

/* ---- services of the host, lent from create() to destroy() ---- */

enum pen_log_level
{
  PEN_LOG_ERROR = 0,
  PEN_LOG_WARN,
  PEN_LOG_INFO,
  PEN_LOG_DEBUG,
};

struct pen_host
{
  size_t size;
  void *ctx;
  /* One line for the operator; control characters are escaped by the host. Any thread. */
  void (*log) (void *ctx, int level, const char *fmt, ...) PEN_PRINTF (3, 4);
  /* Says why this call fails, once; returns PEN_ERR so that `return host->fail (...)` reads well. Any thread. */
  int (*fail) (void *ctx, const char *fmt, ...) PEN_PRINTF (2, 3);
};

/* ---- source: runs in a penstock-source process of its own; may block or run an event loop of its own ---- */

struct pen_object
{
  size_t size;
  const char *name;  /* as the user shall see it; never used as a local path unchecked */
  uint64_t length;   /* bytes; UINT64_MAX when not known beforehand */
  int64_t mtime_ns;  /* since the epoch; 0 when not known */
  const char *etag;  /* or NULL */
  int64_t opened_ns; /* when the host first saw this object; the same after a crash and a restart */
  const char *key;   /* hex fingerprint (xxh3-128) of the content; NULL while it is not known */
  /* Sources: how it was come by, e.g. the id of a request; one short line for log and journal, or NULL. */
  const char *origin;
};

/* How a source hands data over; every function may be called from any of its threads. */
struct pen_intake
{
  size_t size;
  void *ctx;
  /* Announces an object. PEN_OK: *handle is to be used below. PEN_EOF: not wanted (seen before, or stopping). */
  int (*open) (void *ctx, const struct pen_object *o, void **handle);
  /* The whole object is in this file, o->length bytes from offset 0. Moves fd, also on failure. */
  int (*give_fd) (void *ctx, void *handle, int fd);
  /* Appends to the object's spool file; *n says how much was taken: less than s.n means no credit now. What is large is read
   * while it grows, and its bytes leave the spool once they are not needed any more. PEN_ERR: it cannot be spooled, the
   * operator was told why; close it with complete = 0. Bytes of an object that is refused already are taken and thrown
   * away. */
  int (*write) (void *ctx, void *handle, struct pen_span s, size_t *n);
  int wake_fd; /* readable when credit is back, an acknowledgement waits, or stop was asked */
  /* Ends the object and gives the handle back. complete = 0: broken off, nothing of it may become visible. */
  int (*close) (void *ctx, void *handle, int complete);
  int (*stopping) (void *ctx); /* 1 once the host wants no more objects */
  /* open() for event loops: never waits. PEN_MORE: not answered yet, ask again with the same object when wake_fd is readable. One
   * object at a time; an object that was asked for has to be asked for until there is an answer. */
  int (*try_open) (void *ctx, const struct pen_object *o, void **handle);
  /* This object cannot be had, and why: told to the operator and counted, the run ends with status 3, others go on. handle: as
   * open() gave it, which goes back; NULL: it was not opened. Does not wait. */
  int (*give_up) (void *ctx, const struct pen_object *o, void *handle, const char *why);
  /* Directories that the source may read and change: one of this pipeline's that outlives the run, one of all pipelines of
   * this user. NULL: there is none. */
  const char *state_dir, *shared_dir;
};

/* What a source's cage lets through besides the spool. Calls return PEN_OK, or PEN_ERR where the cage could not be opened; a
 * path that is not there is passed over. Relative paths count from the configuration's directory. */
struct pen_reach
{
  size_t size;
  void *ctx;
  int (*read) (void *ctx, const char *path);  /* read this file, or all below this directory; "/": everything */
  int (*change) (void *ctx, const char *dir); /* read, create, write, rename and remove below this directory */
};

struct pen_source
{
  size_t size;
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* follow = 0: deliver what is there now, then PEN_EOF. follow = 1: until in->stopping(). */
  int (*run) (void *self, const struct pen_intake *in, int follow);
  /* The object is durable everywhere (accepted = 1) or refused (0): archive, delete; verify it. Idempotent. Optional.
   */
  int (*ack) (void *self, const struct pen_object *o, int accepted);
  void (*destroy) (void *self);
  /* Says, before create(), what it has to read and to change with these options; nothing else of the file system is left to
   * it but the C library's and TLS's own files (names, certificates of the system). Optional; without it a source reads
   * everything and changes nothing. Its process never executes anything. Loading happens before, so constructors see no cage. */
  int (*reach) (const struct pen_host *host, const void *options, const struct pen_reach *reach);
  /* The object was whole, but the host has ended it without a verdict (it changed under us, the environment failed): nothing of
   * it is visible, ack() does not come, and it may be offered again. On ack()'s thread. Optional. */
  void (*again) (void *self, const struct pen_object *o);
};

/* ---- decoder, parser, filter, encoder: worker process only, one thread, no files, no network ---- */

/* Bytes that are asked for. */
struct pen_bytes
{
  size_t size;
  void *ctx;
  /* 1 .. cap bytes; *n = 0: the end. PEN_ERR: it has been told why. Waits. */
  int (*read) (void *ctx, void *buf, size_t cap, size_t *n);
};
struct pen_member
{
  size_t size;
  const char *name; /* as the archive has it, never a path; borrowed until the next next() */
  uint64_t length;  /* UINT64_MAX: not known */
};
enum pen_decoder_flags
{
  /* It holds keys: it may have options of type secret, and runs in a process of its own that decodes nothing else, first on every
   * object's way (penstock-keyholder). There it may execute programs and read what its path options name; its working
   * directory is an empty one, the only that it may change, and no file can be written. What it puts out may be read before it
   * ends, but nothing of the object becomes visible unless it ends well. */
  PEN_DECODER_KEYS = 1,
};
/* Bytes in, bytes out (decode), or an archive's members one after the other (open, next, read). An instance decodes one object,
 * or one member of an archive; it is created for it and destroyed after it. The host bounds what comes out; memory is bounded
 * by the process's limit. */
struct pen_decoder
{
  size_t size;
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* Takes *used bytes of `in` and puts *n bytes into buf; in.n == 0: there are no more, a decoder that still expects some fails.
   * PEN_OK, PEN_MORE: buf is full, the same input again; PEN_EOF: the end, what is left of the input is not looked at. */
  int (*decode) (void *self, struct pen_span in, size_t *used, void *buf, size_t cap, size_t *n);
  void (*destroy) (void *self);
  /* How sure is it, 0 .. 100, that an object that begins with `head` (up to 512 bytes) is its own? Optional. */
  int (*recognise) (struct pen_span head);
  /* Instead of decode: in is lent until destroy(). next: PEN_OK with a member, PEN_EOF past the last; those that are no plain
   * files are left out. read: as in pen_bytes, of the last member. */
  int (*open) (void *self, const struct pen_bytes *in);
  int (*next) (void *self, struct pen_member *m);
  int (*read) (void *self, void *buf, size_t cap, size_t *n);
  uint32_t flags; /* enum pen_decoder_flags */
};

/* What a chunk needs to know of all the bytes before it. Canonical plain bytes: it crosses processes and is compared
 * with memcmp(); no pointers, no padding left unset. */
#define PEN_CARRY_MAX 4096
struct pen_carry
{
  uint32_t len; /* 0: at the start of an object */
  uint8_t b[PEN_CARRY_MAX];
};

enum pen_chunk_flags
{
  PEN_CHUNK_FIRST = 1, /* starts at offset 0 */
  PEN_CHUNK_LAST = 2,  /* ends at the object's end: report here what is missing */
};
struct pen_chunk
{
  size_t size;
  struct pen_span bytes;
  uint64_t offset; /* of bytes.p[0] in the (decoded) object */
  uint32_t flags;
};

/* A total of the control ledger. The parser says what to add and what the input claims; the host keeps the sums. */
enum pen_fold
{
  PEN_FOLD_SUM = 1, /* add what add() says */
  PEN_FOLD_COUNT,   /* the same, shown as a count */
};
struct pen_total
{
  const char *name; /* "entry_hash" */
  uint16_t scope;   /* the scope that this total belongs to; see pen_scope */
  uint16_t fold;    /* enum pen_fold */
  uint16_t scale;   /* decimals: 2 shows 12345 as 123.45 */
  uint64_t modulo;  /* compared modulo this; 0: whole */
  const char *rule; /* rule code of a mismatch */
  const char *doc;
};
/* Scopes nest in the order in which they are declared: 0 is outermost (the object), 1 inside it, ... */
struct pen_scope
{
  const char *name; /* "batch" */
};

/* How grave a finding is. */
enum pen_severity
{
  PEN_SEV_WARN = 1,   /* reported and counted; the record is accepted */
  PEN_SEV_RECORD = 2, /* this record is refused: no row of it was emitted */
  PEN_SEV_OBJECT = 3, /* the whole object is refused, whatever `on_reject` says */
  PEN_SEV_HALT =
      4, /* input and configuration do not fit together: the run ends before this object, which is neither loaded
                         nor acknowledged, and nothing behind it is loaded; findings only, no claims */
};
struct pen_finding
{
  size_t size;
  int severity;       /* enum pen_severity */
  uint64_t offset;    /* of the record's first byte in the object */
  uint64_t length;    /* bytes of the record; the host keeps up to 64 KiB of them as evidence */
  uint64_t line;      /* 1-based; 0 where the format has no lines */
  const char *column; /* field in question, or NULL */
  const char *rule;   /* stable code, e.g. "check_digit" */
  const char *text;   /* one sentence: expected and found */
  int follows;        /* 1: a consequence of an earlier finding on the same record */
};

/* What a control record claims about one total. */
struct pen_claim
{
  int total;    /* index into pen_parser.totals */
  int severity; /* of a mismatch; 0: do not compare */
  int64_t value;
};

/* Where parse() puts what it finds. All calls come from within parse(), on its thread. */
struct pen_out
{
  size_t size;
  void *ctx;
  /* Hands over rows of one table, as a struct array. BORROWED until the next flush() or the end of parse(), whichever
   * is first; the host never calls batch->release. `order` (borrowed alike) has, for each row, the input offset of the
   * record that completed it: never decreasing within a table; it decides how rows of several tables are interleaved.
   * Rows with the same order are emitted by table index. NULL: all rows have order 0. */
  int (*emit) (void *ctx, unsigned table, const struct ArrowArray *batch, const uint64_t *order);
  /* Promises that no row with a smaller order is still to come: the host encodes all it has, and what was emitted may
   * be reused. Call it every few thousand rows to keep memory bounded (SDK: pen_table_flush). */
  int (*flush) (void *ctx);
  /* One finding on the input. Copied. */
  int (*finding) (void *ctx, const struct pen_finding *f);
  /* Control ledger: recorded here, replayed by the host in input order with overflow-checked 128-bit sums.
   * Scope 0 is opened by the host with the object. */
  int (*open) (void *ctx, int scope, struct pen_span key);
  int (*add) (void *ctx, int total, int64_t value);
  /* Compares `claims` with the sums of this scope, which then ends; its sums do not flow upwards by themselves.
   * offset, length, line: the record that makes the claims. */
  int (*close) (void *ctx, int scope, struct pen_span key, const struct pen_claim *claims, size_t n, uint64_t offset,
                uint64_t length, uint64_t line);
  /* Counts input records read, whatever became of them: in = accepted + rejected is checked at the end. */
  int (*read) (void *ctx, unsigned table, uint64_t records);
  /* Counts rejected records of a table (their findings tell why). */
  int (*rejected) (void *ctx, unsigned table, uint64_t records);
  /* Records a key that no other object of this pipeline may have, such as an interchange's control number. The host
   * remembers the keys of accepted objects; where one of them has this key under this rule, f is a finding at the
   * object's end, with that object's name added to its text, and of severity object unless it is a warning. Key: at most
   * 256 bytes. Copied. Only where `size` reaches this far. */
  int (*unique) (void *ctx, struct pen_span key, const struct pen_finding *f);
  /* Records a key that may come once in this object, such as a transaction's identification. Where it came before, at a
   * lower offset and under the same rule, f is a finding at the object's end, with that offset added to its text; its severity
   * is not that of a record, whose rows are written by then. The host compares all keys of an object, whatever chunks they
   * are in and however many there are. Cheap where column, rule and text stay the same. Key: any bytes. Copied. Only where
   * `size` reaches this far. */
  int (*distinct) (void *ctx, struct pen_span key, const struct pen_finding *f);
};

enum pen_framing
{
  PEN_FRAME_CUSTOM = 0,  /* the parser's own cut() */
  PEN_FRAME_LINE,        /* the host cuts after LF */
  PEN_FRAME_QUOTED_LINE, /* the host cuts after LF outside of double quotes (RFC 4180) */
  PEN_FRAME_FIXED,       /* the host cuts at multiples of max_record */
  PEN_FRAME_WHOLE,       /* one chunk; objects over the chunk limit are refused */
};

struct pen_parser
{
  size_t size;
  int framing; /* enum pen_framing */
  /* Bytes; a longer window is never offered: where cut() still says PEN_MORE, the object is refused with rule
   * "record_too_long". A parser that knows the place better refuses it itself before that. */
  uint64_t max_record;
  const struct pen_scope *scopes;
  size_t scope_size, n_scopes;
  const struct pen_total *totals;
  size_t total_size, n_totals;
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* Describes table 0, 1, ...; PEN_EOF past the last. *name and what out points to live as long as self. */
  int (*schema) (void *self, unsigned table, const char **name, struct ArrowSchema *out);
  /* Finds *cut, the end of the last whole record in the window, and brings the carry from the window's start to *cut.
   * Custom framing: PEN_MORE when not one whole record is in the window (never at eof). Stock framing: *cut is given,
   * only the carry moves on; NULL if the parser needs no carry. Must be much faster than parse(): it runs on one core.
   */
  int (*cut) (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut);
  /* Pure in (options, in, chunk). Whatever the cuts, the same rows, findings and ledger entries must come out. `end` is
   * the carry at the chunk's end: the host compares it with the carry that cut() made (seam check). */
  int (*parse) (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
                const struct pen_out *out);
  void (*destroy) (void *self);
  /* Does this look like mine? 0 no .. 100 certain; `head` is the first bytes of an object (up to 64 KiB). Optional. */
  int (*recognise) (struct pen_span head);
  /* A size option of this parser: bytes that a window may have beyond max_record, counted where the option `longer_if` is
   * set. Both or neither; only where `size` reaches this far. */
  const char *longer_by, *longer_if;
  /* A size option of this parser: memory that an instance may take beside window and tables, e.g. for a library of its own,
   * counted for each worker and the cutter where the option `memory_if` is set. The instance keeps to it. Both or neither;
   * only where `size` reaches this far. */
  const char *memory_by, *memory_if;
};

struct pen_filter
{
  size_t size;
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* Sees each table's schema once and says what comes out. Fails closed: host->fail() on what it does not know. What
   * `out` points to lives as long as self. */
  int (*plan) (void *self, unsigned table, const char *name, const struct ArrowSchema *in, struct ArrowSchema *out);
  /* Makes *out from *in; may point into *in; owned by the filter, valid until its next apply(). keep[i] = 0 drops row i
   * (counted as filtered); all are 1 at entry. A filter never adds or reorders rows. */
  int (*apply) (void *self, unsigned table, const struct ArrowArray *in, const struct ArrowArray **out, uint8_t *keep);
  void (*destroy) (void *self);
  /* All tables were planned: the last word on options that name columns, e.g. one that no table has. Optional. */
  int (*planned) (void *self);
};

enum pen_encoder_flags
{
  PEN_ENC_MERGES = 1, /* rows of several tables may share one stream (JSON lines: "_table" comes first) */
};
struct pen_encoder
{
  size_t size;
  uint32_t flags; /* enum pen_encoder_flags */
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* Announces a table once, before anything else. merged = 1: its rows share a stream with other tables' rows. What
   * schema points to lives as long as self. */
  int (*table) (void *self, unsigned table, const char *name, const struct ArrowSchema *schema, int merged);
  /* Bytes that a stream begins with for every object, e.g. a CSV header. Optional. At most 64 KiB. */
  int (*head) (void *self, unsigned table, void *buf, size_t cap, size_t *n);
  /* Encodes rows *row .. end-1. Only whole rows are written. PEN_MORE: the buffer is full, *row says where to go on;
   * PEN_MORE with *n == 0 means that one row is longer than cap. */
  int (*encode) (void *self, unsigned table, const struct ArrowArray *batch, size_t *row, size_t end, void *buf,
                 size_t cap, size_t *n);
  void (*destroy) (void *self);
};

/* ---- sink: host process, a thread of its own per instance, may block; sees bytes in order, never batches ----
 * begin, write, commit and finish may answer PEN_RETRY (a lock, a server that is away): nothing of this call has happened,
 * the host makes the same call again, with growing pauses, until limits.sink_retry is over or the run stops. */

#define PEN_SEQ_DONE UINT64_MAX
enum pen_commit_mode
{
  PEN_COMMIT_OBJECT = 1, /* nothing visible before finish(accepted = 1) */
  PEN_COMMIT_CHUNK = 2,  /* progressive: visible after each commit() */
};
struct pen_begin
{
  size_t size;
  int mode;             /* enum pen_commit_mode */
  const char *pipeline; /* name of the pipeline */
  const char *sink;     /* name of this sink in it */
};
/* What a sink has made durable, by its own count: compared with what the host sent. */
struct pen_tally
{
  size_t size;
  uint64_t rows;  /* sinks that see rows; UINT64_MAX where bytes are opaque */
  uint64_t bytes; /* bytes of body taken */
};
/* An object that was put aside, on its way out of the sink. */
struct pen_sealed
{
  size_t size;
  void *sealed; /* what seal() gave */
  const struct pen_object *object;
  int status; /* PEN_RETRY: to be published; anything else: leave it alone. Set by the sink, as by finish() */
  struct pen_tally tally;
};
struct pen_sink
{
  size_t size;
  const char *default_encoder; /* "jsonl", "rows" */
  /* Looks at the options alone: opens, creates and connects nothing, since `penstock check` calls it, too (secrets are "***"
   * then). */
  int (*create) (const struct pen_host *host, const void *options, void **self);
  /* 1: each table has a stream of its own (write() names the table). 0: one stream for all, in input order. */
  int (*per_table) (void *self);
  int (*table) (void *self, unsigned table, const char *name, const struct ArrowSchema *schema);
  /* A stream's first bytes, if its encoder has any. Borrowed as long as self. Optional. */
  int (*head) (void *self, unsigned table, struct pen_span bytes);
  /* Starts an object. *next_seq: the first chunk that is lacking: 0, the chunk after the last commit(), or PEN_SEQ_DONE
   * when this very object (o->key) is already durable and visible. *checkpoint (owned by the sink, valid until the next
   * call): what the last commit() stored. o->key is NULL when nothing is known of an earlier try: then it is new. */
  int (*begin) (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
                struct pen_span *checkpoint);
  /* Bytes of chunk seq; several calls per chunk, seq never decreases. table is 0 for a single stream. */
  int (*write) (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows);
  /* Everything up to chunk seq inclusive is durable, together with the checkpoint. Chunk mode only. Idempotent. */
  int (*commit) (void *self, uint64_t seq, struct pen_span checkpoint);
  /* Verdict: publish (durable when this returns) or discard. o->key is known now. *tally is filled on success.
   * PEN_EOF: a competing host has published this object already; ours was discarded. */
  int (*finish) (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally);
  void (*destroy) (void *self);
  /* Instead of finish (accepted = 0) where the object is refused for good: discards, and may leave word of the refusal
   * where somebody waits for it. A crash right behind it brings the object, and this call, again. Optional; answers as
   * finish() does. Hosts that do not know it call finish(). */
  int (*refused) (void *self, const struct pen_object *o);
  /* Instead of finish(), where many small objects shall share their flushes: all three or none; object mode only.
   * seal puts the accepted object that was begun aside, complete but not visible; the next begin() may follow. *sealed: the
   * sink's. Everything that can be done without waiting for a disk should have been begun here. */
  int (*seal) (void *self, const struct pen_object *o, void **sealed);
  /* Publishes those of v[0 .. n) whose status is PEN_RETRY, each as finish (accepted) does, and sets their status: all that
   * are PEN_OK or PEN_EOF are durable when this returns, and their `sealed` is released; those that are PEN_ERR are discarded
   * and released. ON A THREAD OF ITS OWN, while begin, write, seal and finish go on with other objects. */
  void (*publish) (void *self, struct pen_sealed *v, size_t n);
  /* Nothing of it becomes visible; releases it. On the thread of publish(), or on none that is running. */
  void (*discard) (void *self, void *sealed);
};

/* ---- the descriptor ---- */

struct pen_plugin
{
  uint32_t abi;   /* PEN_ABI */
  size_t size;    /* sizeof (struct pen_plugin) */
  uint64_t needs; /* features it cannot run without; an unknown bit: not loaded */
  const char *name, *version, *summary;
  const char *doc; /* a paragraph for `penstock describe`, or NULL */
  size_t options_size, opt_size;
  const struct pen_opt *opts; /* ends with name == NULL; NULL: no options */
  /* Rules across options; host->fail() and PEN_ERR. Optional. */
  int (*check) (const struct pen_host *host, const void *options);
  const struct pen_source *source;
  const struct pen_decoder *decoder;
  const struct pen_parser *parser;
  const struct pen_filter *filter;
  const struct pen_encoder *encoder;
  const struct pen_sink *sink;
};

/* Every plugin defines this: PEN_PLUGIN = { PEN_ABI, sizeof (struct pen_plugin), ... }; */
extern PEN_EXPORT const struct pen_plugin penstock_plugin;
#define PEN_PLUGIN PEN_EXPORT const struct pen_plugin penstock_plugin

#ifdef __cplusplus
}
#endif
#endif
