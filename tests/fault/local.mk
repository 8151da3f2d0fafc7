# SPDX-License-Identifier: Apache-2.0
# Faults: hostile plugins, killed workers and hosts, signals, wrong digits.
check_PROGRAMS += tests/fault/killer
tests_fault_killer_SOURCES = tests/fault/killer.c
tests_fault_killer_CFLAGS  = $(PEN_CFLAGS)
tests_fault_killer_LDFLAGS =

EXTRA_DIST += tests/fault/faultlib.sh
fault_tests = tests/fault/hostile.sh tests/fault/kill_host.sh tests/fault/kill_batch.sh tests/fault/kill_points.sh tests/fault/kill_workers.sh \
	tests/fault/onedigit.sh tests/fault/signals.sh tests/fault/stuck_sink.sh
dist_check_SCRIPTS += $(fault_tests)
TESTS += $(fault_tests)
long_tests += tests/fault/hostile.sh tests/fault/kill_host.sh tests/fault/kill_points.sh tests/fault/kill_workers.sh
