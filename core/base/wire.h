/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - messages between the host and its worker and source processes: SOCK_SEQPACKET, one struct, a payload, at
 * most one file descriptor. The kernel copies a message, so what was checked cannot change afterwards. */
#ifndef PEN_BASE_WIRE_H
#define PEN_BASE_WIRE_H
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define WIRE_VERSION 1
#define WIRE_PAYLOAD_MAX 16384
#define WIRE_FD 3 /* where a child finds its end of the socket */

enum wire_type
{
  /* host -> worker */
  WIRE_SLOT = 1, /* a = index; fd: sealed memory of LIMIT_SLOT_SIZE bytes */
  WIRE_CONFIG,   /* a = bytes; fd: sealed memory with the pipeline's blob */
  WIRE_OBJECT, /* obj; a = length, b = 1: it still grows, 2: to be forgotten after the next chunk; payload: name; fd: the
                    object's bytes */
  WIRE_PARSE,  /* obj, seq; a = offset, b = length, c = pen_chunk_flags | bytes of carry << 16 | input << 48 (0: read
                     it, else 1 + its number); payload: carry, then struct wire_hole each followed by its carry */
  WIRE_CUT, /* obj, gen, seq; a = offset, b = chunk size, c = 1: fingerprint too | longest window << 1; payload: carry */
  WIRE_HASH,      /* obj */
  WIRE_MORE,      /* obj, gen; a = further chunks of it that may be cut; payload: uint16_t, numbers of inputs to fill */
  WIRE_SLOT_FREE, /* a = index */
  WIRE_FORGET,    /* obj: close it */
  WIRE_QUIT,
  WIRE_GROWN, /* obj; a = bytes that are there now, b = 1: it still grows */
  WIRE_TRY, /* obj, seq; a = offset, b = bytes to the chunk's end, c = as above, gen = window: tell the first piece that ends
               within the window (1: the first record) with WIRE_PIECE, then parse it alone; payload: carry */
  WIRE_DECODE, /* obj; a = outputs that are left out because they were delivered before, b = decoders before this one */
  WIRE_OUTPUT, /* seq; a = bytes that may be written; fd: memory for them (the first time) */
  WIRE_INPUTS, /* a = inputs, b = bytes of each, c = 1: to write; fd: sealed memory of all of them, writable for the cutter
                  only */
  /* worker -> host */
  WIRE_READY = 64, /* a = bytes of the answer in slot 0 */
  WIRE_CHUNK,   /* obj, gen, seq; a = offset, b = length, c = pen_chunk_flags | bytes of first carry << 16 | input << 48
                 (1 + its number; 0: none); payload: carry at the chunk's start, then at its end */
  WIRE_CUT_END, /* obj, gen; a = chunks, b = bytes; payload: fingerprint (16 bytes) if asked */
  WIRE_HASHED,  /* obj; a = bytes; payload: fingerprint */
  WIRE_PART,    /* obj, seq; a = 1: waits for a slot; payload: segments */
  WIRE_PARSED,  /* obj, seq; b = bytes of end carry; payload: end carry, then segments */
  WIRE_FAIL,    /* obj, seq; payload: text. The plugin or the environment refused; not a crash */
  WIRE_LOG,     /* a = level; payload: text */
  WIRE_DENIED,  /* a = syscall number, b = instruction address; payload: where ("acme.so+0x1234") */
  WIRE_PIECE, /* obj, seq; a = bytes of the piece that will be parsed next; payload: carry at its end, empty where that
                      is the chunk's end */
  WIRE_D_BEGIN, /* seq, b = depth; payload: what the archives on the way call it, "" for no archive */
  WIRE_D_GROWN, /* seq; a = bytes written, b = bytes of the object that were read */
  WIRE_D_END,   /* seq; a = bytes written; payload: fingerprint */
  WIRE_D_DONE,  /* a = 1: it is not encoded */
  /* source -> host */
  WIRE_S_OPEN =
      128, /* obj: as granted, no answer is expected; 0: an answer is; a = length, b = mtime; payload: name NUL etag NUL
                        origin NUL */
  WIRE_S_FD,    /* obj; fd: the whole object */
  WIRE_S_CLOSE, /* obj; a = complete, b = bytes spooled (UINT64_MAX: fd was given); payload: their fingerprint; fd: the
                        spool file, unless it was streamed */
  WIRE_S_DONE,  /* a = status of run() */
  WIRE_S_ACKED, /* payload: struct wire_acked, one or several */
  WIRE_S_READY, /* options and plugin are good */
  WIRE_S_LOST, /* obj (0: not opened); payload: name NUL why NUL origin NUL. It cannot be had; an open one is closed next */
  WIRE_S_STREAM, /* obj; a = bytes that are there now; fd: the spool file, which grows */
  WIRE_S_GROWN,  /* obj; a = bytes that are there now */
  /* host -> source */
  WIRE_S_CONFIG = 192, /* fd: sealed memory with the source's blob */
  WIRE_S_START,        /* a = follow, b = enum wire_streaming, c = bytes from which on an object is streamed */
  WIRE_S_ANSWER,       /* obj, which may have been granted before, or a = 1: not wanted */
  WIRE_S_GRANT,        /* obj; a = n: objects may be opened as obj .. obj + n - 1 without a question, each once */
  WIRE_S_CREDIT, /* a = bytes that may be spooled beyond what was granted before; b = of them only for the first open
                          object (the first message says it) */
  WIRE_S_ACK,    /* payload: struct wire_ack, name NUL, key NUL; one or several. Each is answered, not each by itself */
  WIRE_S_STOP,
  WIRE_S_AGAIN, /* b = length, c = mtime; payload: name NUL. Ended without a verdict: it may be offered again; no answer */
  WIRE_S_DROP, /* obj; nobody wants the rest: what is still written is thrown away */
};

