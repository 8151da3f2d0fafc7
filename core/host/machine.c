/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - how many cores and how much memory we may use: affinity, control groups of both versions, the machine. */
#include "core/host/machine.h"

#include "core/base/cleanup.h"
#include "core/base/err.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line of a small file; "" when it cannot be read. */
static void
read_line (const char *path, char *buf, size_t cap)
{
  FILE *f = fopen (path, "re");

  buf[0] = '\0';
  if (!f)
    return;
  if (!fgets (buf, (int)cap, f))
    buf[0] = '\0';
  buf[strcspn (buf, "\n")] = '\0';
  fclose (f);
}

static void
lower (uint64_t *to, uint64_t v)
{
  if (v && v < *to)
    *to = v;
}

static uint64_t
memory_limit (const char *path)
{
  char line[64], *end;
  unsigned long long v;

  read_line (path, line, sizeof line);
  v = strtoull (line, &end, 10);
  return end == line || *end ? UINT64_MAX : v; /* "max" */
}

/* "200000 100000" in cpu.max: two cores. */
static uint64_t
quota_v2 (const char *path)
{
  char line[64];
  unsigned long long quota, period;

  read_line (path, line, sizeof line);
  if (sscanf (line, "%llu %llu", &quota, &period) != 2 || period == 0)
    return UINT64_MAX;
  return (quota + period - 1) / period;
}

static uint64_t
quota_v1 (const char *dir)
{
  CLEANUP_FREE char *q = xasprintf ("%s/cpu.cfs_quota_us", dir), *p = xasprintf ("%s/cpu.cfs_period_us", dir);
  char line[64];
  long long quota, period;

  read_line (q, line, sizeof line);
  quota = strtoll (line, NULL, 10);
  read_line (p, line, sizeof line);
  period = strtoll (line, NULL, 10);
  return quota <= 0 || period <= 0 ? UINT64_MAX : (uint64_t)((quota + period - 1) / period);
}

struct limits
{
  uint64_t memory, cores;
};

/* The limits of one directory of a hierarchy; kind: 0 version 2, 'm' memory and 'c' cpu of version 1. */
static void
limits_of (const char *dir, char kind, struct limits *l)
{
  CLEANUP_FREE char *max = xasprintf ("%s/memory.max", dir), *high = xasprintf ("%s/memory.high", dir),
                    *cpu = xasprintf ("%s/cpu.max", dir), *v1 = xasprintf ("%s/memory.limit_in_bytes", dir);

  if (kind == 0)
    {
      lower (&l->memory, memory_limit (max));
      lower (&l->memory, memory_limit (high));
      lower (&l->cores, quota_v2 (cpu));
    }
  else if (kind == 'm')
    lower (&l->memory, memory_limit (v1));
  else
    lower (&l->cores, quota_v1 (dir));
}

/* From our own group up to the mount point: the tightest holds. In a container the path may not exist below the mount. */
static void
walk_up (const char *mount, const char *group, char kind, struct limits *l)
{
  CLEANUP_FREE char *path = xasprintf ("%s%s", mount, group);
  size_t n = strlen (mount);

  for (;;)
    {
      char *slash;

      limits_of (path, kind, l);
      slash = strrchr (path + n, '/');
      if (!slash)
        break;
      *slash = '\0';
    }
}

static bool
has_controller (const char *list, const char *name)
{
  size_t n = strlen (name);

  for (; *list && *list != ':'; list += strcspn (list, ",:"), list += *list == ',')
    if (strncmp (list, name, n) == 0 && (list[n] == ',' || list[n] == ':'))
      return true;
  return false;
}

static void
read_cgroups (const char *root, struct limits *l)
{
  CLEANUP_FREE char *self = xasprintf ("%s/proc/self/cgroup", root), *base = xasprintf ("%s/sys/fs/cgroup", root),
                    *unified = xasprintf ("%s/unified", base), *memory = xasprintf ("%s/memory", base),
                    *cpu = xasprintf ("%s/cpu", base);
  char line[PATH_MAX];
  FILE *f = fopen (self, "re");

  if (!f)
    return;
  while (fgets (line, sizeof line, f))
    {
      const char *controllers = strchr (line, ':');
      const char *group = controllers ? strchr (controllers + 1, ':') : NULL;

      line[strcspn (line, "\n")] = '\0';
      if (!group || strstr (group, "/.."))
        continue;
      group++;
      if (controllers + 2 == group)
        {
          walk_up (base, group, 0, l);
          walk_up (unified, group, 0, l);
        }
      else if (has_controller (controllers + 1, "memory"))
        walk_up (memory, group, 'm', l);
      else if (has_controller (controllers + 1, "cpu"))
        walk_up (cpu, group, 'c', l);
    }
  fclose (f);
}

static uint64_t
machine_memory (const char *root)
{
  CLEANUP_FREE char *path = xasprintf ("%s/proc/meminfo", root);
  char line[128];
  unsigned long long kib = 0;

  read_line (path, line, sizeof line);
  return sscanf (line, "MemTotal: %llu kB", &kib) == 1 ? kib * 1024 : 0;
}

void
machine_read (struct machine *m, const char *root)
{
  struct limits l = { UINT64_MAX, UINT64_MAX };
  cpu_set_t set;

  m->cores = sched_getaffinity (0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT (&set) : 1;
  m->cores_from = "affinity";
  m->memory = machine_memory (root);
  m->memory_from = "machine";
  read_cgroups (root, &l);
  if (l.cores < m->cores)
    {
      m->cores = (unsigned)l.cores;
      m->cores_from = "cgroup";
    }
  if (l.memory != UINT64_MAX && (!m->memory || l.memory < m->memory))
    {
      m->memory = l.memory;
      m->memory_from = "cgroup";
    }
}
