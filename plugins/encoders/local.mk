# SPDX-License-Identifier: Apache-2.0
# Encoders. Where a parser has the same name (csv), the module's file name begins with the kind: encoder-csv.
include plugins/encoders/jsonl/local.mk
include plugins/encoders/rows/local.mk
include plugins/encoders/csv/local.mk
