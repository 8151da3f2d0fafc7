/* SPDX-License-Identifier: Apache-2.0 */
/* test_words.c - lines of definition files: words, texts in quotes, comments, and what is wrong with a line. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <penstock/words.h>

#define MAX 3

static const struct
{
  const char *line, *says; /* the words between bars, then the text in quotes; or what is wrong */
} lines[] = {
  { "", "" },
  { " \t\r\n", "" },
  { "# only for people", "" },
  { "one", "one|" },
  { "  one\ttwo  three\r\n", "one|two|three|" },
  { "one # two", "one|" },
  { "one#two", "one#two|" },
  { "one \"a text # of # words\"  # and more", "one|(a text # of # words)" },
  { "\"\"", "()" },
  { "one\"two\"", "one\"two\"|" },
  { "one \"text\" two", "nothing may follow the text in quotes" },
  { "one \"text\" \"text\"", "nothing may follow the text in quotes" },
  { "one \"text", "a quote is not closed" },
  { "one two three four", "too many words in a line" },
  { "one two three \"text\" # four", "one|two|three|(text)" },
};

static void
each_line (void)
{
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    {
      char line[64], says[96] = "", *word[MAX + 1], *quoted;
      const char *wrong;
      unsigned n = 99;

      snprintf (line, sizeof line, "%s", lines[i].line);
      wrong = pen_words (line, word, MAX, &n, &quoted);
      if (wrong)
        {
          CU_ASSERT_STRING_EQUAL (wrong, lines[i].says);
          continue;
        }
      CU_ASSERT_FATAL (n <= MAX);
      CU_ASSERT_PTR_NULL (word[n]);
      for (unsigned k = 0; k < n; k++)
        snprintf (says + strlen (says), sizeof says - strlen (says), "%s|", word[k]);
      if (quoted)
        snprintf (says + strlen (says), sizeof says - strlen (says), "(%s)", quoted);
      CU_ASSERT_STRING_EQUAL (says, lines[i].says);
    }
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS || !(s = CU_add_suite ("words", NULL, NULL))
      || !CU_add_test (s, "each line", each_line))
    return 1;
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
