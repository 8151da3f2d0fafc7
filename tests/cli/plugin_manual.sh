# SPDX-License-Identifier: Apache-2.0
# The plugin in penstock-plugin(3) is built and run as the page says, in C99 and C11, and keeps the contract that the page explains.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/plugin_page.sh"
requires gcc pkg-config
requires_plugin jsonl stdout source-file

# pkg-config as after `make install`, with the headers where they are now
mkdir -m 755 "$T/pc" "$T/bin" "$T/own"
sed "s|^includedir=.*|includedir=$srcdir/sdk|" "$builddir/sdk/penstock.pc" > "$T/pc/penstock.pc"
export PKG_CONFIG_PATH=$T/pc PATH=$T/bin:$PATH
ln -s "$PENSTOCK" "$T/bin/penstock"

page_part petty.c > "$T/own/petty.c"
[ "$(wc -l < "$T/own/petty.c")" -ge 30 ] || fail "penstock-plugin(3) has no plugin"
umask 022
page_session "$T/own"

# the same with every warning an error
for std in c99 c11; do
  gcc -std=$std -pedantic -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -I"$srcdir/sdk" \
    -o "$T/own/petty.so" "$T/own/petty.c"
  expect_status 0 "$PENSTOCK" --plugin-dir="$T/own" cat -p petty "$T/own/book.txt"
  [ "$(wc -l < "$T/out")" = 2 ] || fail "two rows expected from the plugin in $std"
done

# bad input is a finding, not a failure
printf '2026-11-21 -3.50 coffee\n2026-13-01 1 no month\n2026-11-22 10.00 from the till\n' > "$T/bad.txt"
expect_status 1 "$PENSTOCK" --plugin-dir="$T/own" cat -p petty "$T/bad.txt"
[ "$(wc -l < "$T/out")" = 2 ] || fail "two rows of three lines expected"
expect_text "$T/err" "offset 24: petty_line: expected a line of DAY AMOUNT WHAT"

# the test host that the page recommends finds nothing against it
cat > "$T/test.c" <<'END_C'
#include <penstock/testhost.h>
extern const struct pen_plugin penstock_plugin;
int
main (void)
{
  static const char in[] = "2026-11-21 -3.50 coffee\nnonsense\n\n2026-11-22 10.00 from the till\n2026-11-23 1 x";
  struct pen_test *t = pen_test_new (&penstock_plugin);
  int good = pen_test_invariant (t, in, sizeof in - 1) && t->n_rows == 3 && t->n_record == 2;
  pen_test_free (t);
  return !good;
}
END_C
gcc -std=c11 -g -I"$srcdir/sdk" -o "$T/test" "$T/test.c" "$T/own/petty.c"
"$T/test" || fail "the plugin is not cut invariant"

# the options table of the page compiles and is described as it says
{ echo '#include <stdbool.h>'; page_part petty.c | sed '/^PEN_PLUGIN/,$d'
  sed -n '/^struct petty_options/,/^};/p' "$srcdir/docs/penstock-plugin.3" | sed 's/\\-/-/g'
  echo 'PEN_PLUGIN = { .abi = PEN_ABI, .size = sizeof (struct pen_plugin), .name = "opts", .version = "1", .summary = "x",'
  echo '  .options_size = sizeof (struct petty_options), .opt_size = sizeof (struct pen_opt), .opts = opts, .parser = &parser };'
} > "$T/opts.c"
gcc -std=c11 -Wall -Werror -shared -fPIC -I"$srcdir/sdk" -o "$T/own/opts.so" "$T/opts.c"
expect_status 0 "$PENSTOCK" --plugin-dir="$T/own" describe opts
expect_text "$T/out" "skip  (int, 0..1000, default 0)"
expect_text "$T/out" "rules.strict  (bool, default true)"
expect_text "$T/out" "accounts  (list, required)"

# the limits of the page are those of the headers
limit () {
  local found
  found=$(sed -n "s/^#define $2 \\(.*\\)\$/\\1/p" "$srcdir/$3" | sed 's|/\*.*||; s/[ ()]*$//; s/^[ (]*//')
  [ "$found" = "$1" ] || fail "penstock-plugin(3) says $1, but $2 is $found"
}
limit 64 LIMIT_TABLES core/base/limits.h
limit 512 LIMIT_COLUMNS core/base/limits.h
limit 16 LIMIT_STREAMS core/base/limits.h
limit "64 * KIB" LIMIT_EVIDENCE_RAW core/base/limits.h
limit "5 * MIB" LIMIT_CHUNK_MAX core/base/limits.h
limit 16 PLUGIN_SCOPES_MAX core/base/plugincheck.h
limit 64 PLUGIN_TOTALS_MAX core/base/plugincheck.h
limit 64 TOTALS_MAX core/worker/stage.c
limit 64 LEDGER_TOTALS_MAX core/host/ledger.h
limit "64u << 20" PLUGIN_RECORD_MAX core/base/plugincheck.h
limit 256 OPT_TABLE_MAX core/base/options.h
limit 4096 PEN_CARRY_MAX sdk/penstock/plugin.h
