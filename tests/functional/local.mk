# SPDX-License-Identifier: Apache-2.0
# Whole pipelines through the command line.
functional_tests = tests/functional/atomic.sh tests/functional/changed.sh tests/functional/resettle.sh tests/functional/csv.sh tests/functional/invariance.sh tests/functional/isolate.sh tests/functional/read_once.sh \
	tests/functional/decode.sh tests/functional/pgp.sh tests/functional/drift.sh tests/functional/long_field.sh tests/functional/long_rows.sh tests/functional/no_room.sh tests/functional/quarantine.sh tests/functional/retry.sh tests/functional/seam.sh tests/functional/stream.sh tests/functional/x12.sh tests/functional/xml.sh tests/functional/iso20022.sh
TESTS += $(functional_tests)
EXTRA_DIST += $(functional_tests)
threaded_tests += $(functional_tests)
# strace sees nothing of a sanitized program
plain_tests += tests/functional/isolate.sh tests/functional/read_once.sh
long_tests += tests/functional/decode.sh tests/functional/pgp.sh tests/functional/stream.sh
EXTRA_DIST += tests/data/csv tests/data/xml
TESTS += tests/functional/x12_ack.sh
EXTRA_DIST += tests/functional/x12_ack.sh
threaded_tests += tests/functional/x12_ack.sh
TESTS += tests/functional/xml_hostile.sh
EXTRA_DIST += tests/functional/xml_hostile.sh tests/functional/xml_hostile.py
TESTS += tests/functional/iso20022_xsd.sh
EXTRA_DIST += tests/functional/iso20022_xsd.sh
TESTS += tests/functional/distinct.sh
EXTRA_DIST += tests/functional/distinct.sh
threaded_tests += tests/functional/distinct.sh
