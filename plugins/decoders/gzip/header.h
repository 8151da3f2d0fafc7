/* SPDX-License-Identifier: Apache-2.0 */
/* header.h - the header of a gzip member (RFC 1952, 2.3), in pieces of any size. */
#ifndef GZIP_HEADER_H
#define GZIP_HEADER_H
#include <stdint.h>

#include "engine.h"

struct gzip_header
{
  int state;
  uint8_t flags;
  uint32_t n;      /* bytes of this part that were taken */
  uint32_t number; /* of two bytes: how long the extra field is, or what the checksum should be */
  uint32_t crc;    /* of the header so far */
};
GZIP_HIDDEN void gzip_header_begin (struct gzip_header *h);
/* Takes *used bytes. PEN_OK: more are needed; PEN_EOF: the header is whole; PEN_ERR: *why says what is wrong. */
GZIP_HIDDEN int gzip_header_run (struct gzip_header *h, struct pen_span in, size_t *used, const char **why);
#endif
