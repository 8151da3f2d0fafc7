# SPDX-License-Identifier: Apache-2.0
# The commit core in a simulated world, and the proof that the simulator finds bugs.
check_PROGRAMS += tests/sim/sim_commit
TESTS += tests/sim/sim_commit
tests_sim_sim_commit_SOURCES = \
	tests/sim/sim.h \
	tests/sim/sim_commit.c \
	tests/sim/sim_host.c tests/sim/sim_host.h \
	tests/sim/sim_journal.c \
	tests/sim/sim_sink.c \
	tests/sim/sim_source.c \
	tests/sim/sim_threads.c \
	tests/sim/sim_workers.c
tests_sim_sim_commit_LDADD = core/libhost.la core/libbase.la

dist_check_SCRIPTS += tests/sim/mutants.sh
TESTS += tests/sim/mutants.sh
plain_tests += tests/sim/mutants.sh
long_tests += tests/sim/sim_commit tests/sim/mutants.sh
