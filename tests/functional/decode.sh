#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# decode.sh - compressed and archived files: the same rows as of plain ones; what is damaged, encrypted or a bomb is refused
# by its name, with nothing of it visible and the others loaded; a decoder that is killed costs nothing.
. "${srcdir:-.}/tests/lib.sh"
requires gzip python3 sqlite3 sha256sum
requires_plugin nacha jsonl source-file sink-file sqlite gzip zip tar bzip2 xz zstd
# The decoders' processes come and go while sinks open files.
not_under_tsan "ThreadSanitizer does not see openat(): a descriptor's number used again looks like a race"

mkdir "$T/in"
"$GEN_NACHA" -s 2M --seed 1 -o "$T/plain1"
"$GEN_NACHA" -s 200K --seed 2 -o "$T/plain2"
"$GEN_NACHA" -n 40 --seed 3 -o "$T/plain3"

# conf NAME DECODERS SETTINGS FILE...
conf () {
  local name=$1 decoders=$2 settings=$3 f list=
  shift 3
  for f; do list+="${list:+, }\"$f\""; done
  mkdir -p "$T/$name/out"
  cat >"$T/$name.conf" <<EOC
pipeline: {
  name = "$name"; state = "$T/$name/state";
  source: { plugin = "file"; path = [ $list ]; order = "given"; };
  ${decoders:+decoders: ( $decoders );}
  parser: { plugin = "nacha"; };
  lineage = true;
  sinks: ( { plugin = "file"; path = "$T/$name/out/{object}.{table}.jsonl"; encoder: { plugin = "jsonl"; }; } );
  limits: { workers = 2; };
  $settings
};
EOC
  chmod 600 "$T/$name.conf"
}
run () { expect_status "$1" timeout 300 "$PENSTOCK" run "$T/$2.conf"; }
# The rows without the objects' names.
rows () { cat "$T/$1/out/"*.jsonl 2>/dev/null | sed 's/"_object":"[^"]*"/"_object":""/' | sort | sha256sum; }
equal () { [ "$(rows "$1")" = "$(rows "$2")" ] || fail "$1 and $2 have other rows"; }
names () { sqlite3 "$T/$1/state/state.db" 'select name from objects order by id' | sed "s|$T/||g"; }
nothing () { [ -z "$(find "$T/$1/out" -type f ! -name '.*')" ] || fail "$1: something is visible"; }

for i in 1 2 3; do conf "of$i" "" "" "$T/plain$i"; run 0 "of$i"; done
conf all "" "" "$T/plain1" "$T/plain2" "$T/plain3"
run 0 all

# One stream each; several gzip members and padding behind them.
gzip -c "$T/plain1" >"$T/in/1.gz"
gzip -c "$T/plain3" >"$T/in/3.gz"
{ head -c 940000 "$T/plain1" | gzip -c; tail -c +940001 "$T/plain1" | gzip -9c; head -c 700 /dev/zero; } >"$T/in/several.gz"
for f in 1 several; do
  conf "gz$f" '{ plugin = "gzip"; }' "" "$T/in/$f.gz"
  run 0 "gz$f"
  equal "gz$f" of1
done
for k in bzip2 xz zstd; do
  command -v $k >/dev/null || continue
  $k -c <"$T/plain2" >"$T/in/2.$k"
  conf $k "{ plugin = \"$k\"; }" "" "$T/in/2.$k"
  run 0 $k
  equal $k of2
done

