/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - which addresses are not of the public Internet, so that a server cannot send us to our own network. */
#include "pure.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* IANA's registry of special-purpose IPv4 addresses. */
static const struct
{
  uint32_t net;
  int bits;
} special4[] = {
  { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
  { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0586300, 24 }, { 0xc0a80000, 16 },
  { 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 4 },  { 0xf0000000, 4 },
};

static int
is_private4 (uint32_t a)
{
  for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++)
    if ((a ^ special4[i].net) >> (32 - special4[i].bits) == 0)
      return 1;
  return 0;
}

/* Only global unicast 2000::/3 is public, less documentation, Teredo and 6to4, which hide IPv4 addresses. */
static int
is_private6 (const uint8_t a[16])
{
  static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

  if (!memcmp (a, mapped, 12) || !memcmp (a, nat64, 12))
    return is_private4 ((uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 | a[15]);
  if ((a[0] & 0xe0) != 0x20)
    return 1;
  if (a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8)))
    return 1;
  return a[0] == 0x20 && a[1] == 0x02;
}

int
http_address_is_private (const struct sockaddr *a)
{
  if (a->sa_family == AF_INET)
    {
      struct sockaddr_in in;
      memcpy (&in, a, sizeof in);
      return is_private4 (ntohl (in.sin_addr.s_addr));
    }
  if (a->sa_family == AF_INET6)
    {
      struct sockaddr_in6 in;
      memcpy (&in, a, sizeof in);
      return is_private6 (in.sin6_addr.s6_addr);
    }
  return 1;
}
