#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mutants.sh - the simulator finds bugs: each of these, put into the core or into a sink, must be caught within RUNS seeds.
#
#   mutants.sh [NAME]      RUNS=50000 by default
. "${srcdir:-.}/tests/lib.sh"
: "${CC:=gcc}" "${RUNS:=50000}"
requires "${CC%% *}" sed cmp
only=${1-}
caught=0 seeds=0

flags=(-std=gnu11 -O1 -w -D_GNU_SOURCE -I"$srcdir" -I"$srcdir/sdk")
compile () { $CC "${flags[@]}" "$@"; }

build_base () {
  local f
  for f in "$srcdir"/tests/sim/sim_{commit,host,journal,sink,source,threads,workers}.c "$srcdir"/core/host/commit{,_head,_batch,_chunks,_sinks}.c "$srcdir/core/base/err.c"; do
    compile -c "$f" -o "$T/$(basename "$f" .c).o"
  done
}

# link NAME: base objects, the mutant's own in place of one of them.
link () {
  local o objs=()
  for o in sim_{commit,host,journal,sink,source,threads,workers} commit commit_head commit_batch commit_chunks commit_sinks err; do
    if [ -e "$T/$1/$o.o" ]; then objs+=("$T/$1/$o.o"); else objs+=("$T/$o.o"); fi
  done
  compile "${objs[@]}" -o "$T/$1/sim"
}

must_be_caught () {
  local name=$1 what=$2 seed
  link "$name"
  if "$T/$name/sim" --runs "$RUNS" > "$T/$name/out" 2>&1; then
    fail "mutant $name ($what) lives through $RUNS seeds"
  fi
  seed=$(sed -n 's/^seed \([0-9]*\),.*/\1/p' "$T/$name/out" | head -1)
  [ -n "$seed" ] || { cat "$T/$name/out" >&2; fail "mutant $name ended without naming its seed"; }
  printf '%-22s seed %5s: %s\n' "$name" "$seed" "$(sed -n 's/^seed [^:]*: //p' "$T/$name/out" | head -1)"
  caught=$((caught + 1))
  if [ "$seed" -gt "$seeds" ]; then seeds=$seed; fi
}

wanted () { [ -z "$only" ] || [ "$only" = "$1" ]; }

# core NAME FILE SED WHAT: a change to the core's text; one that changes nothing is a failure of this test.
core () {
  wanted "$1" || return 0
  mkdir "$T/$1"
  sed -e "$3" "$srcdir/core/host/$2.c" > "$T/$1/$2.c"
  if cmp -s "$srcdir/core/host/$2.c" "$T/$1/$2.c"; then fail "mutant $1 changes nothing: $2.c reads otherwise now"; fi
  compile -c "$T/$1/$2.c" -o "$T/$1/$2.o"
  must_be_caught "$1" "$4"
}

# sink NAME FILE MACRO WHAT: a mistake of a sink or of the host around the core.
sink () {
  wanted "$1" || return 0
  mkdir "$T/$1"
  compile "-D$3" -c "$srcdir/tests/sim/$2.c" -o "$T/$1/$2.o"
  must_be_caught "$1" "$4"
}

build_base
mkdir "$T/none"
link none
"$T/none/sim" --runs 2000 > "$T/out" 2>&1 || { cat "$T/out" >&2; fail "fails without any mutant"; }

sink no_cas sim_sink MUTANT_NO_CAS "no compare-and-swap: a dead host's transaction commits late"
sink no_fsync sim_sink MUTANT_NO_FSYNC "record or rename before the data is synced"
sink no_dir_sync sim_sink MUTANT_NO_DIR_SYNC "rename without fsync of the directory"
sink no_begin_sync sim_sink MUTANT_NO_BEGIN_SYNC "begin trusts what a killed host left unsynced"
sink no_twins sim_source MUTANT_NO_TWINS "two of the same content accepted before one of them is recorded"
sink no_retry_skip sim_workers MUTANT_NO_RETRY_SKIP "a retried chunk repeats what was delivered in part"
sink halt_goes_on sim_host MUTANT_HALT_GOES_ON "a run that was halted takes in what is behind"
sink done_is_written sim_threads MUTANT_DONE_IS_WRITTEN "a sink is told to write what it has said to have"

