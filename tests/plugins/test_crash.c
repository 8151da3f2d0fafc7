/* SPDX-License-Identifier: Apache-2.0 */
/* test_crash.c - sinks at every system call: killed there, or told there that the disk is broken; the next life must
 * find a state from which each row arrives once, and no life may claim success before that is so. */
#include "sink_drive.h"
#include <errno.h>
#include <penstock/rows.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#define CHUNKS 3

struct file_options
{
  const char *path, *mode;
  bool overwrite;
};
struct sqlite_options
{
  const char *path, *table_prefix;
  int journal_mode, synchronous;
  bool create;
  uint64_t cache_size;
  int64_t busy_timeout;
  int decimals;
};

static const struct pen_plugin *file, *sqlite;
static char file_path[300], db_path[300];
static struct file_options file_options = { file_path, "0600", false };
static struct sqlite_options sqlite_options = { db_path, "", 0, 0, true, 1 << 20, 0, 0 };

static struct ArrowSchema id = { .format = "l", .name = "id" };
static struct ArrowSchema *ids[1] = { &id };
static struct ArrowSchema ids_schema = { .format = "+s", .n_children = 1, .children = ids };

/* The bytes of chunk seq for this sink. */
static struct pen_span
body_of (const struct pen_plugin *p, uint64_t seq, unsigned table)
{
  static uint8_t b[64];

  if (p == file)
    return (struct pen_span){ b, (size_t)sprintf ((char *)b, "%u.%u\n", table, (unsigned)seq) };
  uint8_t *end = pen_rows_i64 (pen_rows_begin (b), PEN_ROWS_INT64, (int64_t)(seq * 10 + table));
  end = pen_rows_finish (b, end, table, 1);
  return (struct pen_span){ b, (size_t)(end - b) };
}

static int
deliver (const struct pen_plugin *p, void *s, int mode)
{
  struct pen_object o = an_object ("a");
  struct pen_begin b = a_begin (mode);
  struct pen_tally t = { sizeof t, 0, 0 };
  struct pen_span ck;
  uint64_t next;
  int r;

  o.key = "00112233";
  if (p->sink->begin (s, &o, &b, &next, &ck) != PEN_OK)
    return -1;
  for (uint64_t seq = next; seq < CHUNKS; seq++)
    for (unsigned table = 0; table < 2; table++)
      {
        if (p->sink->write (s, seq, table, body_of (p, seq, table), 1) != PEN_OK
            || (table == 1 && mode == PEN_COMMIT_CHUNK && p->sink->commit (s, seq, span ("carry")) != PEN_OK))
          {
            /* what a host does with a failed environment: it ends, and the object is tried again */
            return -1;
          }
      }
  r = p->sink->finish (s, &o, 1, &t);
  return r == PEN_OK || r == PEN_EOF ? 0 : -1;
}

/* A whole life; 0 when it says that the object is durable. */
static int
live (const struct pen_plugin *p, int mode)
{
  void *s = NULL;
  int r;

  if (p->sink->create (&plug_host, p == file ? (void *)&file_options : (void *)&sqlite_options, &s) != PEN_OK)
    return -1;
  r = p->sink->table (s, 0, "one", &ids_schema) == PEN_OK && p->sink->table (s, 1, "two", &ids_schema) == PEN_OK
          ? deliver (p, s, mode)
          : -1;
  p->sink->destroy (s);
  return r;
}

/* ---- what must be there ---- */

static int
is_whole_file (const char *name, unsigned table)
{
  char want[64];

  sprintf (want, "%u.0\n%u.1\n%u.2\n", table, table, table);
  return file_is (name, want);
}

static int
is_whole_db (void)
{
  sqlite3 *db;
  sqlite3_stmt *q = NULL;
  int good = 0;

  if (sqlite3_open (db_path, &db) == SQLITE_OK
      && sqlite3_prepare_v2 (
             db,
             "SELECT (SELECT group_concat(id) FROM one) || '/' || (SELECT group_concat(id) FROM two) || "
             "(SELECT group_concat(status) FROM penstock_checkpoint)",
             -1, &q, NULL)
             == SQLITE_OK
      && sqlite3_step (q) == SQLITE_ROW)
    good = strcmp ((const char *)sqlite3_column_text (q, 0), "0,10,20/1,11,21COMMITTED") == 0;
  if (!good)
    fprintf (stderr, "\ndatabase: %s\n", q ? (const char *)sqlite3_column_text (q, 0) : sqlite3_errmsg (db));
  sqlite3_finalize (q);
  sqlite3_close (db);
  return good;
}

