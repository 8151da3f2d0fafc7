/* SPDX-License-Identifier: Apache-2.0 */
/* blob.h - plain bytes between our processes: little-endian numbers and counted strings, every read checked. */
#ifndef PEN_BASE_BLOB_H
#define PEN_BASE_BLOB_H
#include <stddef.h>
#include <stdint.h>

struct blob
{
  uint8_t *p;
  size_t n, cap;
};
void blob_fini (struct blob *b);
void blob_u8 (struct blob *b, uint8_t v);
void blob_u32 (struct blob *b, uint32_t v);
void blob_u64 (struct blob *b, uint64_t v);
void blob_bytes (struct blob *b, const void *p, size_t n); /* u32 count, then the bytes */
void blob_str (struct blob *b, const char *s);             /* NULL becomes the empty string */
void blob_raw (struct blob *b, const void *p, size_t n);   /* without a count */

/* After the first read past the end, `bad` is set and every further read gives 0 or an empty span: check once. */
struct blob_reader
{
  const uint8_t *p, *end;
  int bad;
};
void blob_reader_init (struct blob_reader *r, const void *p, size_t n);
uint8_t blob_get_u8 (struct blob_reader *r);
uint32_t blob_get_u32 (struct blob_reader *r);
uint64_t blob_get_u64 (struct blob_reader *r);
const uint8_t *blob_get_bytes (struct blob_reader *r, size_t *n); /* borrowed from the input; NULL when bad */
/* Caller frees; NULL (and bad) when there is a NUL inside or it is longer than max. */
char *blob_get_str (struct blob_reader *r, size_t max);
#endif
