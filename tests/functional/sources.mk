# SPDX-License-Identifier: Apache-2.0
# Sources and what they do with files once the sinks have committed.
source_tests = tests/functional/after.sh tests/functional/sftp.sh tests/functional/sftp_faults.sh tests/functional/sources_page.sh tests/fault/kill_after.sh
TESTS += $(source_tests)
EXTRA_DIST += $(source_tests) tests/functional/sshlib.sh
threaded_tests += $(source_tests)
long_tests += tests/functional/sftp.sh tests/functional/sftp_faults.sh tests/fault/kill_after.sh
# Not under ThreadSanitizer: it downloads what takes a while to download.
TESTS += tests/functional/sftp_restart.sh
EXTRA_DIST += tests/functional/sftp_restart.sh
