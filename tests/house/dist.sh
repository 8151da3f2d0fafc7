#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dist.sh - what `make dist` packs is every file of the checkout: a header or a test that is named nowhere would be lacking there only.
. "${srcdir:-.}/tests/lib.sh"
requires git make
git -C "$srcdir" ls-files > "$T/tracked" 2> "$T/why" || skip "no checkout: $(head -1 "$T/why")"
[ -s "$T/tracked" ] || skip "no checkout: nothing is tracked in $srcdir"

env -u MAKEFLAGS -u MFLAGS make -s -C "$builddir" distdir distdir="$T/dist" top_distdir="$T/dist" > "$T/out" 2>&1 ||
  { cat "$T/out" >&2; fail "make distdir fails"; }
at_exit chmod -R u+w "$T/dist"
(cd "$T/dist" && find . -type f -printf '%P\n') | LC_ALL=C sort > "$T/packed"
grep -vx '\.gitignore' "$T/tracked" | LC_ALL=C sort > "$T/wanted"
LC_ALL=C comm -13 "$T/packed" "$T/wanted" > "$T/lacking"
[ ! -s "$T/lacking" ] || { cat "$T/lacking" >&2; fail "$(wc -l < "$T/lacking") files are not in what make dist packs"; }
echo "$(wc -l < "$T/wanted") files, all packed"
