# SPDX-License-Identifier: Apache-2.0
# The command line, as a user sees it.
cli_tests = \
	tests/cli/bound.sh \
	tests/cli/cat.sh \
	tests/cli/check.sh \
	tests/cli/check_plan.sh \
	tests/cli/examples.sh tests/cli/infer.sh \
	tests/cli/long_records.sh \
	tests/cli/manual.sh \
	tests/cli/option_pages.sh \
	tests/cli/plugin_manual.sh \
	tests/cli/sink_check.sh tests/cli/check_sources.sh
dist_check_SCRIPTS += $(cli_tests)
TESTS += $(cli_tests)
plain_tests += tests/cli/manual.sh tests/cli/option_pages.sh tests/cli/plugin_manual.sh
EXTRA_DIST += tests/cli/plugin_page.sh
