/* SPDX-License-Identifier: Apache-2.0 */
/* hostkey.c - is the server the one that the configuration names? By fingerprints, by a known_hosts file, or not at all. */
#include "sftp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "SHA256:...": caller frees; NULL. */
static char *
fingerprint_of (ssh_key key)
{
  unsigned char *hash = NULL;
  size_t n = 0;
  char *text, *copy = NULL;

  if (ssh_get_publickey_hash (key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n) != 0)
    return NULL;
  text = ssh_get_fingerprint_hash (SSH_PUBLICKEY_HASH_SHA256, hash, n);
  if (text)
    copy = strdup (text);
  ssh_string_free_char (text);
  ssh_clean_pubkey_hash (&hash);
  return copy;
}

static void
append (char *list, size_t cap, const char *text)
{
  size_t n = strlen (list);
  snprintf (list + n, cap - n, "%s%s", n ? " or " : "", text);
}

/* With or without "SHA256:" and the padding that other tools write. */
static int
same_fingerprint (const char *a, const char *b)
{
  size_t n, m;

  a += strncmp (a, "SHA256:", 7) == 0 ? 7 : 0;
  b += strncmp (b, "SHA256:", 7) == 0 ? 7 : 0;
  n = strcspn (a, "=");
  m = strcspn (b, "=");
  return n > 0 && n == m && strncmp (a, b, n) == 0;
}

static int
in_list (const struct pen_list *l, const char *found, char *expected, size_t cap)
{
  for (size_t i = 0; i < l->n; i++)
    {
      if (same_fingerprint (l->item[i], found))
        return 1;
      append (expected, cap, l->item[i]);
    }
  return 0;
}

struct known
{
  const char *host;
  ssh_key key;
  char *expected;
  size_t cap;
  int found, revoked;
};

static void
look_at_line (struct known *k, char *line)
{
  struct ssh_knownhosts_entry *entry = NULL;
  int revoked = strncmp (line, "@revoked", 8) == 0;
  char *fingerprint;

  line += revoked ? 8 + strspn (line + 8, " \t") : strspn (line, " \t");
  line[strcspn (line, "\r\n")] = 0;
  if (!*line || *line == '#' || *line == '@' || ssh_known_hosts_parse_line (k->host, line, &entry) != SSH_OK || !entry)
    return;
  if (ssh_key_cmp (entry->publickey, k->key, SSH_KEY_CMP_PUBLIC) == 0)
    {
      k->found |= !revoked;
      k->revoked |= revoked;
    }
  else if (!revoked && (fingerprint = fingerprint_of (entry->publickey)))
    {
      append (k->expected, k->cap, fingerprint);
      free (fingerprint);
    }
  ssh_knownhosts_entry_free (entry);
}

/* -1: the file cannot be read. */
static int
in_known_hosts (struct sftp_source *s, struct known *k)
{
  const struct sftp_options *o = s->options;
  char name[320], *line = NULL;
  size_t cap = 0;
  FILE *f = fopen (o->known_hosts, "re");

  if (!f)
    return -1;
  if (o->port == 22)
    snprintf (name, sizeof name, "%s", o->host);
  else
    snprintf (name, sizeof name, "[%.255s]:%d", o->host, (int)o->port);
  k->host = name;
  while (getline (&line, &cap, f) != -1)
    look_at_line (k, line);
  free (line);
  fclose (f);
  return 0;
}

int
sftp_hostkey_check (struct sftp_source *s, ssh_session ssh, char why[SFTP_WHY])
{
  const struct sftp_options *o = s->options;
  char expected[600] = "", *found = NULL;
  struct known k = { .expected = expected, .cap = sizeof expected };
  int rc = PEN_ERR;

  if (ssh_get_server_publickey (ssh, &k.key) != SSH_OK || !(found = fingerprint_of (k.key)))
    snprintf (why, SFTP_WHY, "%s shows no host key", o->host);
  else if (o->known_hosts && in_known_hosts (s, &k) == -1)
    snprintf (why, SFTP_WHY, "cannot read known_hosts %s: %s", o->known_hosts, strerror (errno));
  else if (k.revoked)
    snprintf (why, SFTP_WHY,
              "the host key of %s, %s, is revoked in %s: nothing was sent to it; ask its operator for the new key",
              o->host, found, o->known_hosts);
  else if (in_list (&o->fingerprints, found, expected, sizeof expected) || k.found)
    rc = PEN_OK;
  else
    snprintf (why, SFTP_WHY,
              "the host key of %s is not the one that is pinned: expected %s, found %s (%s); nothing was sent to it. "
              "Ask its operator whether the key was changed before you pin another",
              o->host,
              *expected ? expected
                        : "one that known_hosts has for it, but it has none (ssh-keyscan(1) writes such lines)",
              found, ssh_key_type_to_char (ssh_key_type (k.key)));
  free (found);
  ssh_key_free (k.key);
  return rc;
}
