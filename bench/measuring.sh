# SPDX-License-Identifier: Apache-2.0
# measuring.sh - what the bench/run scripts share: a folder, runs that take turns, ratios of pairs, and the table they end in.
#
# A script sets build (the build folder), result (the file it writes) and, where $D shall not lie in memory, place; it sources this
# file and calls begin. Costs of one LABEL
# are lines of $D/LABEL.cost; COLUMN is 1 for wall time and 2 for CPU time, in seconds.
export LC_ALL=C
say () { printf '%s\n' "$*" >&2; }

# begin PROGRAM...: checks that the programs of the build are there, makes $D and the command line of Penstock.
begin () {
  me=bench/$(basename "$0")
  local p
  for p in penstock bench/measure bench/awake "$@"; do
    [ -x "$build/$p" ] || { say "$me: $build/$p is not built (make -C $build)"; exit 3; }
  done
  D=$(mktemp -d "${place:-/dev/shm}/penstock-bench.XXXXXX")
  trap finish EXIT
  trap 'exit 130' INT TERM
  penstock=("$build/penstock" "--plugin-dir=$build/.libs" "--libexec-dir=$build")
}
# finish: what a script started itself it stops in a finish of its own, which calls this one's parts.
finish () { clear_up; }
clear_up () { rm -rf "$D"; }

# keep_awake BYTES: as much memory as the outputs of one run need stays with this machine (see bench/awake.c) until the script ends.
keep_awake () {
  local mib=$(($1 / 1048576 + 64)) free
  free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
  [ "$mib" -le $((free * 3 / 4)) ] || mib=$((free * 3 / 4))
  say "touching $mib MiB of memory"
  coproc AWAKE { exec "$build/bench/awake" "$mib"; }
  read -r _ <&"${AWAKE[0]}" || { say "$me: bench/awake failed"; exit 3; }
}

# fresh: no output and no state of an earlier run.
fresh () { rm -rf "$D/out" "$D"/*state; mkdir -p "$D/out"; }

# The processor time that a hypervisor took from this machine and all the time there was, in ticks, since it was started.
ticks () { awk '/^cpu / { print $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat; }
# cost LABEL COMMAND...: adds a line to $D/LABEL.cost. The third figure says what percentage of the machine was taken from it meanwhile.
cost () {
  local label=$1 wall user sys status before
  shift
  before=$(ticks)
  "$build/bench/measure" -o "$D/m" "$@" > "$D/said" 2>&1 || { cat "$D/said" >&2; say "$me: failed: $*"; exit 3; }
  read -r wall user sys status < <(sed 's/[a-z_]*=//g' "$D/m")
  echo "$wall $user $sys $before $(ticks)" |
    awk '{ all = $7 - $5; printf "%.3f %.3f %.1f\n", $1, $2 + $3, (all > 0 ? 100 * ($6 - $4) / all : 0) }' | tee -a "$D/$label.cost" |
    sed "s|^|  $label: wall s, cpu s, stolen %: |" >&2
}
# turns N LABEL...: whether another turn is needed, in which each LABEL is measured once. N calm turns are wanted, from which a
# hypervisor took no more than 2 % of the machine; after 3 N turns the N calmest ones must do. The others' lines are taken out in the end:
# what is chosen by is the machine, never the result.
turns () {
  local n=$1 label made calm
  shift
  [ -e "$D/$1.cost" ] || return 0
  # shellcheck disable=SC2086
  paste -d' ' $(printf "$D/%s.cost " "$@") | awk '{ s = 0; for (i = 3; i <= NF; i += 3) if ($i > s) s = $i; print s, NR }' > "$D/stolen"
  made=$(wc -l < "$D/stolen")
  calm=$(awk '$1 <= 2' "$D/stolen" | wc -l)
  [ "$calm" -lt "$n" ] && [ "$made" -lt $((3 * n)) ] && return 0
  sort -n "$D/stolen" | head -n "$n" | awk '{ print $2 }' > "$D/chosen"
  for label in "$@"; do
    awk 'NR == FNR { chosen[$1]; next } FNR in chosen' "$D/chosen" "$D/$label.cost" > "$D/calm" && mv "$D/calm" "$D/$label.cost"
  done
  say "  the $n calmest of $made turns count"
  return 1
}
# peak COMMAND...: MiB that all its processes held together at their highest.
peak () {
  "$build/bench/measure" -m -o "$D/m" "$@" > "$D/said" 2>&1 || { cat "$D/said" >&2; say "$me: failed: $*"; exit 3; }
  grep -q ' unreadable=0$' "$D/m" || say "$me: some processes could not be read: the peak is too low"
  sed 's/.* peak_kib=\([0-9]*\) .*/\1/' "$D/m" | awk '{ printf "%.1f", $1 / 1024 }'
}

median () { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
column () { awk -v c="$2" '{ print $c }' "$D/$1.cost"; }
med () { column "$1" "$2" | median; } # LABEL COLUMN
wall () { med "$1" 1; }
cpu () { med "$1" 2; }
ratio () { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
pairs_of () { paste -d' ' <(column "$1" "$3") <(column "$2" "$3") | awk '{ printf "%.4f\n", $1 / $2 }'; }
# pair_ratio LABEL LABEL COLUMN: the median of each pair's own ratio. What one side lost to a neighbour, the other lost, too.
pair_ratio () { pairs_of "$@" | median | awk '{ printf "%.2f", $1 }'; }
# spread LABEL LABEL COLUMN: how far the pairs are apart, and what the fastest run of each side says: a neighbour only ever adds.
spread () {
  local fastest
  fastest=$(ratio "$(column "$1" "$3" | sort -n | head -1)" "$(column "$2" "$3" | sort -n | head -1)")
  echo "pairs $(pairs_of "$@" | sort -n | awk '{ printf "%.2f\n", $1 }' | sed -n '1p;$p' | paste -sd- | sed 's/-/–/'), fastest ÷ fastest $fastest"
}

rows=()
row () { rows+=("| $1 | $2 | $3 | $4 |"); say "=> $1: $2 (target $3)"; } # WHAT MEASURED TARGET MADE-OF
table () {
  echo "| what | measured | target | made of |"
  echo "|---|---|---|---|"
  printf '%s\n' "${rows[@]}"
}
machine () { echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores"; }
# report TITLE COMMAND NOTE: writes the table to $result.
report () {
  {
    echo "# Measured: $1"
    echo
    echo "\`$2\` on $(date -u +%Y-%m-%d): $(machine). $3"
    echo
    table
  } > "$result.new"
  mv "$result.new" "$result"
  say "wrote $result"
}
