# SPDX-License-Identifier: Apache-2.0
# Sources and what they do with files once the sinks have committed.
source_tests = tests/functional/after.sh
TESTS += $(source_tests)
EXTRA_DIST += $(source_tests)
threaded_tests += $(source_tests)
