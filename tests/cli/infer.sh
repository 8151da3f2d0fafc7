#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# penstock infer proposes a section that the parser takes; cat reads CSV without columns.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin parser-csv jsonl stdout source-file

cd "$T"
printf 'id;Order No;amount;ordered;at;open;text\n' > orders.csv
printf '1;A-1;12.50;31.12.2024;2024-12-31T10:00:00;true;"a;""b"""\n' >> orders.csv
printf '2;007;3;01.01.2025;2025-01-01 10:00:01;false;\n' >> orders.csv
expect_status 0 "$PENSTOCK" infer orders.csv
cat > want <<'END'
parser: {
  plugin = "csv";
  delimiter = ";";
  columns = [
    "id int",
    "'Order No' string",
    "amount decimal(18,2)",
    "ordered date(%d.%m.%Y)",
    "at timestamp",
    "open bool",
    "text string" ];
};
END
same out want

# the proposal is a section of a configuration, and the file passes by it
{ echo 'pipeline: { name = "x"; source: { plugin = "source-file"; path = "orders.csv"; };' | sed 's/source-file/file/'
  cat out
  echo 'sinks: ( { plugin = "file"; path = "out.jsonl"; encoder: { plugin = "jsonl"; }; } ); };'; } > x.conf
chmod 600 x.conf
expect_status 0 "$PENSTOCK" run x.conf
expect_text out.jsonl '"id":2,"Order No":"007","amount":"3.00","ordered":"2025-01-01"'

expect_status 0 "$PENSTOCK" cat -p csv orders.csv
expect_text out '{"id":"1","Order No":"A-1","amount":"12.50","ordered":"31.12.2024"'

# names that cannot name columns; encodings; nothing to see
printf 'a,a\n1,x\n' > twice.csv
expect_status 0 "$PENSTOCK" infer twice.csv
expect_text out 'skip_lines = 1;'
expect_text out '"column_2 string"'
printf 'n\344me,b\n1,2\n' > latin.csv
expect_status 0 "$PENSTOCK" infer -s latin.csv
expect_text out 'encoding = "windows-1252";'
expect_text out "'n$(printf '\303\244')me' string"
: > empty.csv
expect_status 3 "$PENSTOCK" infer empty.csv
expect_text err 'does not look like delimited text'
expect_status 3 "$PENSTOCK" infer nowhere.csv
expect_text err 'cannot open nowhere.csv'
head -c 70000 /dev/zero | tr '\0' 'a,' > one.csv
expect_status 0 "$PENSTOCK" infer one.csv
# a file whose format is recognised as CSV needs no -p, and not even columns
printf 'a,b\n1,2\n3,4\n' > plain.txt
expect_status 0 "$PENSTOCK" cat plain.txt
expect_text out '{"a":"3","b":"4"}'
