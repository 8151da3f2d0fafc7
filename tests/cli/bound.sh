#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What all processes of a pipeline take together stays below the bytes that `penstock check` prints, for an input that is
# larger than that.
. "${srcdir:-.}/tests/lib.sh"
requires_root "a worker's memory is readable by root only"
requires_plugin nacha jsonl source-file sink-file
[ -x "$GEN_NACHA" ] || skip "bench/gen_nacha was not built"
! grep -q 'define PEN_SANITIZED' "$builddir/config.h" || skip "a sanitizer's shadow memory is not in the bound"

mkdir "$T/in"
"$GEN_NACHA" -s 160M -o "$T/in/big.ach"
cat > "$T/p.conf" <<'END'
pipeline: {
  name = "bound"; state = "state";
  source: { plugin = "file"; path = [ "in/*" ]; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "file"; path = "out.jsonl"; } );
  limits: { workers = 2; memory = "128M"; };
};
END
chmod 644 "$T/p.conf"
expect_status 0 "$PENSTOCK" check "$T/p.conf"
bound=$(sed -n 's/^ *\([0-9]*\)  bytes at most$/\1/p' "$T/out")
size=$(stat -c %s "$T/in/big.ach")
[ "$size" -gt "$bound" ] || fail "the input of $size bytes is not larger than the bound of $bound"

measured "$PENSTOCK" run "$T/p.conf" > "$T/out" 2> "$T/err"
echo "peak $peak of $bound bytes in $looks looks, status $status"
[ "$status" = 0 ] && [ "$looks" -ge 5 ] && [ "$peak" -gt 0 ] && [ "$peak" -le "$bound" ] || fail "the bound does not hold"
