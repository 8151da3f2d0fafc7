/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - one failure of the environment on its way up: set once where it happens, printed once at the top. */
#ifndef PEN_BASE_ERR_H
#define PEN_BASE_ERR_H
#include <stddef.h>

#define ERR_TEXT_MAX 1024
struct err
{
  int code; /* errno where there was one, else 0 */
  char text[ERR_TEXT_MAX];
};

/* All return -1, so that `return err_set (e, ...)` reads well. e may be NULL: the text is dropped. A text that is set
 * already is replaced. */
int err_set (struct err *e, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* The same, with ": " and errno's text added. */
int err_errno (struct err *e, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* Puts "context: " before the text that is there. */
int err_prefix (struct err *e, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));

/* Allocation that cannot fail: out of memory is one message and exit status 3. */
void *xmalloc (size_t n);
void *xcalloc (size_t n, size_t size);
void *xrealloc (void *p, size_t n);
char *xstrdup (const char *s);
char *xasprintf (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));
#endif
