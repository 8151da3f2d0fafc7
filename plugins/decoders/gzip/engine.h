/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - one member of a gzip file, header and trailer included, through whichever library inflates here. */
#ifndef GZIP_ENGINE_H
#define GZIP_ENGINE_H
#include <penstock/plugin.h>

#define GZIP_HIDDEN __attribute__ ((visibility ("hidden")))

struct gzip_engine;
GZIP_HIDDEN struct gzip_engine *gzip_engine_create (void); /* NULL: no memory */
/* Takes *used bytes and gives *n. PEN_OK: more of either is needed; PEN_EOF: the member is whole, checksum and length are right, the
 * next may begin; PEN_ERR: *why says what is wrong. */
GZIP_HIDDEN int gzip_engine_run (struct gzip_engine *g, struct pen_span in, size_t *used, void *buf, size_t cap,
                                 size_t *n, const char **why);
GZIP_HIDDEN void gzip_engine_destroy (struct gzip_engine *g);
#endif
