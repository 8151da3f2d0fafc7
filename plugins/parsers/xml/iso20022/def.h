/* SPDX-License-Identifier: Apache-2.0 */
/* def.h - what the two halves of the reader of definition files share: def.c has files, tables and elements, group.c the
 * lines of messages and groups. */
#ifndef ISO20022_DEF_H
#define ISO20022_DEF_H
#include "iso20022.h"

#define WORDS 16
#define LINE_BYTES 512
#define LEVELS 8

/* A line of a group, kept until it is used. */
struct iso20022_group_line
{
  char *word[6];
  unsigned n_words;
  char *doc;
};
struct iso20022_group
{
  char *name;
  struct iso20022_group_line *line;
  unsigned n;
};
struct iso20022_groups
{
  struct iso20022_group *group;
  unsigned n;
};

struct iso20022_open
{
  uint16_t node;
  uint8_t table, row;
};

struct iso20022_reader
{
  struct iso20022 *x;
  const char *path, *name;
  unsigned line;
  char text[LINE_BYTES];
  char *word[WORDS + 1];
  unsigned n_words;
  char *doc; /* the text in quotes at a line's end, or NULL */
  int table; /* that is being declared; -1: none */
  struct iso20022_groups *groups;
  struct iso20022_group *group; /* that is being read, or NULL */
  struct iso20022_open level[LEVELS];
  unsigned n_levels;
};

int iso20022_bad_def (struct iso20022_reader *r, const char *fmt, ...) PEN_PRINTF (2, 3);
int iso20022_find_table (const struct iso20022 *x, const char *name);
/* The element at `path` below `from`, made if need be; "." is `from` itself. */
int iso20022_def_node (struct iso20022_reader *r, uint16_t from, const char *path, uint16_t *out);
/* A column of the innermost row for the element at `path`. */
int iso20022_def_value (struct iso20022_reader *r, uint16_t from, const char *path, const char *name,
                        const char *type_word, bool join, bool required);
/* Another use of an element's value. */
int iso20022_def_plain (struct iso20022_reader *r, const char *path, const struct iso20022_target *t);
int iso20022_def_count (struct iso20022_reader *r, const struct iso20022_count *c);

/* group.c: one line that is neither "end" nor of a table; "end" itself. */
int iso20022_def_line (struct iso20022_reader *r);
int iso20022_def_end (struct iso20022_reader *r);
void iso20022_groups_fini (struct iso20022_groups *g);
#endif
