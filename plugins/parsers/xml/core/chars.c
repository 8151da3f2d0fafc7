/* SPDX-License-Identifier: Apache-2.0 */
/* chars.c - which characters XML 1.0 (fifth edition) allows, and where: productions 2, 4, 4a and 5. */
#include <penstock/utf8.h>
#include "walk.h"

#define S C_STOP
#define B (C_STOP | C_BLANK)
const uint8_t xml_class[256] = { S, S, S, S, S, S, S, S, S, B, B, S, S, B, S, S,         S,         S,
                                 S, S, S, S, S, S, S, S, S, S, S, S, S, S, B, ['/'] = S, ['='] = S, ['>'] = S };
#undef S
#undef B

bool
xml_is_char (uint32_t c)
{
  return c >= 0x20 ? c < 0xd800 || (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c <= 0x10ffff)
                   : c == '\t' || c == '\n' || c == '\r';
}

static uint32_t
decode (const uint8_t *p, size_t n)
{
  switch (n)
    {
    case 1:
      return p[0];
    case 2:
      return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    case 3:
      return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    default:
      return (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    }
}

size_t
xml_char (const uint8_t *p, size_t n)
{
  size_t k = pen_utf8_length (p, n);
  return k && xml_is_char (decode (p, k)) ? k : 0;
}

bool
xml_is_half (const uint8_t *p, size_t n)
{
  uint8_t whole[4];
  if (!n || n > 3 || p[0] < 0xc2 || p[0] > 0xf4)
    return false;
  if (n >= (p[0] < 0xe0 ? 2u : p[0] < 0xf0 ? 3u : 4u))
    return false;
  memset (whole, 0x80, sizeof whole);
  memcpy (whole, p, n);
  if (n == 1 && (p[0] == 0xe0 || p[0] == 0xf0))
    whole[1] = 0xa0;
  return pen_utf8_length (whole, sizeof whole) != 0;
}

size_t
xml_put_char (uint8_t *to, uint32_t c)
{
  if (c < 0x80)
    {
      to[0] = (uint8_t)c;
      return 1;
    }
  if (c < 0x800)
    {
      to[0] = (uint8_t)(0xc0 | c >> 6);
      to[1] = (uint8_t)(0x80 | (c & 0x3f));
      return 2;
    }
  if (c < 0x10000)
    {
      to[0] = (uint8_t)(0xe0 | c >> 12);
      to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
      to[2] = (uint8_t)(0x80 | (c & 0x3f));
      return 3;
    }
  to[0] = (uint8_t)(0xf0 | c >> 18);
  to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
  to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
  to[3] = (uint8_t)(0x80 | (c & 0x3f));
  return 4;
}

static bool
is_name_start (uint32_t c)
{
  static const struct
  {
    uint32_t from, to;
  } range[] = { { 0xc0, 0xd6 },     { 0xd8, 0xf6 },     { 0xf8, 0x2ff },    { 0x370, 0x37d },
                { 0x37f, 0x1fff },  { 0x200c, 0x200d }, { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
                { 0x3001, 0xd7ff }, { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd }, { 0x10000, 0xeffff } };
  if (c < 0x80)
    return (c | 0x20) - 'a' < 26 || c == '_' || c == ':';
  for (size_t i = 0; i < sizeof range / sizeof *range; i++)
    if (c >= range[i].from && c <= range[i].to)
      return true;
  return false;
}

static bool
is_name_char (uint32_t c)
{
  return is_name_start (c) || c - '0' < 10 || c == '-' || c == '.' || c == 0xb7 || (c >= 0x300 && c <= 0x36f)
         || c == 0x203f || c == 0x2040;
}

size_t
xml_name_length (const uint8_t *p, size_t n, size_t *colon, size_t *colons)
{
  size_t at = 0;
  *colons = 0;
  *colon = 0;
  while (at < n)
    {
      size_t k = pen_utf8_length (p + at, n - at);
      uint32_t c;
      if (!k)
        break;
      c = decode (p + at, k);
      if (at ? !is_name_char (c) : !is_name_start (c))
        break;
      if (c == ':' && !(*colons)++)
        *colon = at;
      at += k;
    }
  return at;
}
