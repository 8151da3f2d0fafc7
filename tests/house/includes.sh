#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# includes.sh - who may include whom: sdk -> C library; plugins -> sdk and their own folder; core -> sdk and core; the worker
# sees no loop, config or journal; host libraries stay in the one module that owns them.
. "${srcdir:-.}/tests/lib.sh"
requires awk find
cd "$srcdir"
bad=$T/bad
: > "$bad"

# file, line, kind (< or "), included name
includes () {
  find "$@" -name '*.[ch]' -type f -print0 2>/dev/null | sort -z |
    xargs -0 -r awk '/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
      s = $0; sub (/^[^<"]*/, "", s); k = substr (s, 1, 1); s = substr (s, 2); sub (/[>"].*/, "", s)
      print FILENAME, FNR, k, s }'
}

libc='assert ctype dirent dlfcn endian errno fcntl fenv float inttypes iso646 limits locale math poll pthread sched setjmp
signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath time unistd wchar wctype
immintrin emmintrin smmintrin tmmintrin nmmintrin wmmintrin xmmintrin x86intrin arm_neon'
includes sdk/penstock | awk -v libc="$libc" '
  BEGIN { n = split (libc, a); for (i = 1; i <= n; i++) ok[a[i] ".h"] = 1 }
  $4 ~ /^penstock\/[a-z0-9_]+\.h$/ && $3 == "<" { next }
  $3 == "<" && (ok[$4] || $4 ~ /^sys\/[a-z]+\.h$/) { next }
  { print $1 ":" $2 ": the SDK includes the C library and <penstock/...> only, not " $4 }' >> "$bad"

includes plugins | while read -r file line kind name; do
  case $kind$name in
    '"'*/*|'"'..*) echo "$file:$line: a plugin includes its own folder by plain names, not \"$name\"" ;;
    '"'*) [ -e "${file%/*}/$name" ] || echo "$file:$line: \"$name\" is not in the plugin's own folder" ;;
    '<core/'*|'<plugins/'*|'<config.h'*) echo "$file:$line: a plugin never includes <$name>" ;;
  esac
done >> "$bad"

includes core | awk '
  $4 ~ /plugins\// { print $1 ":" $2 ": core never includes a plugin (" $4 ")" }
  $3 == "\"" && $4 !~ /^core\// && $4 != "config.h" { print $1 ":" $2 ": core includes \"core/dir/x.h\", not \"" $4 "\"" }' >> "$bad"

# One module owns each library of the host: library header, then the files that may include it.
while read -r header owners; do
  includes core | awk -v h="$header" -v o="$owners" '$4 == h && $1 !~ o {
    print $1 ":" $2 ": <" h "> belongs in " o }' >> "$bad"
done <<'OWNERS'
libconfig.h ^core/host/config[a-z_]*\.[ch]$
uv.h ^core/(serve/|host/(loop|pool|process|seat|sinkthread|feed|signal|timer|host|run)[a-z_]*\.[ch]$)
ltdl.h ^core/loader/
OWNERS

# What penstock-worker's sources reach, step by step.
includes core | awk '
  $3 == "\"" { edge[$1] = edge[$1] " " $4 }
  $3 == "<"  { lib[$1] = lib[$1] " " $4 }
  $1 ~ /^core\/worker\// { seed[$1] = 1 }
  function walk(f, from,   i, n, a) {
    if (seen[f]++) return
    if (f ~ /(^|\/)(loop|config|journal|conf)[a-z_]*\.h$/ && f != "config.h") print from ": the worker must not reach " f
    n = split (lib[f], a)
    for (i = 1; i <= n; i++)
      if (a[i] ~ /^(uv|libconfig|sqlite3|libpq-fe|curl\/curl|libssh\/libssh)\.h$/) print f ": the worker must not reach <" a[i] ">"
    n = split (edge[f], a)
    for (i = 1; i <= n; i++) walk (a[i], f)
  }
  END { for (f in seed) walk (f, "penstock-worker") }' >> "$bad"

n=$(includes sdk plugins core | wc -l)
[ "$n" -gt 10 ] || fail "only $n include lines found: the test looked in the wrong place"
[ ! -s "$bad" ] || { cat "$bad" >&2; fail "$(wc -l < "$bad") includes break the rule"; }
echo "$n include lines follow the rule"
