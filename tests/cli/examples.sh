#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every sample below etc/ passes `penstock check`.
. "${srcdir:-.}/tests/lib.sh"

n=0
lacking=
while IFS= read -r file; do
  n=$((n + 1))
  # definitions are looked for where they are installed, unless told otherwise
  sed -e "s|plugin *= *\"x12\";|& definitions = \"$srcdir/plugins/parsers/x12/sets\";|" \
    -e "s|plugin *= *\"iso20022\";|& definitions = \"$srcdir/plugins/parsers/xml/iso20022/messages\";|" \
    "$file" > "$T/example.conf"
  chmod 644 "$T/example.conf"
  # a plugin that configure left out cannot be checked: named here, and never taken for a success
  missing=
  for plugin in $(sed -n 's/^[^#]*\bplugin *= *"\([a-z0-9_-]*\)".*/\1/p; ' "$file"); do
    compgen -G "$builddir/.libs/$plugin.so" >/dev/null || compgen -G "$builddir/.libs/*-$plugin.so" >/dev/null \
      || missing="$missing $plugin"
  done
  if [ -n "$missing" ]; then
    lacking="$lacking ${file#"$srcdir"/}:$missing;"
    continue
  fi
  expect_status 0 "$PENSTOCK" check "$T/example.conf"
  expect_text "$T/out" "bytes at most"
  expect_text "$T/out" "example.conf: good"
  echo "good: ${file#"$srcdir"/}"
done < <(find "$srcdir/etc" -name '*.conf' -o -name '*.conf.sample' | sort)

[ "$n" -ge 2 ] || fail "only $n samples found below $srcdir/etc"
[ -z "$lacking" ] || skip "plugins that were not built:$lacking"