# Archives: members are objects of their own, whatever their names say.
python3 - "$T" <<'END'
import io, sys, tarfile, zipfile
t = sys.argv[1]
names = {"plain1": "a/one.ach", "plain2": "../../../../tmp/penstock-two.ach", "plain3": "/etc/three.ach"}
with tarfile.open(t + "/in/all.tar.gz", "w:gz", compresslevel=1) as tar, \
     zipfile.ZipFile(t + "/in/all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
    d = tarfile.TarInfo("a"); d.type = tarfile.DIRTYPE; tar.addfile(d)
    l = tarfile.TarInfo("a/link"); l.type = tarfile.SYMTYPE; l.linkname = "/etc/passwd"; tar.addfile(l)
    for f, n in names.items():
        b = open(t + "/" + f, "rb").read()
        i = tarfile.TarInfo(n); i.size = len(b); tar.addfile(i, io.BytesIO(b))
        z.writestr(n, b)
b = open(t + "/in/1.gz", "rb").read()
with zipfile.ZipFile(t + "/in/nested.zip", "w") as z:
    z.writestr("one.ach.gz", b)
    z.writestr("two.ach", open(t + "/plain2", "rb").read())
    z.write(t + "/plain3", "three.ach")
flags = bytearray(open(t + "/in/all.zip", "rb").read())
i = 0
while (i := flags.find(b"PK\3\4", i)) >= 0: flags[i + 6] |= 1; i += 4
i = 0
while (i := flags.find(b"PK\1\2", i)) >= 0: flags[i + 8] |= 1; i += 4
open(t + "/in/encrypted.zip", "wb").write(flags)
bad = bytearray(b); bad[-6] ^= 1; open(t + "/in/crc.gz", "wb").write(bad)
bad = bytearray(b); bad[len(b) // 2] ^= 255; open(t + "/in/flipped.gz", "wb").write(bad)
open(t + "/in/short.gz", "wb").write(b[:len(b) // 2])
open(t + "/in/tail.gz", "wb").write(b + b"more")
z = bytearray(open(t + "/in/all.zip", "rb").read()); z[2000] ^= 255; open(t + "/in/damaged.zip", "wb").write(z)
deep = open(t + "/plain3", "rb").read()
import gzip
for _ in range(5): deep = gzip.compress(deep, 1)
open(t + "/in/deep.gz", "wb").write(deep)
with zipfile.ZipFile(t + "/in/many.zip", "w") as z:
    for i in range(30): z.writestr("m%d" % i, b"x")
with gzip.open(t + "/in/bomb.gz", "wb", 9) as g:
    for _ in range(60): g.write(bytes(1 << 20))
END
conf tar '{ plugin = "gzip"; }, { plugin = "tar"; }' "" "$T/in/all.tar.gz"
run 0 tar
equal tar all
[ "$(names tar)" = "$(printf '%s\n' in/all.tar.gz/a/one.ach in/all.tar.gz/../../../../tmp/penstock-two.ach \
  in/all.tar.gz//etc/three.ach)" ] || fail "members are named: $(names tar)"
[ ! -e /tmp/penstock-two.ach ] || fail "a member's name was taken for a path"
conf zip '{ plugin = "zip"; }' "" "$T/in/all.zip"
run 0 zip
equal zip all

# By magic: encoded, nested and plain files side by side; again, all of it is known.
every='{ plugin = "gzip"; }, { plugin = "zip"; }, { plugin = "tar"; }, { plugin = "bzip2"; }, { plugin = "xz"; }, { plugin = "zstd"; }'
conf magic "$every" 'decode: { by = "magic"; };' "$T/in/nested.zip"
run 0 magic
equal magic all
conf mixed "$every" 'decode: { by = "magic"; };' "$T/in/1.gz" "$T/plain2" "$T/plain3"
run 0 mixed
equal mixed all
conf mixed "$every" 'decode: { by = "magic"; };' "$T/in/all.tar.gz" "$T/in/nested.zip"
run 0 mixed
[ "$(grep -c 'skipped: the same content' "$T/err")" = 6 ] || { cat "$T/err"; fail "decoded content is not recognised as the same"; }
equal mixed all

# Damage, encryption, bombs: each by its name, nothing of it visible; the good one beside it is loaded.
bad () { # NAME DECODERS SETTINGS TEXT
  conf "bad-$1" "$2" "$3" "$T/in/$1"
  run 1 "bad-$1"
  expect_text "$T/err" "$1"
  expect_text "$T/err" "$4"
  nothing "bad-$1"
}
gz='{ plugin = "gzip"; }'
bad crc.gz "$gz" "" "refused, nothing of it is visible: decoder \"gzip\": the data is damaged: incorrect data check"
bad flipped.gz "$gz" "" 'refused, nothing of it is visible'
bad short.gz "$gz" "" 'decoder "gzip": the data ends in the middle'
bad tail.gz "$gz" "" 'decoder "gzip": something that is not gzip follows the data'
if [ -e "$T/in/2.bzip2" ]; then
  { cat "$T/in/2.bzip2"; echo more; } >"$T/in/tail.bz2"
  bad tail.bz2 '{ plugin = "bzip2"; }' "" 'refused, nothing of it is visible: decoder "bzip2": something else follows the data'
fi
gzip -dc "$T/in/all.tar.gz" >"$T/in/whole.tar"
conf cut '{ plugin = "tar"; }' "" "$T/in/cut.tar"
truncate -s "$(python3 -c 'import sys, tarfile; t = tarfile.open(sys.argv[1]); print(t.getmembers()[-1].offset)' "$T/in/whole.tar")" "$T/in/whole.tar"
mv "$T/in/whole.tar" "$T/in/cut.tar"
run 1 cut
expect_text "$T/err" 'decoder "tar": the archive ends without its end mark: members may be missing'
bad encrypted.zip '{ plugin = "zip"; }' "" "a member is encrypted"
bad damaged.zip '{ plugin = "zip"; }' "" 'decoder "zip": the data is damaged'
bad bomb.gz "$gz" "" "expands to more than 200 times its"
bad bomb.gz "$gz" 'decode: { max_ratio = 100000; max_size = "30M"; };' "expands to more than 31457280 bytes (decode.max_size)"
bad deep.gz "$every" 'decode: { by = "magic"; };' "encoded more than 3 times (decode.max_nesting)"
bad all.zip "$gz" "" 'decoder "gzip": the data is damaged: incorrect header check'
conf many '{ plugin = "zip"; }' 'decode: { max_members = 20; };' "$T/in/many.zip"
run 1 many
expect_text "$T/err" "has more than 20 members (decode.max_members)"
conf beside "$gz" "" "$T/in/short.gz" "$T/in/1.gz" "$T/in/crc.gz"
run 1 beside
equal beside of1

# A decoder that is killed in the middle costs nothing, an object that kills two is refused. The middle is held: the sink cannot take
# anything, and the decoder is a window ahead of it.
"$GEN_NACHA" -s 12M --seed 4 -o "$T/plain4"
gzip -1c "$T/plain4" >"$T/in/4.gz"
into_sqlite () { # NAME FILE
  conf "$1" "$gz" "" "$T/in/$2"
  sed -i "s|sinks: .*|sinks: ( { plugin = \"sqlite\"; path = \"$T/$1.db\"; } );|" "$T/$1.conf"
}
entries () { sqlite3 "$T/$1.db" 'select count(*) from entries'; }
into_sqlite schema 3.gz
run 0 schema
schema_of "$T/schema.db" >"$T/tables"
decoder= # the one that has an output open
finds_decoder () {
  local c
  for c in $(cat "/proc/$run/task/"*/children); do
    ! tr '\0' ' ' <"/proc/$c/cmdline" | grep -q -- '--decode' || ! ls -l "/proc/$c/fd" | grep -q penstock-decoded || { decoder=$c; return 0; }
  done
  return 1
}
killed () { # TIMES STATUS
  local name=killed$1 n=0 status=0
  into_sqlite "$name" 4.gz
  empty_like "$T/tables" "$T/$name.db"
  hold "$T/$name.db"
  "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/$name.conf" 2>"$T/err" & run=$!
  at_exit kill "$run"
  while [ $n -lt "$1" ]; do
    wait_for finds_decoder
    n=$((n + 1))
    kill -9 "$decoder"
    [ $n = 2 ] || wait_for grep -qF "its decoder died, once more from the beginning" "$T/err"
  done
  let_go
  wait "$run" || status=$?
  [ "$status" = "$2" ] || { cat "$T/err"; fail "killed $1 times: status $status, expected $2"; }
}
killed 1 0
[ "$(entries killed1)" = "$(grep -c ^6 "$T/plain4")" ] || fail "killed once: other entries"
killed 2 1
expect_text "$T/err" "it killed two decoders"
[ "$(entries killed2)" = 0 ] || fail "killed twice: something is visible"

# Chunk mode cannot know decoded content beforehand, and says so; the bound counts the decoders.
conf chunk "$gz" 'commit = "chunk";' "$T/in/1.gz"
expect_status 78 "$PENSTOCK" check "$T/chunk.conf"
expect_text "$T/err" 'commit = "chunk" has to know content before it reads it'
expect_status 0 "$PENSTOCK" check "$T/gz1.conf"
expect_text "$T/out" "decoder: decoded bytes not taken yet"

# The example, on a folder of ours.
requires_plugin sqlite
mkdir "$T/inbox"
cp "$T/in/all.tar.gz" "$T/inbox/"
sed -e "s|/srv/inbox|$T/inbox|; s|/var/lib/penstock/archives.db|$T/archives.db|" \
  -e "s|name = \"archives\";|&\n  state = \"$T/archives\";|" "$srcdir/etc/examples/archives-to-sqlite.conf" >"$T/example.conf"
chmod 600 "$T/example.conf"
expect_status 0 timeout 300 "$PENSTOCK" run "$T/example.conf"
[ "$(sqlite3 "$T/archives.db" 'select count(distinct _object) from entries')" = 3 ] || fail "the example has not loaded three members"
