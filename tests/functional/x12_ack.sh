#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Acknowledgements end to end: purchase orders go in, files of 997 and TA1 come out, our own parser accepts them, and control
# numbers go on from file to file and from run to run.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin x12 x12-ack source-file rows jsonl stdout

sets=$srcdir/plugins/parsers/x12/sets
mkdir "$T/inbox" "$T/answers"
cat > "$T/x.conf" <<END
pipeline: {
  name = "ack"; state = "$T/state";
  source: { plugin = "file"; path = [ "$T/inbox/*.edi" ]; };
  parser: { plugin = "x12"; definitions = "$sets"; };
  sinks: ( { plugin = "x12-ack"; directory = "$T/answers"; tables = [ "acknowledgements" ]; } );
};
END
chmod 600 "$T/x.conf"
rows () { # FILE TABLE: rows without lineage; the file must be accepted without a word
  expect_status 0 "$PENSTOCK" cat -p x12 -O "definitions=$sets" -t "$2" -f csv "$1"
  grep -q "warning" "$T/err" && { cat "$T/err"; fail "$1 is not quite right"; }
  sed 1d "$T/out"
}

# one set of two is refused; no TA1 is asked for
sed 's/PO1\*1\*48\*/PO1*1*4X8*/' "$srcdir/tests/data/x12/850.edi" | awk '/^PO1.1.4X8/ && seen++ { sub(/4X8/, "48") } { print }' > "$T/inbox/a.edi"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
[ -f "$T/answers/a.edi.997" ] || fail "no answer to a.edi"
tail -n +2 "$T/answers/a.edi.997" | sed "s/\*20[0-9]\{6\}\*[0-9]\{4\}\*1\*X/*DATE*TIME*1*X/" > "$T/got"
cat > "$T/want" <<'END'
GS*FA*SUPPLIERCO*BUYERCO*DATE*TIME*1*X*004010~
ST*997*0001~
AK1*PO*1~
AK2*850*0001~
AK3*PO1*16**8~
AK4*2**6*4X8~
AK5*R*5~
AK2*850*0002~
AK5*A~
AK9*P*2*2*1~
SE*10*0001~
GE*1*1~
IEA*1*000000001~
END
same "$T/got" "$T/want"
head -1 "$T/answers/a.edi.997" | grep -qx 'ISA\*00\*          \*00\*          \*ZZ\*SUPPLIERCO     \*ZZ\*BUYERCO        \*[0-9]\{6\}\*[0-9]\{4\}\*U\*00401\*000000001\*0\*T\*:~' \
  || fail "ISA: $(head -1 "$T/answers/a.edi.997")"
rows "$T/answers/a.edi.997" functional_acks | grep -q '^1,1,,PO,1,,P,2,2,1' || fail "functional_acks: $(cat "$T/out")"
rows "$T/answers/a.edi.997" set_acks | cut -d, -f4,5,7,8 > "$T/got"
printf '850,0001,R,5\n850,0002,A,\n' > "$T/want"
same "$T/got" "$T/want"

# a later run: several interchanges and groups of other kinds, other delimiters, TA1 asked for; groups of 997 are not answered
sed 's/\*0\*T\*:~/*1*T*:~/; s/\*000000001\*/*000000007*/; s/IEA\*1\*000000001/IEA*1*000000007/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox/b.edi"
cp "$srcdir/tests/data/x12/mixed.edi" "$T/inbox/c.edi"
cp "$srcdir/tests/data/x12/997.edi" "$T/inbox/d.edi"
cp "$srcdir/tests/data/x12/850-control-characters.edi" "$T/inbox/e.edi"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
rows "$T/answers/b.edi.997" ta1 | grep -q '^2,000000007,2024-06-11,0930,A,000' || fail "ta1: $(cat "$T/out")"
rows "$T/answers/b.edi.997" interchanges | grep -c ',SUPPLIERCO,ZZ,BUYERCO,' | grep -qx 2 || fail "two interchanges expected: $(cat "$T/out")"
rows "$T/answers/c.edi.997" functional_acks > "$T/got"
[ "$(grep -c . "$T/got")" -ge 2 ] || fail "answers to the groups of mixed.edi: $(cat "$T/got")"
grep -q ',FA,' "$T/got" && fail "a 997 was answered"
[ -e "$T/answers/d.edi.997" ] && fail "a file of 997 was answered"
rows "$T/answers/e.edi.997" functional_acks | grep -q 'PO,1,,A,' || fail "functional_acks: $(cat "$T/out")"
# every interchange of all answers has a number of its own, and the next one is remembered
for f in "$T"/answers/*.997; do rows "$f" interchanges | awk -F, '{ print $14 }'; done | sort > "$T/numbers"
[ "$(sort -u "$T/numbers" | wc -l)" = "$(wc -l < "$T/numbers")" ] || fail "a control number was used twice: $(cat "$T/numbers")"
[ "$(sed 's/^0*//' "$T/answers/.x12-ack.control")" = $(($(tail -1 "$T/numbers" | sed 's/^0*//') + 1)) ] || fail "the next number"
find "$T/answers" -name '*.part' | grep -q . && fail "a part was left over"

