/* SPDX-License-Identifier: Apache-2.0 */
/* xsd_lib.c - finds libxml2's calls at run time: linked, it would cost every worker ICU's 30 MB of address space, schemas or
 * not. */
#include <dlfcn.h>
#include <string.h>
#include "xsd.h"

#define LIBRARY "libxml2.so.2"

const struct xsd_lib *
xsd_lib_get (const char **why)
{
  static struct xsd_lib lib;
  static bool is_there;
  bool is_ours; /* nobody has used it before: no memory is in use that another allocator has given */
  void *module, *call;

  if (is_there)
    return &lib;
  is_ours = !dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  module = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL); /* for good: it keeps state of the whole process */
  if (!module)
    {
      *why = dlerror ();
      return NULL;
    }
#define FIND(name)                                                                                                     \
  call = dlsym (module, #name);                                                                                        \
  if (!call)                                                                                                           \
    {                                                                                                                  \
      *why = LIBRARY " has no " #name;                                                                                 \
      return NULL;                                                                                                     \
    }                                                                                                                  \
  memcpy (&lib.name, &call, sizeof call);
  XSD_CALLS (FIND)
#undef FIND
  if (is_ours && xsd_memory_count (&lib) != 0)
    {
      *why = LIBRARY " does not take an allocator";
      return NULL;
    }
  is_there = true;
  return &lib;
}
