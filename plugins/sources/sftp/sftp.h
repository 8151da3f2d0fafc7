/* SPDX-License-Identifier: Apache-2.0 */
/* sftp.h - what the files of the sftp source share: its options, its one connection, and what is known of remote files. */
#ifndef SFTP_SOURCE_H
#define SFTP_SOURCE_H
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <pthread.h>
#include <stdbool.h>

#include <penstock/after.h>
#include <penstock/plugin.h>

#define SFTP_WHY 1024
#define SFTP_SECOND 1000000000ll
#define SFTP_AGAIN_NS (60 * SFTP_SECOND) /* while following: after something failed for a file */

enum sftp_order
{
  SFTP_ORDER_NAME,
  SFTP_ORDER_MTIME,
};

struct sftp_options
{
  const char *host, *user;
  int64_t port;
  struct pen_list path;
  int order; /* enum sftp_order */
  const char *password, *key, *passphrase, *agent;
  const char *known_hosts, *host_key_algorithms;
  struct pen_list fingerprints;
  int64_t connect_timeout, timeout, retries, requests;
  int64_t settle, poll;
  const char *done_file, *claim;
  int success, refused; /* enum pen_after */
  const char *to, *suffix, *refused_to, *refused_suffix;
  int64_t tries;
  bool skip_loaded;
  int64_t resume;
};

/* One connection for run() and ack(), which take turns. It is made when it is needed and dropped when it fails; `life` tells
 * one connection from the next. */
struct sftp_link
{
  pthread_mutex_t turn, use; /* turn before use: who waits gets it next */
  ssh_session ssh;
  sftp_session sftp;
  sftp_file file; /* the open download, which dies with the connection */
  uint64_t life;
  /* A thread that shuts the socket once a call takes longer than `deadline_ns` allows. */
  pthread_t watcher;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int64_t deadline_ns; /* 0: nothing is under way */
  int socket;          /* our own duplicate; -1 */
  _Atomic int fired;
  int ending;
};

struct sftp_found
{
  char *path;
  int64_t mtime_ns;
};

struct sftp_source
{
  const struct pen_host *host;
  const struct sftp_options *options;
  const struct pen_intake *in; /* NULL before run() */
  struct sftp_link link;
  char prefix[320]; /* of object names: sftp://host:port */
  uint32_t seed;
  int follow, unreachable; /* unreachable: no connection could be made in this round */
  struct sftp_found *v;    /* due in this round */
  size_t n, cap;
  size_t waiting;     /* seen in this round, and not due yet */
  size_t passed_over; /* loaded by an earlier run */
  pthread_mutex_t lock;
  struct pen_arrivals table; /* by path; mark = 1: it lies there under its claimed name */
  struct sftp_state *state;  /* NULL: there is nothing to remember */
  char *part;                /* under the lock: the path whose kept download the host reads, or NULL */
  int pruned;
};

int64_t sftp_now (void);
int sftp_stopping (const struct sftp_source *s);
/* Waits, unless the host wants to stop. */
void sftp_rest (const struct sftp_source *s, int64_t ns);
/* Where the file lies now: caller frees; NULL without memory. */
char *sftp_place (struct sftp_source *s, const char *path);

/* offer.c. What fails is told. */
int sftp_offer (struct sftp_source *s, const char *path);
/* Takes the lock; state: of enum pen_arrival_state, and tried again after a while where it says so. */
void sftp_note_state (struct sftp_source *s, const char *path, int state);
/* The object's name of a path. */
#define SFTP_NAME (PEN_AFTER_PATH + sizeof ((struct sftp_source *)0)->prefix + 4)
void sftp_name (const struct sftp_source *s, const char *path, char name[SFTP_NAME]);
/* The remote path of an object's name; NULL: it is not one of ours. */
const char *sftp_path_of (const struct sftp_source *s, const char *name);

