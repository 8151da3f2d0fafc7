/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c - proves who we are: by key file, by agent, by password, in this order, as far as the options give them. */
#include "sftp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
by_key (struct sftp_source *s, ssh_session ssh, char why[SFTP_WHY])
{
  const struct sftp_options *o = s->options;
  ssh_key key = NULL;
  int rc;

  if (access (o->key, R_OK) == -1)
    {
      snprintf (why, SFTP_WHY, "cannot read the key %s", o->key);
      return SSH_AUTH_ERROR;
    }
  rc = ssh_pki_import_privkey_file (o->key, o->passphrase ? o->passphrase : "", NULL, NULL, &key);
  if (rc != SSH_OK)
    {
      snprintf (why, SFTP_WHY, "cannot use the key %s: %s", o->key,
                o->passphrase ? "the passphrase is wrong, or it is no private key"
                              : "it has a passphrase, which is not configured, or it is no private key");
      return SSH_AUTH_ERROR;
    }
  rc = ssh_userauth_publickey (ssh, NULL, key);
  ssh_key_free (key);
  return rc;
}

/* Servers that ask instead of taking a password at once: the one hidden question is for it. */
static int
by_questions (ssh_session ssh, const char *password)
{
  int rc = ssh_userauth_kbdint (ssh, NULL, NULL);

  for (int round = 0; rc == SSH_AUTH_INFO && round < 8; round++)
    {
      int n = ssh_userauth_kbdint_getnprompts (ssh);
      for (int i = 0; i < n; i++)
        {
          char echo = 1;
          ssh_userauth_kbdint_getprompt (ssh, (unsigned)i, &echo);
          ssh_userauth_kbdint_setanswer (ssh, (unsigned)i, echo ? "" : password);
        }
      rc = ssh_userauth_kbdint (ssh, NULL, NULL);
    }
  return rc;
}

static int
by_password (ssh_session ssh, const char *password)
{
  int methods = ssh_userauth_list (ssh, NULL), rc = SSH_AUTH_DENIED;

  if (methods & SSH_AUTH_METHOD_PASSWORD)
    rc = ssh_userauth_password (ssh, NULL, password);
  if (rc == SSH_AUTH_DENIED && (methods & SSH_AUTH_METHOD_INTERACTIVE))
    rc = by_questions (ssh, password);
  return rc;
}

int
sftp_auth (struct sftp_source *s, ssh_session ssh, char why[SFTP_WHY])
{
  const struct sftp_options *o = s->options;
  int rc;

  *why = 0;
  rc = ssh_userauth_none (ssh, NULL); /* the server tells what it takes */
  if (rc != SSH_AUTH_SUCCESS && o->key)
    rc = by_key (s, ssh, why);
  if (rc != SSH_AUTH_SUCCESS && o->agent && !*why)
    rc = ssh_userauth_agent (ssh, NULL);
  if (rc != SSH_AUTH_SUCCESS && o->password && !*why)
    rc = by_password (ssh, o->password);
  if (rc == SSH_AUTH_SUCCESS)
    return PEN_OK;
  if (*why)
    return PEN_ERR;
  if (rc == SSH_AUTH_ERROR && !ssh_is_connected (ssh))
    {
      snprintf (why, SFTP_WHY, "%s broke off while user %s was authenticated: %s", o->host, o->user,
                ssh_get_error (ssh));
      return PEN_RETRY;
    }
  snprintf (why, SFTP_WHY, "%s does not accept user %s with this %s%s%s: is it known to the server under that name?",
            o->host, o->user, o->key ? "key" : "", o->agent ? (o->key ? " or agent" : "agent") : "",
            o->password ? (o->key || o->agent ? " or password" : "password") : "");
  return PEN_ERR;
}
