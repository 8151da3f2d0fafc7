# SPDX-License-Identifier: Apache-2.0
# Tests: CUnit programs in unit/, scripts elsewhere; every script starts with tests/lib.sh.
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash
EXTRA_DIST += tests/lib.sh
# Tests of threads and processes, run once more under ThreadSanitizer (make check-threaded).
threaded_tests =

include tests/unit/config.mk
include tests/unit/sdk.mk
include tests/house/local.mk
include tests/bench/local.mk
include tests/http/local.mk

check-threaded:
	$(MAKE) check TESTS='$(threaded_tests)'
.PHONY: check-threaded
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
