#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual names every command, every global option and every setting; its example passes `penstock check`.
. "${srcdir:-.}/tests/lib.sh"

man1=$srcdir/docs/penstock.1
man5=$srcdir/docs/penstock.conf.5

# in troff a dash is written \-
plain () { sed 's/\\-/-/g; s/\\(dq/"/g' "$1"; }
plain "$man1" > "$T/man1"
plain "$man5" > "$T/man5"

expect_status 0 "$PENSTOCK" --help
n=0
while read -r command; do
  n=$((n + 1))
  grep -qE "^\.(BI|BR|B|IR) ?\"?$command([\\\\ ]|$)" "$T/man1" || fail "penstock.1 does not have the command $command"
done < <(sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' "$T/out")
[ "$n" -ge 4 ] || fail "only $n commands found in --help"
while read -r option; do
  grep -qF -e "$option" "$T/man1" || fail "penstock.1 does not have the option $option"
done < <(grep -o -e '--[a-z-]*' "$T/out" | sort -u)

# the table that the settings are read from, with its default and range
n=0
while IFS='|' read -r name def; do
  n=$((n + 1))
  line=$(grep -E "^\.BR ${name//./\\.} " "$T/man5") || fail "penstock.conf.5 does not have the setting $name"
  case $def in
    NULL) ;;
    *) case $line in
         *"default $def"*|*"default \"$def\""*) ;;
         *) fail "penstock.conf.5 says \"$line\", but the default of $name is $def" ;;
       esac ;;
  esac
done < <(tr '\n' ' ' < "$srcdir/core/host/plan_settings.c" | sed 's/{ "/\n{ "/g' \
         | sed -n 's/^{ "\([a-z_.]*\)", PEN_[A-Z]*, [A-Z_0-9]*, F ([a-z_]*), "\{0,1\}\([^",]*\)"\{0,1\},.*/\1|\2/p')
[ "$n" -ge 14 ] || fail "only $n settings found in the table"

requires_plugin nacha sqlite jsonl source-file sink-file
sed -n '/^\.SH EXAMPLE/,/^\.SH SEE/p' "$T/man5" | grep -v '^\.' > "$T/example.conf"
chmod 644 "$T/example.conf"
expect_status 0 "$PENSTOCK" check "$T/example.conf"
