# SPDX-License-Identifier: Apache-2.0
# What the benchmarks stand on is tested, too.
bench_tests = tests/bench/gen_nacha.sh tests/bench/measure.sh
dist_check_SCRIPTS += $(bench_tests)
TESTS += $(bench_tests)
plain_tests += $(bench_tests)
