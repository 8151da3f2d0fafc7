/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - where a secret is kept: "env:NAME" or "file:/path"; the text itself is read only on demand. */
#include "core/base/secret.h"

#include "core/base/blob.h"
#include "core/base/cleanup.h"
#include "core/base/limits.h"
#include "core/base/optset.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORMS "a secret is written \"env:NAME\" or \"file:/path\", never as itself"

int
secret_check (const char *reference, struct err *e)
{
  if (strncmp (reference, "file:", 5) == 0)
    return reference[5] ? 0 : err_set (e, FORMS);
  if (strncmp (reference, "env:", 4) != 0 || !reference[4])
    return err_set (e, FORMS);
  for (const char *p = reference + 4; *p; p++)
    if (!isalnum ((unsigned char)*p) && *p != '_')
      return err_set (e, FORMS);
  return 0;
}

static int
read_file (const char *path, char **text, int *readable, struct err *e)
{
  CLEANUP_FD int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat st;
  char *buf;
  size_t n = 0;
  ssize_t got;

  if (fd == -1 || fstat (fd, &st) == -1)
    return err_errno (e, "cannot open secret file %s", path);
  if (!S_ISREG (st.st_mode))
    return err_set (e, "secret file %s is not a regular file", path);
  if (st.st_mode & S_IWOTH)
    return err_set (
        e, "secret file %s can be written by everybody: chmod 600 it, and see that its secret is still the right one",
        path);
  buf = xmalloc (SECRET_MAX + 1);
  while (n <= SECRET_MAX && (got = read (fd, buf + n, SECRET_MAX + 1 - n)) != 0)
    {
      if (got == -1 && errno == EINTR)
        continue;
      if (got == -1)
        {
          err_errno (e, "cannot read secret file %s", path);
          explicit_bzero (buf, n);
          free (buf);
          return -1;
        }
      n += (size_t)got;
    }
  if (n > SECRET_MAX || memchr (buf, 0, n))
    {
      explicit_bzero (buf, n);
      free (buf);
      return err_set (e, "secret file %s is longer than %d bytes or has a NUL byte", path, SECRET_MAX);
    }
  if (n && buf[n - 1] == '\n')
    n--;
  buf[n] = '\0';
  *text = buf;
  if (readable)
    *readable = (st.st_mode & S_IROTH) != 0;
  return 0;
}

int
secret_read (const char *reference, const char *base, char **text, int *readable, struct err *e)
{
  CLEANUP_FREE char *path = NULL;
  const char *v;

  if (readable)
    *readable = 0;
  if (secret_check (reference, e) == -1)
    return -1;
  if (strncmp (reference, "env:", 4) == 0)
    {
      v = getenv (reference + 4);
      if (!v)
        return err_set (e, "environment variable %s is not set; penstock has to be started with it", reference + 4);
      *text = xstrdup (v);
      return 0;
    }
  path = reference[5] == '/' || !base || !*base ? xstrdup (reference + 5) : xasprintf ("%s/%s", base, reference + 5);
  return read_file (path, text, readable, e);
}

void
secret_free (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  free (text);
}

void
secret_lend (struct blob *b, const struct optset *options)
{
  for (size_t i = 0; i < options->n; i++)
    {
      const char *text = options->v[i].value, *value;
      if (strncmp (text, "env:", 4) != 0 || secret_check (text, NULL) == -1 || !(value = getenv (text + 4)))
        continue;
      blob_str (b, text + 4);
      blob_str (b, value);
    }
  blob_str (b, "");
}

void
secret_take (struct blob_reader *r)
{
  for (;;)
    {
      char *name = blob_get_str (r, LIMIT_NAME_MAX), *value = name && *name ? blob_get_str (r, SECRET_MAX) : NULL;
      if (value)
        {
          setenv (name, value, 1);
          explicit_bzero (value, strlen (value));
        }
      free (name);
      if (!value)
        return;
      free (value);
    }
}
