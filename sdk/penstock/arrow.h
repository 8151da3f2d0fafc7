/* SPDX-License-Identifier: Apache-2.0 */
/* arrow.h - the Arrow C data interface: two structs, as published by Apache Arrow, byte for byte. */
#ifndef PENSTOCK_ARROW_H
#define PENSTOCK_ARROW_H
#include <stdint.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#ifdef __cplusplus
extern "C" {
#endif

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

/* Formats that every Penstock encoder and sink understands (Arrow format strings):
 *   "b" bool (bits)      "i" int32     "l" int64     "g" float64 (never money)
 *   "u" utf8 (int32 offsets)           "z" binary (int32 offsets)
 *   "d:P,S" decimal128, precision P, scale S (16 bytes, little endian, two's complement)
 *   "tdD" date32 (days since 1970-01-01)
 *   "tsu:ZONE" timestamp in microseconds ("tsu:" has no zone, "tsu:UTC" is an instant)
 *   "i" with a dictionary of "u": a repeated string such as _object */
struct ArrowSchema
{
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release) (struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray
{
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release) (struct ArrowArray *);
  void *private_data;
};

#ifdef __cplusplus
}
#endif
#endif
#endif
