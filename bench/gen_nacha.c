/* SPDX-License-Identifier: Apache-2.0 */
/* gen_nacha.c - writes a NACHA file of any size whose hashes, counts, totals and check digits are right, the same for
 * the same arguments, or wrong in exactly one digit where a test asks for that.
 *
 * Fields are as wide as Nacha made them: a batch holds at most 999 999 entries and addenda, totals have twelve digits,
 * so amounts shrink as the file grows. The block count has six digits and is written modulo 10^6 past 940 MB. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REC 94
#define BATCH_LINES_MAX 999999
#define HASH_MOD 10000000000ULL
#define BUF (1u << 20)
#define N_BANKS 512
#define ODFI "09100001"

enum sec
{
  SEC_PPD,
  SEC_CCD,
  SEC_WEB,
  SEC_CTX,
  N_SECS
};
static const char *const sec_name[N_SECS] = { "PPD", "CCD", "WEB", "CTX" };

/* What --corrupt can break: one digit at a 1-based column of one record. */
enum victim
{
  V_NONE,
  V_ENTRY,
  V_BATCH_CONTROL,
  V_FILE_CONTROL,
};
static const struct
{
  const char *name;
  enum victim victim;
  int column;
} breakage[] = {
  { "check-digit", V_ENTRY, 12 },        { "entry-hash", V_BATCH_CONTROL, 20 }, { "entry-count", V_BATCH_CONTROL, 10 },
  { "debit", V_BATCH_CONTROL, 32 },      { "credit", V_BATCH_CONTROL, 44 },     { "batch-number", V_BATCH_CONTROL, 94 },
  { "company-id", V_BATCH_CONTROL, 54 }, { "batch-odfi", V_BATCH_CONTROL, 87 }, { "file-batches", V_FILE_CONTROL, 7 },
  { "file-blocks", V_FILE_CONTROL, 13 }, { "file-count", V_FILE_CONTROL, 21 },  { "file-hash", V_FILE_CONTROL, 31 },
  { "file-debit", V_FILE_CONTROL, 43 },  { "file-credit", V_FILE_CONTROL, 55 }, { "amount", V_ENTRY, 39 },
};
#define N_BREAKAGE (sizeof breakage / sizeof breakage[0])

struct totals
{
  uint64_t count, hash, debit, credit;
};

struct gen
{
  int fd;
  char eol[2];
  size_t n_eol;
  char *buf;
  size_t n;
  uint64_t rng, lines, amount_max;
  struct totals batch, file;
  uint64_t batches, trace;
  int broken, broken_batch; /* index into breakage or -1; 1-based batch that it strikes */
  int entry_broken;
  struct
  {
    char id[9];
    uint64_t id8;
  } bank[N_BANKS];
  char entry[N_SECS][REC]; /* what never changes is in place */
  char addenda[REC];
};

static char pair[100][2];

static const char *const first_name[16] = { "ADA",  "BRUNO", "CHLOE", "DMITRI", "ELENA", "FARID", "GRETA", "HUGO",
                                            "INES", "JONAS", "KEIKO", "LEILA",  "MARCO", "NADIA", "OSCAR", "PRIYA" };
static const char *const last_name[16] = { "ABBOTT", "BAKER",    "CASTILLO", "DURAND",  "EVANS",    "FISCHER",
                                           "GARCIA", "HOFFMANN", "IVANOV",   "JONES",   "KOWALSKI", "LINDEN",
                                           "MORI",   "NAKAMURA", "OKONKWO",  "PETERSEN" };
static char person[256][22];

static void
die (const char *what)
{
  fprintf (stderr, "gen_nacha: %s: %s\n", what, strerror (errno));
  exit (3);
}

