# SPDX-License-Identifier: Apache-2.0
# Supervisors, their runs and a load of files.
serve_tests = \
	tests/functional/serve_example.sh \
	tests/functional/serve_follow.sh \
	tests/functional/serve_kill.sh \
	tests/functional/serve_reload.sh \
	tests/functional/serve_status.sh \
	tests/functional/serve_stuck.sh
TESTS += $(serve_tests)
EXTRA_DIST += tests/functional/servelib.sh tests/functional/notify_listen.py $(serve_tests)
threaded_tests += $(serve_tests)
long_tests += tests/functional/serve_reload.sh tests/functional/serve_stuck.sh
