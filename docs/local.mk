# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += docs/ARCHITECTURE.md docs/HACKING.md
