/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - a line of a definition file taken apart: words, a text in quotes behind them, a comment.
 *
 *     03 unit_of_measure id "as ordered"   # what comes behind a hash is for people
 *
 * Pure, thread-safe, takes no memory: words are places in the line itself. */
#ifndef PENSTOCK_WORDS_H
#define PENSTOCK_WORDS_H
#include <string.h>

#define PEN_BLANKS " \t\r\n"

/* Takes the line, which ends with NUL, apart: word[0 .. *n - 1], then NULL; word has room for max + 1 pointers. *quoted: the text in
 * quotes that ends the line, without them, or NULL. All of them point into the line, which is written to and has to outlive them.
 * Returns NULL, or what is wrong with the line as a constant text; more than max words are wrong, too. */
static inline const char *
pen_words (char *line, char **word, unsigned max, unsigned *n, char **quoted)
{
  char *p = line;

  *n = 0;
  *quoted = NULL;
  for (;;)
    {
      word[*n] = NULL;
      p += strspn (p, PEN_BLANKS);
      if (*p == '\0' || *p == '#')
        return NULL;
      if (*quoted)
        return "nothing may follow the text in quotes";
      if (*p == '"')
        {
          *quoted = ++p;
          p = strchr (p, '"');
          if (!p)
            return "a quote is not closed";
          *p++ = '\0';
          continue;
        }
      if (*n == max)
        return "too many words in a line";
      word[(*n)++] = p;
      p += strcspn (p, PEN_BLANKS);
      if (*p != '\0')
        *p++ = '\0';
    }
}

#endif