static int
is_whole (const struct pen_plugin *p)
{
  return p == sqlite ? is_whole_db () : is_whole_file ("a.one", 0) && is_whole_file ("a.two", 1);
}

/* In object mode a file has all or is not there. */
static int
is_torn (const struct pen_plugin *p, int mode)
{
  if (p != file || mode != PEN_COMMIT_OBJECT)
    return 0;
  return (access (at ("a.one"), F_OK) == 0 && !is_whole_file ("a.one", 0))
         || (access (at ("a.two"), F_OK) == 0 && !is_whole_file ("a.two", 1));
}

/* ---- a life under control ---- */

enum blow
{
  BLOW_KILL = 0,
  BLOW_EIO,
  BLOW_ENOSPC,
};

static pid_t
start_life (const struct pen_plugin *p, int mode)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      ptrace (PTRACE_TRACEME, 0, 0, 0);
      raise (SIGSTOP);
      _exit (live (p, mode) ? 1 : 0);
    }
  if (waitpid (pid, &status, 0) != pid || !WIFSTOPPED (status)
      || ptrace (PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
    return -1;
  return pid;
}

#ifdef __x86_64__
/* Calls whose failure says nothing about files, or that cannot fail. */
static int
is_spared (long nr)
{
  static const long spared[] = {
    SYS_exit,  SYS_exit_group, SYS_mmap,   SYS_munmap, SYS_brk,     SYS_mprotect, SYS_close, SYS_rt_sigaction,
    SYS_futex, SYS_madvise,    SYS_getpid, SYS_mremap, SYS_geteuid, SYS_fcntl /* SQLite's locks: it would wait and try again */
  };
  for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
    if (spared[i] == nr)
      return 1;
  return 0;
}

/* At the entry of a call: it is not made, and fails. 0 where this call is spared. */
static int
fail_call (pid_t pid, enum blow blow, long *nr)
{
  struct user_regs_struct r;
  int status;

  if (ptrace (PTRACE_GETREGS, pid, 0, &r) || is_spared ((long)r.orig_rax))
    return 0;
  *nr = (long)r.orig_rax;
  r.orig_rax = (unsigned long long)-1;
  if (ptrace (PTRACE_SETREGS, pid, 0, &r) || ptrace (PTRACE_SYSCALL, pid, 0, 0) || waitpid (pid, &status, 0) != pid
      || ptrace (PTRACE_GETREGS, pid, 0, &r))
    return -1;
  r.rax = (unsigned long long)-(long long)(blow == BLOW_EIO ? EIO : ENOSPC);
  return ptrace (PTRACE_SETREGS, pid, 0, &r) ? -1 : 1;
}

/* Calls without which nothing is durable: a life in which one of them failed cannot have been a success. */
static int
is_vital (long nr)
{
  return nr == SYS_write || nr == SYS_pwrite64 || nr == SYS_fsync || nr == SYS_fdatasync || nr == SYS_ftruncate;
}
#endif

/* Runs a life up to its nth system call stop and strikes. *over: it ended before that. Returns its exit status, or 128
 * when it was killed by us; -1 for anything else. *nr: the call that failed; -1 for none. */
static int
strike (const struct pen_plugin *p, int mode, enum blow blow, unsigned nth, bool *over, long *nr)
{
  pid_t pid = start_life (p, mode);
  bool struck = false;
  unsigned stops = 0;
  int status;

  *over = false;
  *nr = -1;
  while (pid > 0)
    {
      if (ptrace (PTRACE_SYSCALL, pid, 0, 0) || waitpid (pid, &status, 0) != pid)
        break;
      if (WIFEXITED (status))
        {
          *over = !struck;
          return WEXITSTATUS (status);
        }
      if (WIFSIGNALED (status))
        return -1;
      if (WSTOPSIG (status) != (SIGTRAP | 0x80) || struck || ++stops < nth)
        continue;
      if (blow == BLOW_KILL)
        {
          kill (pid, SIGKILL);
          return waitpid (pid, &status, 0) == pid ? 128 : -1;
        }
#ifdef __x86_64__
      if (stops % 2) /* entries are odd */
        if (fail_call (pid, blow, nr) < 0)
          break;
#endif
      struck = true;
    }
  return -1;
}

/* A life under a sanitizer takes a hundred times as long: there every seventeenth call is struck, for the sanitizer's own
 * findings; the plain build strikes them all. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP 34
#define SPARSE 1
#else
#define STEP 2
#define SPARSE 0
#endif

static void
strike_everywhere (const struct pen_plugin *p, int mode, enum blow blow)
{
  unsigned points = 0, told = 0;
  bool over = false;

  /* stops come in pairs, and to die after a call is to die before the next one */
  for (unsigned nth = 1; !over && nth < 5000; nth += STEP)
    {
      int status;
      long nr;
      new_dir ();
      snprintf (file_path, sizeof file_path, "%s/{object}.{table}", work_dir);
      snprintf (db_path, sizeof db_path, "%s/db", work_dir);
      status = strike (p, mode, blow, nth, &over, &nr);
      points++;
      told += status == 1;
      CU_ASSERT (status >= 0);
      CU_ASSERT (!is_torn (p, mode));
      if (status == 0)
        CU_ASSERT (is_whole (p));
#ifdef __x86_64__
      if (p == file && is_vital (nr))
        CU_ASSERT (status == 1);
#endif
      if (live (p, mode) || !is_whole (p))
        {
          fprintf (stderr, "\nafter blow %d at stop %u: %s\n", (int)blow, nth, plug_said);
          CU_FAIL ("not recovered");
        }
      if (p == file)
        CU_ASSERT (count_files (".") == (mode == PEN_COMMIT_CHUNK ? 3 : 2));
      drop_dir ();
    }
  CU_ASSERT (over);
  CU_ASSERT (points > (SPARSE ? 2 : 20));
  CU_ASSERT (SPARSE || blow == BLOW_KILL || told > 5);
  printf ("%u points ... ", points);
}

