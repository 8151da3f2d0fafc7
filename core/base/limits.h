/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - the numbers that bound memory and messages; `penstock check` adds them up. */
#ifndef PEN_BASE_LIMITS_H
#define PEN_BASE_LIMITS_H

#define KIB 1024ull
#define MIB (1024ull * 1024)

#define LIMIT_CHUNK_DEFAULT (1 * MIB)
#define LIMIT_CHUNK_MAX (5 * MIB)
#define LIMIT_CHUNK_MIN 1ull           /* tests cut at every record */
#define LIMIT_SLOT_SIZE (1 * MIB)      /* one shared-memory slot: what a worker fills and a sink empties */
#define LIMIT_SLOTS_PER_WORKER 10      /* the last one is kept back for the lowest uncommitted chunk */
#define LIMIT_INPUTS_PER_WORKER 3      /* chunks that are cut and not parsed, and lie in shared memory */
#define LIMIT_INPUT_SLACK 64           /* bytes behind a chunk that may be read: scanners look a vector past the end */
#define LIMIT_CHUNKS_PER_WORKER 6      /* chunks in flight = this times workers: the slots are full before that */
#define LIMIT_OPEN_OBJECTS 16          /* objects whose chunks may be parsed ahead of the one that the sinks see */
#define LIMIT_GRANTS 8                 /* objects that a source may open without asking; they count as open ones */
#define LIMIT_BATCH 64                 /* accepted objects that are published together, at most */
#define LIMIT_BATCH_BYTES (32 * MIB)   /* of what sinks were sent of them, before the last one */
#define LIMIT_TABLES 64                /* tables of one parser */
#define LIMIT_COLUMNS 512              /* columns of one table */
#define LIMIT_STREAMS 16               /* sinks of one pipeline */
#define LIMIT_HOLES 8                  /* records of one chunk that kill workers and are left out */
#define LIMIT_OUTPUT_FREE (8 * MIB)    /* that comes out of a chunk and is never too much, see limits.expansion */
#define LIMIT_EVIDENCE_RAW (64 * KIB)  /* bytes of a refused record that are kept */
#define LIMIT_SPOOL_STEP (512 * KIB)   /* what was read leaves the spool in steps of this size */
#define LIMIT_SMALL_OBJECT (128 * KIB) /* a spooled object up to this size stays in memory */
#define LIMIT_SMALL_OPEN (2 * MIB)     /* of those that their source has not ended yet, all together */
#define LIMIT_DECODE_STEP (1 * MIB)    /* of a decoder's output, mapped at a time */
#define LIMIT_DECODE_WINDOW (8 * MIB)  /* decoded bytes that the sinks do not have yet, at least */
#define LIMIT_DECODERS 2               /* processes that decode at a time */
#define LIMIT_NAME_MAX 4096            /* an object's name */
#define LIMIT_DEADLINE_NS (60ull * 1000000000)

/* Resident sets, measured and rounded up; the worker's are enforced by rlimits. */
#define LIMIT_HOST_BASE (20 * MIB)
#define LIMIT_WORKER_BASE (6 * MIB)   /* program, libraries, plugins */
#define LIMIT_WORKER_TABLES (8 * MIB) /* builders, filters, encoders' scratch */
#define LIMIT_WORKER_CODE (64 * MIB)  /* address space of shared code: limited with the rest, but shared memory */
#define LIMIT_DECODER_BASE (80 * MIB) /* libraries and the largest dictionary of xz -9; enforced by an rlimit */
#define LIMIT_KEYHOLDER (24 * MIB)    /* itself, one gpg, one agent */
#define LIMIT_SOURCE_BASE (8 * MIB)
#define LIMIT_SINK_BASE (1 * MIB)
#endif
