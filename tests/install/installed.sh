# SPDX-License-Identifier: Apache-2.0
# What was installed works from where it lies: programs, plugins in the folder compiled in, manuals, headers and pkg-config.
# `make installcheck` runs it; bindir, plugindir, mandir and pkgconfigdir come from there.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/plugin_page.sh"
requires gcc pkg-config
: "${bindir:?run by make installcheck}" "${plugindir:?}" "${mandir:?}" "${pkgconfigdir:?}"
installed=$bindir/penstock
export PKG_CONFIG_PATH=$pkgconfigdir

# every plugin that lies there is found without being told where, and described by the installed worker
expect_status 0 "$installed" plugins
n=0
for so in "$plugindir"/*.so; do
  name=${so##*/}
  n=$((n + 1))
  expect_text "$T/out" "${name%.so}"
done
[ "$n" -ge 5 ] || fail "only $n plugins in $plugindir"
[ "$(pkg-config --variable=plugindir penstock)" = "$plugindir" ] \
  || fail "pkg-config says $(pkg-config --variable=plugindir penstock), expected $plugindir"

# objects go through the installed source, workers and plugins
if [ -x "$GEN_NACHA" ] && [ -e "$plugindir/nacha.so" ]; then
  "$GEN_NACHA" -n 20 --seed 3 -o "$T/in.ach"
  expect_status 0 "$installed" cat -t entries "$T/in.ach"
  [ "$(wc -l < "$T/out")" = 20 ] || fail "20 entries expected"
fi

# the manual's plugin, with what pkg-config says and the installed headers
umask 022
mkdir -m 755 "$T/own" "$T/bin"
ln -s "$installed" "$T/bin/penstock"
export PATH=$T/bin:$PATH
page_part petty.c > "$T/own/petty.c"
page_session "$T/own"
for h in "$srcdir"/sdk/penstock/*.h; do
  printf '#include <penstock/%s>\nint unused_;\n' "${h##*/}" \
    | gcc -std=c11 -x c -fsyntax-only $(pkg-config --cflags penstock) - || fail "${h##*/} was not installed"
done
for page in man1/penstock.1 man5/penstock.conf.5 man3/penstock-plugin.3 man7/penstock-nacha.7 man8/penstock-serve.8; do
  [ -s "$mandir/$page" ] || fail "$mandir/$page was not installed"
done
