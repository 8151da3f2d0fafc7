# SPDX-License-Identifier: Apache-2.0
# Tests: CUnit programs in unit/, scripts elsewhere; every script starts with tests/lib.sh.
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash
EXTRA_DIST += tests/lib.sh
# Tests of threads and processes, run once more under ThreadSanitizer (make check-threaded), and the programs that are built for them.
threaded_tests =
threaded_programs = tests/fault/killer
threaded_modules = $(hostile_modules)
# Tests of texts, of tools and of what is compiled otherwise than the tree: a sanitizer has nothing to find in them (make check-sanitized).
plain_tests =
# Those that take longest: begun first, lest one of them runs on alone.
long_tests =
# What scripts run of bench/.
bench_tools = bench/gen_nacha bench/measure

include tests/unit/config.mk
include tests/unit/sdk.mk
include tests/house/local.mk
include tests/bench/local.mk
include tests/http/local.mk

# check-plain: every test; check-sanitized, check-threaded: those that a sanitizer can say something of, and no program besides theirs.
# build-...: what such a check would build first.
longest_first = $(filter $(long_tests),$(1)) $(filter-out $(long_tests),$(1))
sanitized_args = noinst_PROGRAMS='$(bench_tools)'
threaded_args = $(sanitized_args) check_PROGRAMS='$(threaded_programs)' check_LTLIBRARIES='$(threaded_modules)'
check-plain:
	$(MAKE) check TESTS='$(call longest_first,$(TESTS))'
check-sanitized:
	$(MAKE) check $(sanitized_args) TESTS='$(call longest_first,$(filter-out $(plain_tests),$(TESTS)))'
check-threaded:
	$(MAKE) check $(threaded_args) TESTS='$(call longest_first,$(filter-out $(plain_tests),$(threaded_tests)))'
build-plain:
	$(MAKE) check TESTS=
build-sanitized:
	$(MAKE) check $(sanitized_args) TESTS=
build-threaded:
	$(MAKE) check $(threaded_args) TESTS=
.PHONY: check-plain check-sanitized check-threaded build-plain build-sanitized build-threaded
include tests/unit/jail.mk
include tests/plugins/local.mk
include tests/fuzz/local.mk
include tests/plugins/out.mk
include tests/plugins/csv.mk
include tests/sim/local.mk
include tests/unit/commit.mk
include tests/unit/serve.mk
include tests/fault/local.mk
include tests/conformance/nacha.mk
include tests/conformance/csv.mk
include tests/cli/local.mk
include tests/functional/local.mk
include tests/functional/serve.mk
include tests/install/local.mk
include tests/conformance/x12.mk
include tests/plugins/x12.mk
include tests/conformance/xml.mk
include tests/functional/sources.mk
include tests/plugins/xml.mk
include tests/plugins/iso20022.mk
include tests/conformance/iso20022.mk