core ack_without_record commit_head \
  's/PHASE_RECORD;$/PHASE_ACK;/; s/ACT_RECORD, .obj = o->obj, .what = o->outcome/ACT_ACK, .obj = o->obj, .what = o->outcome != COMMIT_REFUSED/' \
  "acknowledged before the record is durable"
core record_before_finish commit_batch '/^step_finish/,/^}/s/return false;/break;/; s/lacking |= .*/;/; s/PHASE_ROLLBACK;/PHASE_CLOSED;/' \
  "recorded as committed before the sinks have published"
core finish_before_intent commit_batch '/^start_batch/,/^}/s/.more = i + 1 < n/.more = 0/; s/if (obj + 1 == c->batch_end)/if (1)/; s/assert (o->phase == PHASE_INTENT);/;/' \
  "published before the intent is durable"
core finish_refused commit 's/word == COMMIT_ACCEPT)/word != COMMIT_SKIP)/' "published although refused"
core no_rollback commit_head '/^commit_step_drain/,/^}/s/!u->begun ||/1 ||/' "refused, but not rolled back"
core release_before_write commit_head 's/if (o->cur\[s\].wrote < low)/if (0)/' "slots given back before every sink has the chunk"
core release_under_part commit_head 's/o->replayed + commit_part_out (c, o)/o->replayed/' "slots given back while a part is being written"
core write_unparsed commit_head 's/ch->state != CHUNK_DONE/ch->state == CHUNK_CUT/' "written before it is parsed"
core commit_half_chunk commit_head 's/chunk_at (c, o, o->replayed)->part_sent)/0)/' "a commit covers half a chunk"
core commit_less commit_head 's/.seq = u->issued - 1/.seq = u->wrote ? u->wrote - 1 : 0/' "the checkpoint lags behind the data"
core seam_kept commit_chunks '/^commit_on_seam/,/^}/s/commit_drop_back (c, o, seq);/;/' "chunks with a wrong carry are kept"
core stale_taken commit 's/return ch->gen == gen ? ch : NULL;/return ch;/' "answers on void chunks are taken"
core no_retry commit_chunks 's/++ch->crashes <= c->cfg.retries/0/' "quarantined at the first crash"
core quarantine_after_part commit_chunks 's/else if (ch->part_sent)/else if (0)/' "quarantined although a part was delivered"
core cutters_in_all commit_chunks '/^commit_on_cut_crashed/,/^}/s/o->cut_crashes = 0;/;/' "a cutter's death counts although the next one came further"
core no_recheck commit_head 's/o->hashed_at != c->n_accepted/0/' "two of the same content in flight"
core verdict_when_stopped commit_head 's/if (o->truncated)/if (0)/' "a verdict on half an object"
core no_head_credit commit_chunks 's/^    limit--;/    ;/' "run-ahead takes all the credit"
core pick_past_recut commit_chunks '/^commit_pick/,/^}/s/if (o->cut != CUT_ENDED)/if (0)/' "every worker waits with later objects' chunks"
core window_ignored commit_chunks 's/if (c->in_flight >= limit)/if (0)/' "no bound on chunks in flight"
core sink_failure_ignored commit_batch '/^publish_batch/,/^}/s/if (c->failed)/if (0)/; s/lacking |= .*/;/' "committed although a sink has failed"
core sealed_too_early commit_head '/^commit_step_seal/,/^}/s/if (!is_quiet (c, o))/if (0)/' "in a batch before it is put aside"
core seal_before_write commit_head '/^step_flow/,/^}/s/o->replayed < o->cut_next/0/' "put aside before all of it is written"
core blind_after_crash commit_head 's/ \&\& !o->resumed;/;/' "an earlier run's object is written before the sinks have said what they have of it"
core gather_forever commit_batch '/^is_due/,/^}/s/return c->gathered ||/return/' "a sealed object waits for company that never comes"
core batch_unbounded commit_head 's/ \&\& c->head < c->cfg.batch//' "more objects sealed than a batch may have"
core batch_unfinished commit_batch '/^step_finish/,/^}/s/if (o->cur\[s\].finish_out)/if (0)/' "recorded before all of the batch is published"
[ "$caught" -gt 0 ] || fail "no mutant is named \"$only\""
echo "$caught mutants caught, the last one by seed $seeds"
