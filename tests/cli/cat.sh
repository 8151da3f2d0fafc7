# SPDX-License-Identifier: Apache-2.0
# cat.sh - penstock cat: the format is recognised, tables share a stream or stand alone, the exit status tells.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin nacha jsonl encoder-csv stdout source-file

"$GEN_NACHA" -n 50 --seed 7 -o "$T/good.ach"
"$GEN_NACHA" -n 50 --seed 7 --corrupt file-debit -o "$T/bad.ach"
printf 'neither fish nor fowl\n' >"$T/none.txt"

expect_status 0 "$PENSTOCK" cat "$T/good.ach"
expect_text "$T/err" "total_debit"
[ "$(grep -c '^{"_table":"entries",' "$T/out")" = 50 ] || fail "50 entries expected in the common stream"
[ "$(tail -n 1 "$T/out" | cut -c1-17)" = '{"_table":"files"' ] || fail "the files row comes last: input order"
expect_status 0 "$PENSTOCK" cat -p nacha -t entries -l "$T/good.ach"
[ "$(wc -l <"$T/out")" = 50 ] || fail "50 lines expected"
expect_text "$T/out" '"_object":"'
expect_status 0 "$PENSTOCK" cat -t entries -f csv "$T/good.ach"
[ "$(wc -l <"$T/out")" = 51 ] || fail "a header and 50 lines expected"
expect_status 0 "$PENSTOCK" cat -t entries -F rows=arrays "$T/good.ach"
[ "$(wc -l <"$T/out")" = 51 ] || fail "the columns and 50 arrays expected"
[ "$(grep -c '^\["' "$T/out")" = 1 ] || fail "the columns' names are expected once"
expect_status 78 "$PENSTOCK" cat -F rows=arrays "$T/good.ach"
expect_text "$T/err" "several tables cannot share one stream"
expect_status 78 "$PENSTOCK" cat -t entries -F rows=arrays -F nulls=omit "$T/good.ach"
expect_text "$T/err" 'nulls: "omit" does not go with rows = "arrays"'
expect_status 1 "$PENSTOCK" cat "$T/bad.ach"
expect_text "$T/err" "file_total_debit"
expect_status 0 "$PENSTOCK" cat -O rules.file_total_debit=warn "$T/bad.ach"
: >"$T/empty.ach"
expect_status 1 "$PENSTOCK" cat -p nacha "$T/empty.ach"
expect_text "$T/err" "missing_file_header"
expect_status 3 "$PENSTOCK" cat "$T/none.txt"
expect_text "$T/err" "no parser knows this format"
expect_status 3 "$PENSTOCK" cat -p nacha "$T/missing.ach"
expect_text "$T/err" "No such file"
expect_status 78 "$PENSTOCK" cat -p nahca "$T/good.ach"
expect_text "$T/err" 'did you mean "nacha"'