# many sets over many chunks and workers: the answer is one, counts agree
awk 'BEGIN { printf "ISA*00*          *00*          *ZZ*BUYERCO        *ZZ*SUPPLIERCO     *240611*0930*U*00401*000000099*0*T*:~\nGS*PO*B*S*20240611*0930*1*X*004010~\n"
  for (k = 1; k <= 3000; k++) printf "ST*850*%04d~\nBEG*00*SA*PO%d**20240610~\nPO1*1*%s*EA*2~\nSE*4*%04d~\n", k, k, k % 10 ? "1" : "x", k
  printf "GE*3000*1~\nIEA*1*000000099~\n" }' > "$T/inbox/f.edi"
sed 's/};$/};/; s/^  parser/  limits: { workers = 2; chunk = "8K"; };\n  errors: { max_error_rate = "50%"; };\n  parser/' "$T/x.conf" > "$T/y.conf"
chmod 600 "$T/y.conf"
expect_status 1 "$PENSTOCK" run "$T/y.conf"
rows "$T/answers/f.edi.997" functional_acks | grep -q '^1,1,,PO,1,,P,3000,3000,2700' || fail "functional_acks: $(cat "$T/out")"

# a file that is refused as a whole (GE counts a set too many) is answered too: nothing of it was taken
sed 's/GE\*2\*1/GE*3*1/; s/\*0\*T\*:~/*1*T*:~/; s/\*000000001\*/*000000021*/; s/IEA\*1\*000000001/IEA*1*000000021/' "$srcdir/tests/data/x12/850.edi" > "$T/inbox/g.edi"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
expect_text "$T/err" "group_sets"
rows "$T/answers/g.edi.997" functional_acks | grep -q '^1,1,,PO,1,,R,3,2,0,5' || fail "functional_acks of a refused file: $(cat "$T/out")"
rows "$T/answers/g.edi.997" set_acks | cut -d, -f4,5,7,8 > "$T/got"
printf '850,0001,R,5\n850,0002,R,5\n' > "$T/want"
same "$T/got" "$T/want"
rows "$T/answers/g.edi.997" ta1 | grep -q '^2,000000021,2024-06-11,0930,R,024' || fail "ta1 of a refused file: $(cat "$T/out")"
find "$T/answers" -name '*.part' | grep -q . && fail "a part was left over"
# whoever does not want such answers has none
sed 's/tables = /refused = false; tables = /' "$T/x.conf" > "$T/z.conf"
chmod 600 "$T/z.conf"
sed 's/PO00001/PO00077/; s/000000021/000000022/g' "$T/inbox/g.edi" > "$T/inbox/h.edi"
expect_status 1 "$PENSTOCK" run "$T/z.conf"
[ -e "$T/answers/h.edi.997" ] && fail "a refused file was answered with refused = false"
rm "$T/inbox/g.edi" "$T/inbox/h.edi"

# the same ISA13 twice in a file: TA105 is 025
{ sed 's/\*0\*T\*:~/*1*T*:~/; s/000000001/000000031/g' "$srcdir/tests/data/x12/850.edi"; sed 's/\*0\*T\*:~/*1*T*:~/; s/000000001/000000031/g; s/PO00001/PO00031/' "$srcdir/tests/data/x12/850.edi"; } > "$T/inbox/i.edi"
expect_status 1 "$PENSTOCK" run "$T/x.conf"
rows "$T/answers/i.edi.997" ta1 | cut -d, -f2,5,6 > "$T/got"
grep -qx '000000031,R,025' "$T/got" || fail "ta1 of a control number that came twice: $(cat "$T/got")"

# delimiters outside of ASCII, and control characters that are delimiters elsewhere: the answer has the same bytes
tr '*~:' '\247\266\244' < "$srcdir/tests/data/x12/850.edi" | LC_ALL=C sed 's/000000001/000000041/g' > "$T/inbox/j.edi"
tr ':' '\001' < "$srcdir/tests/data/x12/850.edi" | sed 's/000000001/000000042/g' > "$T/inbox/k.edi"
expect_status 0 "$PENSTOCK" run "$T/x.conf"
[ "$(head -c 106 "$T/answers/j.edi.997" | tail -c +4 | tr -cd '\244\247\266' | od -An -tx1 -v | tr -d ' \n')" = "$(printf 'a7%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)a4b6" ] || fail "delimiters of the answer: $(head -c 106 "$T/answers/j.edi.997" | od -c)"
rows "$T/answers/j.edi.997" functional_acks | grep -q '^1,1,,PO,1,,A,2,2,2' || fail "functional_acks: $(cat "$T/out")"
[ "$(head -c 106 "$T/answers/k.edi.997" | tail -c 3 | od -An -tx1 | tr -d ' \n')" = 2a017e ] || fail "ISA16 of the answer: $(head -c 106 "$T/answers/k.edi.997" | od -c | tail -3)"