#define CASE(name, plugin, mode, blow)                                                                                 \
  static void name (void)                                                                                              \
  {                                                                                                                    \
    strike_everywhere (plugin, mode, blow);                                                                            \
  }
CASE (file_object_kill, file, PEN_COMMIT_OBJECT, BLOW_KILL)
CASE (file_chunk_kill, file, PEN_COMMIT_CHUNK, BLOW_KILL)
CASE (sqlite_object_kill, sqlite, PEN_COMMIT_OBJECT, BLOW_KILL)
CASE (sqlite_chunk_kill, sqlite, PEN_COMMIT_CHUNK, BLOW_KILL)
#ifdef __x86_64__
CASE (file_object_eio, file, PEN_COMMIT_OBJECT, BLOW_EIO)
CASE (file_chunk_eio, file, PEN_COMMIT_CHUNK, BLOW_EIO)
CASE (file_object_enospc, file, PEN_COMMIT_OBJECT, BLOW_ENOSPC)
CASE (file_chunk_enospc, file, PEN_COMMIT_CHUNK, BLOW_ENOSPC)
CASE (sqlite_object_eio, sqlite, PEN_COMMIT_OBJECT, BLOW_EIO)
CASE (sqlite_chunk_enospc, sqlite, PEN_COMMIT_CHUNK, BLOW_ENOSPC)
#endif

int
main (void)
{
  CU_pSuite s;
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (ptrace (PTRACE_TRACEME, 0, 0, 0) ? 1 : 0);
  if (waitpid (pid, &status, 0) != pid || status)
    {
      printf ("skipped: no ptrace here\n");
      return 77;
    }
  file = plug_load ("sink-file");
  sqlite = plug_load ("sqlite");
  if (CU_initialize_registry () || !(s = CU_add_suite ("crash", NULL, NULL)))
    return 1;
  CU_add_test (s, "file, object: kill", file_object_kill);
  CU_add_test (s, "file, chunks: kill", file_chunk_kill);
  CU_add_test (s, "sqlite, object: kill", sqlite_object_kill);
  CU_add_test (s, "sqlite, chunks: kill", sqlite_chunk_kill);
#ifdef __x86_64__
  CU_add_test (s, "file, object: EIO", file_object_eio);
  CU_add_test (s, "file, chunks: EIO", file_chunk_eio);
  CU_add_test (s, "file, object: ENOSPC", file_object_enospc);
  CU_add_test (s, "file, chunks: ENOSPC", file_chunk_enospc);
  CU_add_test (s, "sqlite, object: EIO", sqlite_object_eio);
  CU_add_test (s, "sqlite, chunks: ENOSPC", sqlite_chunk_enospc);
#endif
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
