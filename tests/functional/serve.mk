# SPDX-License-Identifier: Apache-2.0
# Supervisors, their runs and a load of files.
serve_tests = tests/functional/serve_reload.sh
TESTS += $(serve_tests)
EXTRA_DIST += tests/functional/servelib.sh $(serve_tests)
threaded_tests += $(serve_tests)