/* state.c: in the state directory, used by both threads. NULL: it was said why. */
struct sftp_state *sftp_state_open (struct sftp_source *s);
void sftp_state_close (struct sftp_state *t);
/* Was this file, with this size and time, acknowledged as accepted? (t may be NULL: no.) */
int sftp_state_is_loaded (struct sftp_state *t, const char *name, const struct pen_identity *is);
int sftp_state_loaded (struct sftp_state *t, const char *name, const struct pen_identity *is);
/* Forgets files that are not there any more. */
void sftp_state_prune (struct sftp_state *t, int (*is_there) (void *ctx, const char *name), void *ctx);
/* 1: that much of this very file is kept, with this fingerprint (xxh3-64). */
int sftp_state_part (struct sftp_state *t, const char *name, const struct pen_identity *is, uint64_t *got,
                     uint64_t *hash);
int sftp_state_note (struct sftp_state *t, const char *name, const struct pen_identity *is, uint64_t got,
                     uint64_t hash);
/* 1: it was noted, and is forgotten. */
int sftp_state_drop (struct sftp_state *t, const char *name);

/* part.c. A download that outlives the run; name and is are borrowed. *got: bytes that are there. NULL, and `why`. */
struct sftp_part *sftp_part_open (struct sftp_source *s, const char *name, const struct pen_identity *is, uint64_t *got,
                                  char why[SFTP_WHY]);
int sftp_part_write (struct sftp_part *p, const uint8_t *buf, size_t n, char why[SFTP_WHY]);
/* It is whole: to the host. */
int sftp_part_give (struct sftp_part *p, void *handle, char why[SFTP_WHY]);
void sftp_part_close (struct sftp_part *p);
/* The object has its verdict: its download is needed no more. */
void sftp_part_drop (struct sftp_source *s, const char *name);

/* link.c. Takes the connection, making one if there is none: PEN_OK and the caller holds it; else `why` is set, PEN_RETRY
 * (may work later) or PEN_ERR (will not: host key, credentials). */
int sftp_link_take (struct sftp_source *s, char why[SFTP_WHY]);
void sftp_link_give (struct sftp_source *s);
/* The same with back-off, for as many tries as the options say. */
int sftp_link_take_patiently (struct sftp_source *s, char why[SFTP_WHY]);
/* Around every call that waits for the server (holding the link). */
void sftp_link_arm (struct sftp_source *s, int64_t ns);
void sftp_link_disarm (struct sftp_source *s);
/* After a call that failed: sets `why` ("cannot WHAT: REASON"); drops a connection that is no good any more: PEN_RETRY; the
 * server's answer was no: PEN_ERR. */
int sftp_link_failed (struct sftp_source *s, const char *what, char why[SFTP_WHY]);
void sftp_link_init (struct sftp_source *s);
void sftp_link_fini (struct sftp_source *s);

/* hostkey.c. Is the server's key pinned? PEN_OK, or PEN_ERR and `why` names what was expected and what came. */
int sftp_hostkey_check (struct sftp_source *s, ssh_session ssh, char why[SFTP_WHY]);

/* auth.c */
int sftp_auth (struct sftp_source *s, ssh_session ssh, char why[SFTP_WHY]);

/* list.c. One round of looks at all paths; due files in s->v, in order. PEN_ERR when one cannot be listed (it was said). */
int sftp_list (struct sftp_source *s);
void sftp_forget (struct sftp_source *s);
int sftp_path_check (const char *path);

/* remote.c. stat of the file behind a path; *there = 0 where nothing is. Holding the link; PEN_OK, PEN_RETRY or PEN_ERR. */
int sftp_remote_look (struct sftp_source *s, const char *path, int *there, struct pen_identity *is, char why[SFTP_WHY]);
struct sftp_after
{
  struct sftp_source *s;
  char why[SFTP_WHY];
};
struct pen_after_steps sftp_after_steps (struct sftp_after *a, struct sftp_source *s);
struct pen_identity sftp_identity (sftp_attributes a);

/* fetch.c. Downloads into the handle, or into a part that has `done` bytes already: PEN_OK, PEN_EOF (stopping), or PEN_ERR and
 * `why`. Does not hold the link. */
struct sftp_goal
{
  void *handle;
  struct sftp_part *part; /* or NULL */
  uint64_t done;
};
int sftp_fetch (struct sftp_source *s, const char *path, const struct pen_identity *is, const struct sftp_goal *to,
                char why[SFTP_WHY]);
#endif
