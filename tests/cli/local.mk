# SPDX-License-Identifier: Apache-2.0
# The command line, as a user sees it.
cli_tests = \
	tests/cli/bound.sh \
	tests/cli/cat.sh \
	tests/cli/check.sh \
	tests/cli/check_plan.sh \
	tests/cli/examples.sh \
	tests/cli/manual.sh
dist_check_SCRIPTS += $(cli_tests)
TESTS += $(cli_tests)
