# SPDX-License-Identifier: Apache-2.0
# The house's own rules, checked like everything else.
house_tests = tests/house/includes.sh tests/house/headers.sh tests/house/format.sh tests/house/dist.sh tests/house/naps.sh
dist_check_SCRIPTS += $(house_tests)
TESTS += $(house_tests)
plain_tests += $(house_tests)