static uint64_t
next_random (struct gen *g)
{
  uint64_t z = g->rng += 0x9e3779b97f4a7c15ULL; /* splitmix64 */

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/* v as exactly width digits, zero-filled; its high digits are dropped where it has more. */
static inline void
put_digits (char *p, int width, uint64_t v)
{
  while (width >= 2)
    {
      width -= 2;
      memcpy (p + width, pair[v % 100], 2);
      v /= 100;
    }
  if (width)
    *p = (char)('0' + v % 10);
}

static void
put_text (char *p, int width, const char *s)
{
  size_t n = strlen (s);

  memset (p, ' ', (size_t)width);
  memcpy (p, s, n < (size_t)width ? n : (size_t)width);
}

static void
drain (struct gen *g)
{
  size_t done = 0;

  while (done < g->n)
    {
      ssize_t k = write (g->fd, g->buf + done, g->n - done);
      if (k == -1 && errno != EINTR)
        die ("cannot write");
      if (k > 0)
        done += (size_t)k;
    }
  g->n = 0;
}

/* Room for one record; its line end is put in place already. */
static inline char *
record (struct gen *g)
{
  char *r;

  if (g->n + REC + 2 > BUF)
    drain (g);
  r = g->buf + g->n;
  memcpy (r + REC, g->eol, 2);
  g->n += REC + g->n_eol;
  g->lines++;
  return r;
}

static void
break_digit (struct gen *g, enum victim v, char *r)
{
  char *d;

  if (g->broken < 0 || breakage[g->broken].victim != v)
    return;
  if (v != V_FILE_CONTROL && g->batches != (uint64_t)g->broken_batch)
    return;
  if (v == V_ENTRY && g->entry_broken)
    return;
  g->entry_broken = 1;
  d = r + breakage[g->broken].column - 1;
  *d = (char)('0' + (*d - '0' + 1) % 10);
}

static void
make_banks (struct gen *g)
{
  static const int weight[8] = { 3, 7, 1, 3, 7, 1, 3, 7 };

  for (size_t i = 0; i < N_BANKS; i++)
    {
      uint64_t r = next_random (g);
      uint64_t district = r % 12 + 1; /* Federal Reserve districts 01..12 */
      int sum = 0;

      g->bank[i].id8 = district * 1000000 + (r >> 16) % 1000000;
      put_digits (g->bank[i].id, 8, g->bank[i].id8);
      for (int k = 0; k < 8; k++)
        sum += (g->bank[i].id[k] - '0') * weight[k];
      g->bank[i].id[8] = (char)('0' + (10 - sum % 10) % 10);
    }
}

static void
make_templates (struct gen *g)
{
  for (int i = 0; i < 100; i++)
    {
      pair[i][0] = (char)('0' + i / 10);
      pair[i][1] = (char)('0' + i % 10);
    }
  for (int i = 0; i < 256; i++)
    {
      char full[32];

      snprintf (full, sizeof full, "%s %s", first_name[i & 15], last_name[i >> 4]);
      put_text (person[i], 22, full);
    }
  for (int s = 0; s < N_SECS; s++)
    {
      memset (g->entry[s], ' ', REC);
      g->entry[s][0] = '6';
      memcpy (g->entry[s] + 39, "EMP", 3);
      if (s == SEC_WEB)
        g->entry[s][76] = 'S';
      memcpy (g->entry[s] + 79, ODFI, 8);
    }
  memset (g->addenda, ' ', REC);
  memcpy (g->addenda, "705", 3);
  memcpy (g->addenda + 3, "RMR*IV*INV", 10);
  memcpy (g->addenda + 20, "*PO*", 4);
  g->addenda[40] = '\\';
}

static void
put_addenda (struct gen *g, uint64_t k, uint64_t r)
{
  char *a = record (g);

  memcpy (a, g->addenda, REC);
  put_digits (a + 13, 7, r % 10000000);
  put_digits (a + 24, 8, r >> 40);
  put_digits (a + 83, 4, k);
  put_digits (a + 87, 7, g->trace);
  g->batch.count++;
}

static inline void
put_entry (struct gen *g, enum sec sec)
{
  uint64_t r = next_random (g), q = next_random (g);
  size_t bank = r % N_BANKS;
  uint64_t amount = (q >> 20) % g->amount_max + 1;
  int debit = (r >> 9) & 1, savings = (r >> 10) & 1;
  int account = 8 + (int)((r >> 11) % 10);      /* 8..17 characters */
  uint64_t addenda = ((r >> 16) & 0xfff) < 205; /* one in twenty */
  char *e = record (g);

  memcpy (e, g->entry[sec], REC);
  e[1] = savings ? '3' : '2';
  e[2] = debit ? '7' : '2';
  memcpy (e + 3, g->bank[bank].id, 9);
  put_digits (e + 12, account, r >> 5);
  put_digits (e + 29, 10, amount);
  put_digits (e + 42, 9, q % 1000000000);
  if (sec == SEC_CTX)
    {
      addenda *= 1 + (q & 1);
      put_digits (e + 54, 4, addenda);
      memcpy (e + 58, person[q >> 56], 16);
    }
  else
    memcpy (e + 54, person[q >> 56], 22);
  e[78] = addenda ? '1' : '0';
  put_digits (e + 87, 7, ++g->trace);
  g->batch.count++;
  g->batch.hash += g->bank[bank].id8;
  *(debit ? &g->batch.debit : &g->batch.credit) += amount;
  if (g->broken >= 0)
    break_digit (g, V_ENTRY, e);
  for (uint64_t k = 1; k <= addenda; k++)
    put_addenda (g, k, q);
}

static void
put_file_header (struct gen *g)
{
  char *r = record (g);

  memcpy (r, "101 091000019 1234567892601020930A094101", 40);
  r[13] = '1'; /* company identification: designator 1 and nine digits */
  put_text (r + 40, 23, "FIRST EXAMPLE BANK");
  put_text (r + 63, 23, "EXAMPLE PAYROLL INC");
  put_text (r + 86, 8, "");
}

static void
put_batch_header (struct gen *g, enum sec sec)
{
  char *r = record (g);

  memset (r, ' ', REC);
  memcpy (r, "5200", 4);
  put_text (r + 4, 16, "EXAMPLE PAYROLL");
  memcpy (r + 40, "1123456789", 10);
  memcpy (r + 50, sec_name[sec], 3);
  put_text (r + 53, 10, sec == SEC_PPD ? "PAYROLL" : "PAYMENT");
  memcpy (r + 63, "260102260105", 12);
  r[78] = '1';
  memcpy (r + 79, ODFI, 8);
  put_digits (r + 87, 7, ++g->batches);
  memset (&g->batch, 0, sizeof g->batch);
}

static void
put_batch_control (struct gen *g)
{
  char *r = record (g);

  memset (r, ' ', REC);
  memcpy (r, "8200", 4);
  put_digits (r + 4, 6, g->batch.count);
  put_digits (r + 10, 10, g->batch.hash % HASH_MOD);
  put_digits (r + 20, 12, g->batch.debit);
  put_digits (r + 32, 12, g->batch.credit);
  memcpy (r + 44, "1123456789", 10);
  memcpy (r + 79, ODFI, 8);
  put_digits (r + 87, 7, g->batches);
  break_digit (g, V_BATCH_CONTROL, r);
  g->file.count += g->batch.count;
  g->file.hash += g->batch.hash % HASH_MOD;
  g->file.debit += g->batch.debit;
  g->file.credit += g->batch.credit;
}

static void
put_file_control (struct gen *g)
{
  char *r = record (g);
  uint64_t blocks = (g->lines + 9) / 10;

  memset (r, ' ', REC);
  r[0] = '9';
  put_digits (r + 1, 6, g->batches);
  put_digits (r + 7, 6, blocks);
  put_digits (r + 13, 8, g->file.count);
  put_digits (r + 21, 10, g->file.hash % HASH_MOD);
  put_digits (r + 31, 12, g->file.debit);
  put_digits (r + 43, 12, g->file.credit);
  break_digit (g, V_FILE_CONTROL, r);
  while (g->lines % 10)
    memset (record (g), '9', REC);
}

static void
generate (struct gen *g, uint64_t entries, uint64_t per_batch, const enum sec *mix, size_t n_mix)
{
  uint64_t left = entries;

  put_file_header (g);
  for (size_t b = 0; left; b++)
    {
      enum sec sec = mix[b % n_mix];
      uint64_t here = left < per_batch ? left : per_batch, i;

      if (g->trace + here > 9999999)
        g->trace = 0; /* seven digits; ascending inside the batch is what counts */
      put_batch_header (g, sec);
      for (i = 0; i < here && g->batch.count + 3 <= BATCH_LINES_MAX; i++)
        put_entry (g, sec);
      left -= i;
      put_batch_control (g);
    }
  put_file_control (g);
  drain (g);
}

/* "475M" in powers of 1024; 0 where it is no size. */
static uint64_t
parse_size (const char *s)
{
  char *end;
  uint64_t v = strtoull (s, &end, 10);
  const char *unit = "KMG", *u;

  if (end == s || *s == '-')
    return 0;
  if (!*end)
    return v;
  u = strchr (unit, *end);
  return u && !end[1] ? v << (10 * (u - unit + 1)) : 0;
}

static void
usage (FILE *to)
{
  fprintf (to, "usage: gen_nacha (-s SIZE | -n ENTRIES) [-o FILE] [--seed N] [--batch ENTRIES | --one-batch]\n"
               "                 [--mix ppd,ccd,web,ctx] [--eol lf|crlf|none] [--corrupt KIND[@BATCH]]\n"
               "SIZE takes K, M, G (powers of 1024). One entry in twenty has addenda. --one-batch makes a batch as\n"
               "large as its six-digit count field allows. --corrupt breaks one digit; KIND is one of\n ");
  for (size_t i = 0; i < N_BREAKAGE; i++)
    fprintf (to, " %s", breakage[i].name);
  fprintf (to, "\n");
}

static void __attribute__ ((noreturn)) bad_usage (const char *what, const char *value)
{
  fprintf (stderr, "gen_nacha: %s \"%s\" is not understood\n", what, value);
  usage (stderr);
  exit (2);
}

static size_t
parse_mix (char *list, enum sec mix[16])
{
  size_t n = 0;

  for (char *save, *w = strtok_r (list, ",", &save); w; w = strtok_r (NULL, ",", &save))
    {
      int s = 0;

      while (s < N_SECS && strcasecmp (w, sec_name[s]))
        s++;
      if (s == N_SECS || n == 16)
        bad_usage ("--mix", w);
      mix[n++] = (enum sec)s;
    }
  if (!n)
    bad_usage ("--mix", list);
  return n;
}

static void
parse_corrupt (struct gen *g, char *arg)
{
  char *at = strchr (arg, '@');

  g->broken_batch = 1;
  if (at)
    {
      *at = 0;
      g->broken_batch = atoi (at + 1);
    }
  for (size_t i = 0; i < N_BREAKAGE; i++)
    if (!strcmp (arg, breakage[i].name))
      g->broken = (int)i;
  if (g->broken < 0 || g->broken_batch < 1)
    bad_usage ("--corrupt", arg);
}

static void
parse_eol (struct gen *g, const char *arg)
{
  static const char *const word[] = { "none", "lf", "crlf" };

  for (g->n_eol = 0; g->n_eol < 3 && strcmp (arg, word[g->n_eol]); g->n_eol++)
    ;
  if (g->n_eol == 3)
    bad_usage ("--eol", arg);
  memcpy (g->eol, g->n_eol == 2 ? "\r\n" : "\n\n", 2);
}

static const struct option long_options[] = {
  { "size", 1, NULL, 's' },    { "entries", 1, NULL, 'n' },   { "output", 1, NULL, 'o' }, { "seed", 1, NULL, 'S' },
  { "batch", 1, NULL, 'b' },   { "one-batch", 0, NULL, '1' }, { "mix", 1, NULL, 'm' },    { "eol", 1, NULL, 'e' },
  { "corrupt", 1, NULL, 'c' }, { "help", 0, NULL, 'h' },      { NULL, 0, NULL, 0 },
};

int
main (int argc, char **argv)
{
  static struct gen g = { .fd = 1, .eol = "\n\n", .n_eol = 1, .broken = -1, .rng = 1 };
  enum sec mix[16] = { SEC_PPD };
  size_t n_mix = 1;
  uint64_t entries = 0, size = 0, per_batch = 10000;
  int c;

  while ((c = getopt_long (argc, argv, "s:n:o:h", long_options, NULL)) != -1)
    switch (c)
      {
      case 's':
        if (!(size = parse_size (optarg)))
          bad_usage ("--size", optarg);
        break;
      case 'n':
        if (!(entries = parse_size (optarg)))
          bad_usage ("--entries", optarg);
        break;
      case 'b':
        if (!(per_batch = parse_size (optarg)))
          bad_usage ("--batch", optarg);
        break;
      case 'o':
        if ((g.fd = open (optarg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) == -1)
          die (optarg);
        break;
      case 'S':
        g.rng = strtoull (optarg, NULL, 10);
        break;
      case '1':
        per_batch = BATCH_LINES_MAX;
        break;
      case 'm':
        n_mix = parse_mix (optarg, mix);
        break;
      case 'e':
        parse_eol (&g, optarg);
        break;
      case 'c':
        parse_corrupt (&g, optarg);
        break;
      default:
        usage (c == 'h' ? stdout : stderr);
        return c == 'h' ? 0 : 2;
      }
  if (!!entries == !!size || optind < argc)
    return usage (stderr), 2;
  if (size)
    entries = (uint64_t)((double)size / ((REC + (double)g.n_eol) * (1.05 + 2.0 / (double)per_batch)));
  if (!entries)
    entries = 1;
  g.amount_max = entries < 3600000 ? 500000 : 1800000000000 / entries; /* the sum must fit twelve digits of cents */
  if (!(g.buf = malloc (BUF)))
    die ("cannot allocate");
  make_templates (&g);
  make_banks (&g);
  generate (&g, entries, per_batch, mix, n_mix);
  if (close (g.fd))
    die ("cannot close the output");
  if (g.broken >= 0 && !g.entry_broken)
    fprintf (stderr, "gen_nacha: there is no batch %d to corrupt\n", g.broken_batch);
  return g.broken >= 0 && !g.entry_broken ? 2 : 0;
}
