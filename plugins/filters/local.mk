# SPDX-License-Identifier: Apache-2.0
# Filters.
include plugins/filters/mask/local.mk
