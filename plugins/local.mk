# SPDX-License-Identifier: Apache-2.0
# One fragment per plugin; a plugin includes the SDK and its own folder, nothing else.
include plugins/decoders/local.mk
include plugins/encoders/local.mk
include plugins/sinks/local.mk
include plugins/sources/local.mk
include plugins/parsers/nacha/local.mk
include plugins/parsers/csv/local.mk
include plugins/parsers/x12/local.mk
include plugins/filters/local.mk
include plugins/parsers/xml/local.mk