/* May an object be read before all of it has arrived? */
enum wire_streaming
{
  WIRE_STREAM_NEVER = 0, /* its fingerprint has to be known before anything else */
  WIRE_STREAM_LARGE,     /* once it is large */
  WIRE_STREAM_LAST,      /* only where it does not fit into the spool */
};

struct wire_head
{
  uint16_t version, type;
  uint32_t len; /* payload */
  uint32_t obj, gen;
  uint64_t seq, a, b, c;
};
struct wire_msg
{
  struct wire_head h;
  uint8_t payload[WIRE_PAYLOAD_MAX];
};

/* The parts of `c` of WIRE_PARSE, WIRE_TRY and WIRE_CHUNK. */
static inline uint64_t
wire_chunk_word (uint32_t flags, uint32_t carry, unsigned input)
{
  return (flags & 0xffff) | (uint64_t)carry << 16 | (uint64_t)input << 48;
}
static inline uint32_t
wire_chunk_flags (uint64_t c)
{
  return (uint32_t)(c & 0xffff);
}
static inline uint32_t
wire_chunk_carry (uint64_t c)
{
  return (uint32_t)(c >> 16);
}
static inline unsigned
wire_chunk_input (uint64_t c)
{
  return (unsigned)(c >> 48);
}

/* Bytes of a chunk that are not parsed: those before them are parsed up to here, those after them with another carry. */
struct wire_hole
{
  uint64_t offset, len; /* of the object */
  uint32_t carry_len, zero;
};

/* An acknowledgement, in front of its two texts, and its answer. Not aligned. */
struct wire_ack
{
  uint64_t length;
  int64_t mtime_ns;
  uint32_t obj, accepted;
  uint32_t name_len, key_len; /* with their ends */
};
struct wire_acked
{
  uint32_t obj;
  int32_t status;
};

/* A piece of a chunk's output in a slot. */
enum wire_segment_kind
{
  WIRE_SEG_BODY = 1, /* encoded rows for one sink */
  WIRE_SEG_EVIDENCE, /* findings, ledger entries, tallies: see evidence.h */
};
struct wire_segment
{
  uint8_t kind, stream; /* stream: ordinal of the sink */
  uint16_t table;
  uint16_t slot, zero;
  uint32_t offset, len;
  uint32_t rows;
};

/* Blocking send; fd = -1: none. 0, or -1 with errno in e (EPIPE: the other side is gone). */
int wire_send (int sock, const struct wire_head *h, const void *payload, int fd, struct err *e);
/* The same without waiting: 1 sent, 0 would block, -1 error. */
int wire_try_send (int sock, const struct wire_head *h, const void *payload, int fd, struct err *e);
/* Receives one message: 1, 0 at the end of the stream or when `flags` has MSG_DONTWAIT and nothing is there (errno
 * EAGAIN), -1 on error or a malformed message. *fd (caller closes) is -1 when none came. Length and version are
 * checked. */
int wire_recv (int sock, struct wire_msg *m, int *fd, int flags, struct err *e);
/* Seals memory that holds a copy of p: caller closes; -1 on error. */
int wire_memfd (const char *name, const void *p, size_t n, struct err *e);
#endif
