/* SPDX-License-Identifier: Apache-2.0 */
/* testhost_state.h - what the test host knows of a parser and has written down of it, and how it writes. Included by testhost.h. */
#ifndef PENSTOCK_TESTHOST_STATE_H
#define PENSTOCK_TESTHOST_STATE_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/plugin.h>
#include <penstock/decimal.h>
#include <penstock/date.h>

#define PEN_TEST_SCOPES 16
#define PEN_TEST_TOTALS 64

struct pen_test_text
{
  char *p; /* NUL-terminated, never NULL after pen_test_new() */
  size_t n, cap;
};

struct pen_test_row
{
  uint64_t order;
  unsigned table;
  size_t seq, at, n; /* at, n: the line in `held` */
};

/* A key that may come once. */
struct pen_test_key
{
  char *p, rule[64];
  size_t n;
  uint64_t offset;
};

struct pen_test
{
  const struct pen_plugin *plugin;
  struct pen_host host;
  void *options, *self;
  char *strings[256]; /* option values */
  size_t n_strings;
  int reuse;            /* 1: one instance serves all runs until an option changes */
  int resumes;          /* 1: where carries differ at a seam, go on from parse()'s as the host does; it is no breach */
  uint64_t longer;      /* what the option longer_by is set to, where longer_if is */
  int status;           /* of the last run: PEN_OK, or what the parser returned */
  const char *rows;     /* after pen_test_run(): borrowed until the next */
  const char *findings; /* "rule severity offset length line column follows text" */
  const char *ledger; /* "open SCOPE key", "add TOTAL value" (neighbours added up), "close SCOPE key total=value..." */
  const char *claims; /* findings of the ledger: "rule severity offset claimed computed" */
  const char *broken; /* contract broken by the parser: "" when none */
  const char *log;    /* what it said by host.log and host.fail */
  uint64_t n_rows, n_warn, n_record, n_object; /* n_record, n_object, n_warn: findings and failed claims by severity */
  uint64_t read[64], rejected[64], emitted[64];
  /* the rest is private */
  struct pen_test_text rows_, findings_, ledger_, claims_, broken_, log_, held;
  struct pen_test_text late; /* findings of the object's end */
  struct pen_test_key *key;
  size_t n_keys, cap_keys;
  struct pen_test_row *row;
  size_t n_held, cap_held, seq;
  uint64_t promised; /* order that later rows must reach */
  uint64_t last_order[64];
  int64_t pending[PEN_TEST_TOTALS];
  int is_pending[PEN_TEST_TOTALS];
  pen_i128 sum[PEN_TEST_TOTALS];
  int is_open[PEN_TEST_SCOPES];
  struct ArrowSchema schema[64];
  const char *table_name[64];
  unsigned n_tables;
};

static inline void
pen_test_addn_ (struct pen_test_text *t, const char *p, size_t n)
{
  if (t->n + n + 1 > t->cap)
    {
      t->cap = (t->n + n + 1) * 2;
      t->p = (char *)realloc (t->p, t->cap);
      if (!t->p)
        abort ();
    }
  memcpy (t->p + t->n, p, n);
  t->n += n;
  t->p[t->n] = 0;
}

PEN_PRINTF (2, 0)
static inline void
pen_test_vadd_ (struct pen_test_text *t, const char *fmt, va_list ap)
{
  char line[4096];
  int n = vsnprintf (line, sizeof line, fmt, ap);
  if (n < 0)
    abort ();
  pen_test_addn_ (t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

PEN_PRINTF (2, 3)
static inline void
pen_test_add_ (struct pen_test_text *t, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  pen_test_vadd_ (t, fmt, ap);
  va_end (ap);
}

static inline void
pen_test_escape_ (struct pen_test_text *t, const char *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      unsigned char c = (unsigned char)p[i];
      if (c < 0x20 || c == 0x7f || c == '|' || c == '\\')
        pen_test_add_ (t, "\\x%02x", c);
      else
        pen_test_addn_ (t, p + i, 1);
    }
}
#endif
