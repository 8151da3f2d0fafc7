# SPDX-License-Identifier: Apache-2.0
# Tests: CUnit programs in unit/, scripts elsewhere; every script starts with tests/lib.sh.
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash
EXTRA_DIST += tests/lib.sh
include tests/unit/config.mk
include tests/unit/sdk.mk
include tests/house/local.mk
include tests/bench/local.mk
