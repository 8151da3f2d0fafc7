# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += scripts/deps scripts/quickstart scripts/test .ci/run
