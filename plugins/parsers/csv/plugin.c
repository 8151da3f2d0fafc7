/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the descriptor of the csv parser: its options, totals, and what an instance is made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "csv.h"

#define FIELD(name) PEN_FIELD (struct csv_options, name)
static const struct pen_opt options[] = {
  { "columns", PEN_LIST, PEN_OPT_REQUIRED, FIELD (columns), NULL, NULL,
    "the columns of the table: \"NAME TYPE ATTRIBUTE...\" each, e.g. \"amount decimal(12,2) required\"; `penstock "
    "infer "
    "FILE` proposes them" },
  { "table", PEN_STRING, 0, FIELD (table), "rows", NULL, "name of the table" },
  { "delimiter", PEN_STRING, 0, FIELD (delimiter), ",", NULL,
    "what stands between fields: 1 to 4 bytes, or tab, \\\\t, \\\\xHH" },
  { "quote", PEN_STRING, 0, FIELD (quote), "\"", NULL, "quote character; none: fields are never quoted" },
  { "escape", PEN_STRING, 0, FIELD (escape), NULL, NULL,
    "character that takes the next one as it is; doubled quotes are understood without it" },
  { "comment", PEN_STRING, 0, FIELD (comment), NULL, NULL, "lines that begin with this character are left out" },
  { "header", PEN_BOOL, 0, FIELD (header), "true", NULL, "the first line names the columns" },
  { "header_match", PEN_ENUM, 0, FIELD (header_match), "exact", "exact|loose",
    "how names are compared; loose: without case and outer blanks, and - and blank are _" },
  { "on_drift", PEN_ENUM, 0, FIELD (on_drift), "halt", "halt|quarantine|ignore_extra",
    "a header that is not as the schema says: end the run before it, refuse the object, or read the known columns "
    "where "
    "they stand" },
  { "skip_lines", PEN_INT, 0, FIELD (skip_lines), "0", "0..1000000", "lines before the header that are left out" },
  { "encoding", PEN_ENUM, 0, FIELD (encoding), "auto", "auto|utf-8|utf-16le|utf-16be|latin1|windows-1252",
    "encoding of the file; auto: by its byte order mark, else UTF-8" },
  { "newline", PEN_ENUM, 0, FIELD (newline), "auto", "auto|lf|crlf|cr",
    "what ends a record; auto: LF, CRLF and CR each do" },
  { "short_rows", PEN_ENUM, 0, FIELD (short_rows), "reject", "reject|pad",
    "rows with too few fields; pad: the missing ones are null" },
  { "long_rows", PEN_ENUM, 0, FIELD (long_rows), "reject", "reject|truncate", "rows with too many fields" },
  { "blank_lines", PEN_ENUM, 0, FIELD (blank_lines), "skip", "skip|reject|row",
    "lines with nothing in them; row: a row of one empty field" },
  { "stray_quotes", PEN_ENUM, 0, FIELD (stray_quotes), "reject", "reject|data",
    "a quote within a field that does not begin with one" },
  { "nul_bytes", PEN_ENUM, 0, FIELD (nul_bytes), "reject", "reject|remove", "NUL characters in a field" },
  { "trim", PEN_BOOL, 0, FIELD (trim), "false", NULL,
    "take blanks and tabs off both ends of fields, outside of quotes" },
  { "null_words", PEN_LIST, 0, FIELD (null_words), NULL, NULL,
    "words that mean null, unless quoted in a string column" },
  { "empty_text", PEN_BOOL, 0, FIELD (empty_text), "false", NULL,
    "an empty string field is an empty text also without quotes, not null" },
  { "true_words", PEN_LIST, 0, FIELD (true_words), NULL, NULL,
    "words that are true; default: true TRUE True t T yes Yes YES y Y 1" },
  { "false_words", PEN_LIST, 0, FIELD (false_words), NULL, NULL,
    "words that are false; default: false FALSE False f F no No NO n N 0" },
  { "decimal_point", PEN_STRING, 0, FIELD (decimal_point), ".", NULL, "decimal point of numbers" },
  { "group_separator", PEN_STRING, 0, FIELD (group_separator), NULL, NULL,
    "character between groups of three digits; unset: there is none" },
  { "max_field", PEN_SIZE, 0, FIELD (max_field), "1M", "1..1073741824",
    "longest field, in bytes of UTF-8 with its quotes doubled; fields in quotes of more than 2M are read in pieces, "
    "into "
    "a table of their own" },
  { "max_record", PEN_SIZE, 0, FIELD (max_record), "2M", "1..2097152",
    "longest record, in bytes of UTF-8; UTF-16: at most 1.25M" },
  { "trailer.mark", PEN_STRING, 0, FIELD (trailer_mark), NULL, NULL,
    "first field of the last record, which holds totals instead of a row; unset: there is no trailer" },
  { "trailer.required", PEN_BOOL, 0, FIELD (trailer_required), "true", NULL, "an object without a trailer is refused" },
  { "trailer.count", PEN_INT, 0, FIELD (trailer_count), "0", "0..4096",
    "number of the trailer's field that claims how many rows there are; 0: none" },
  { "trailer.sum", PEN_INT, 0, FIELD (trailer_sum), "0", "0..4096",
    "number of the trailer's field that claims the sum of a column; 0: none" },
  { "trailer.sum_column", PEN_STRING, 0, FIELD (trailer_sum_column), NULL, NULL, "the column that is added up" },
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

static const struct pen_scope scopes[] = { { "object" } };
#define SUM(scale)                                                                                                     \
  {                                                                                                                    \
    "sum_" #scale, 0, PEN_FOLD_SUM, scale, 0, "trailer_sum", "the summed column, " #scale " decimals"                  \
  }
static const struct pen_total totals[N_TOTALS] = {
  { "rows", 0, PEN_FOLD_COUNT, 0, 0, "trailer_count", "rows read, refused ones too" },
  SUM (0),
  SUM (1),
  SUM (2),
  SUM (3),
  SUM (4),
  SUM (5),
  SUM (6),
  SUM (7),
  SUM (8),
  SUM (9),
};

static void
destroy (void *self)
{
  struct csv *c = self;
  if (!c)
    return;
  for (size_t i = 0; c->col && i < c->n_cols; i++)
    csv_spec_fini (&c->col[i]);
  pen_tables_fini (&c->set);
  csv_text_fini (&c->text);
  free (c->col);
  free (c->spec);
  free (c->cells);
  free (c->row);
  free (c->lexed);
  free (c->scratch);
  free (c->pieces_name);
  free (c->tail);
  free (c->index.sep);
  free (c->index.odd);
  free (c->memo.bits);
  free (c->true_words.v);
  free (c->false_words.v);
  free (c->nulls.v);
  free (c);
}

static int
hex (char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* A character or a few, as they are or by name. Returns their number, -1 for more than cap. */
static int
read_chars (const char *s, uint8_t *to, int cap)
{
  int n = 0;
  if (!s)
    return 0;
  if (strcmp (s, "tab") == 0)
    s = "\t";
  while (*s)
    {
      if (n == cap)
        return -1;
      if (s[0] == '\\' && s[1] == 't')
        {
          to[n++] = '\t';
          s += 2;
        }
      else if (s[0] == '\\' && s[1] == 'x' && hex (s[2]) >= 0 && hex (s[3]) >= 0)
        {
          to[n++] = (uint8_t)(hex (s[2]) << 4 | hex (s[3]));
          s += 4;
        }
      else
        to[n++] = (uint8_t)*s++;
    }
  return n;
}

#define FAIL(...) host->fail (host->ctx, __VA_ARGS__)

static int
one_char (const struct pen_host *host, const char *option, const char *text, uint8_t *c, bool *has)
{
  uint8_t buf[4] = { 0 };
  int n = text && strcmp (text, "none") == 0 ? 0 : read_chars (text, buf, 4);
  if (n > 1 || n < 0 || (n == 1 && (buf[0] == '\n' || buf[0] == '\r' || buf[0] >= 0x80)))
    return FAIL ("%s: \"%s\" is not one character of ASCII", option, text);
  *c = buf[0];
  *has = n == 1;
  return PEN_OK;
}

static int
read_dialect (const struct pen_host *host, struct csv *c)
{
  const struct csv_options *o = c->o;
  struct csv_dialect *d = &c->d;
  bool has_point, has_group;
  int n = read_chars (o->delimiter, d->delim, 4);
  uint64_t most = o->encoding == ENC_UTF16LE || o->encoding == ENC_UTF16BE ? 5u << 18 : CSV_LIMIT;

  if (n < 1 || memchr (d->delim, '\n', (size_t)n) || memchr (d->delim, '\r', (size_t)n))
    return FAIL ("delimiter: \"%s\": 1 to 4 bytes are expected, none of them a line end",
                 o->delimiter ? o->delimiter : "");
  d->n_delim = (uint8_t)n;
  if (one_char (host, "quote", o->quote, &d->quote, &d->has_quote)
      || one_char (host, "escape", o->escape, &d->escape, &d->has_escape)
      || one_char (host, "comment", o->comment, &d->comment, &d->has_comment)
      || one_char (host, "decimal_point", o->decimal_point, &c->point, &has_point)
      || one_char (host, "group_separator", o->group_separator, &c->group, &has_group))
    return PEN_ERR;
  if (d->has_quote && memchr (d->delim, d->quote, (size_t)n))
    return FAIL ("delimiter: the quote cannot be part of it");
  if (d->has_escape && (memchr (d->delim, d->escape, (size_t)n)))
    return FAIL ("escape: it cannot be part of the delimiter");
  if (!has_point || (has_group && c->group == c->point))
    return FAIL ("decimal_point: one character is expected, another than group_separator");
  if (d->has_escape && d->has_quote && d->escape == d->quote)
    d->has_escape = false;
  if (!d->has_escape)
    d->escape = d->quote;
  d->trim = o->trim;
  d->newline = (uint8_t)o->newline;
  d->streams = o->max_field > csv_long_hold;
  d->max_field = d->streams ? csv_long_hold : o->max_field;
  d->owner = c;
  d->max_record = o->max_record < most ? o->max_record : most;
  d->fast = n == 1 && !d->has_escape && !d->trim && d->max_field >= 64 && d->max_record >= 64;
  return PEN_OK;
}

static int
take_words (struct csv_words *w, const struct pen_list *list, const char *const *words, size_t n)
{
  const char *const *from = list->n ? list->item : words;
  w->n = list->n ? list->n : n;
  w->v = calloc (w->n + 1, sizeof *w->v);
  if (!w->v)
    return -1;
  for (size_t i = 0; i < w->n; i++)
    csv_word_set (&w->v[i], from[i]);
  return 0;
}

static int
read_columns (const struct pen_host *host, struct csv *c)
{
  const struct csv_options *o = c->o;
  char why[512];

  if (!o->columns.n || o->columns.n > CSV_COLUMNS)
    return FAIL ("columns: %zu columns are given, 1..%d are expected; `penstock infer FILE` proposes them",
                 o->columns.n, CSV_COLUMNS);
  c->col = calloc (o->columns.n, sizeof *c->col);
  if (!c->col)
    return FAIL ("csv: no memory for its columns");
  c->n_cols = o->columns.n;
  for (size_t i = 0; i < c->n_cols; i++)
    {
      const char *wrong = csv_spec_read (c, &c->col[i], o->columns.item[i], why, sizeof why);
      if (wrong)
        return FAIL ("columns: \"%s\": %s", o->columns.item[i], wrong);
      for (size_t k = 0; k < i; k++)
        if (strcmp (c->col[k].name, c->col[i].name) == 0)
          return FAIL ("columns: \"%s\" is declared twice", c->col[i].name);
    }
  return PEN_OK;
}

static int
read_trailer (const struct pen_host *host, struct csv *c)
{
  const struct csv_options *o = c->o;
  c->sum_col = -1;
  c->n_mark = o->trailer_mark ? strlen (o->trailer_mark) : 0;
  if (!o->trailer_sum != !o->trailer_sum_column)
    return FAIL ("trailer: sum and sum_column belong together");
  if (!c->n_mark)
    return o->trailer_count || o->trailer_sum ? FAIL ("trailer: mark is expected, the first field of the trailer")
                                              : PEN_OK;
  for (size_t i = 0; o->trailer_sum_column && i < c->n_cols; i++)
    if (strcmp (c->col[i].name, o->trailer_sum_column) == 0)
      c->sum_col = (int)i;
  if (!o->trailer_sum_column)
    return PEN_OK;
  if (c->sum_col < 0)
    return FAIL ("trailer.sum_column: there is no column \"%s\"", o->trailer_sum_column);
  const struct csv_column *col = &c->col[c->sum_col];
  if ((col->type != TYPE_INT && col->type != TYPE_DECIMAL) || col->precision > 18 || col->scale >= N_SUMS)
    return FAIL ("trailer.sum_column: \"%s\" is not an int or a decimal of at most 18 digits, 9 decimals",
                 o->trailer_sum_column);
  return PEN_OK;
}

static int
take_memory (struct csv *c)
{
  size_t n = strlen (c->o->table) + sizeof "_pieces";
  c->pieces_name = malloc (n);
  if (!c->pieces_name)
    return -1;
  snprintf (c->pieces_name, n, "%s_pieces", c->o->table);
  if (csv_columns_init (c))
    return -1;
  c->index.cap = c->batch_rows * (c->n_cols + 4);
  if (c->index.cap < 2 * CSV_FILE_COLUMNS)
    c->index.cap = 2 * CSV_FILE_COLUMNS;
  c->index.sep = calloc (c->index.cap + 80, sizeof *c->index.sep);
  c->index.cap_odd = 4096;
  c->index.odd = calloc (c->index.cap_odd, 1);
  return c->index.sep && c->index.odd ? 0 : -1;
}

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  static const char *const yes[] = { "true", "TRUE", "True", "t", "T", "yes", "Yes", "YES", "y", "Y", "1" };
  static const char *const no[] = { "false", "FALSE", "False", "f", "F", "no", "No", "NO", "n", "N", "0" };
  static const char *const none[1];
  struct csv *c = calloc (1, sizeof *c);
  int status;

  if (!c)
    return FAIL ("csv: no memory");
  c->host = host;
  c->o = opts;
  c->index_run = csv_index_best ();
  c->pass_run = csv_pass_best ();
  c->utf8_run = csv_utf8_best ();
  if (take_words (&c->true_words, &c->o->true_words, yes, sizeof yes / sizeof *yes)
      || take_words (&c->false_words, &c->o->false_words, no, sizeof no / sizeof *no)
      || take_words (&c->nulls, &c->o->null_words, none, 0))
    status = FAIL ("csv: no memory for its words");
  else
    status = read_dialect (host, c);
  if (status == PEN_OK)
    status = read_columns (host, c);
  if (status == PEN_OK)
    status = read_trailer (host, c);
  if (status == PEN_OK && take_memory (c))
    status = FAIL ("csv: no memory for its tables");
  if (status != PEN_OK)
    {
      destroy (c);
      return status;
    }
  *self = c;
  return PEN_OK;
}

/* Everything that can be said of options is said by create(). */
static int
check (const struct pen_host *host, const void *opts)
{
  void *self;
  int status = create (host, opts, &self);
  if (status == PEN_OK)
    destroy (self);
  return status;
}

static int
schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct csv *)self)->set, table, name, out);
}

static const struct pen_parser parser = { .size = sizeof parser,
                                          .framing = PEN_FRAME_CUSTOM,
                                          .max_record = CSV_WINDOW,
                                          .scopes = scopes,
                                          .scope_size = sizeof *scopes,
                                          .n_scopes = sizeof scopes / sizeof *scopes,
                                          .totals = totals,
                                          .total_size = sizeof *totals,
                                          .n_totals = N_TOTALS,
                                          .create = create,
                                          .schema = schema,
                                          .cut = csv_cut,
                                          .parse = csv_parse,
                                          .destroy = destroy,
                                          .recognise = csv_recognise };

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof penstock_plugin,
  .name = "csv",
  .version = "0.1.0",
  .summary = "CSV files: typed columns, checked headers and trailers, every dialect, one bad record at a time",
  .doc =
      "Reads delimited text by RFC 4180 and its many dialects into one table with the columns that `columns` declares. "
      "The header is compared with them before any row; every row that breaks a rule is refused alone, with line, "
      "column, rule, expected and found. A quote that does not close costs one record, not the rest of the file. "
      "penstock-csv(7) has every option, type and rule.",
  .options_size = sizeof (struct csv_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = options,
  .check = check,
  .parser = &parser
};
