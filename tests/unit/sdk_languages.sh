#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every public header compiles alone and without warnings as C99, C11 and C++17, so that any plugin can include it.
srcdir=${srcdir:-.}
headers=$(ls "$srcdir"/sdk/penstock/*.h) || exit 1
tried=0
for h in $headers; do
  for lang in "cc c99 c" "cc c11 c" "c++ c++17 c++"; do
    set -- $lang
    command -v "$1" >/dev/null || { echo "no $1 here"; continue; }
    printf '#include <penstock/%s>\nint unused_;\n' "${h##*/}" |
      "$1" -std="$2" -x "$3" -Wall -Wextra -Werror -pedantic -I"$srcdir/sdk" -fsyntax-only - || { echo "FAIL: $h as $2"; exit 1; }
    tried=$((tried + 1))
  done
done
# and all of them together: no two define the same name
{ for h in $headers; do echo "#include <penstock/${h##*/}>"; done; echo 'int unused_;'; } |
  cc -std=c11 -x c -Wall -Wextra -Werror -pedantic -I"$srcdir/sdk" -fsyntax-only - || { echo "FAIL: all headers in one file"; exit 1; }
tried=$((tried + 1))
echo "$tried compiled"
test "$tried" -gt 0
