# SPDX-License-Identifier: Apache-2.0
# Sinks. Where a source has the same name (file), the module's file name begins with the kind: sink-file.
include plugins/sinks/file/local.mk
include plugins/sinks/stdout/local.mk
include plugins/sinks/sqlite/local.mk
include plugins/sinks/x12-ack/local.mk
