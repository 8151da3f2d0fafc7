# SPDX-License-Identifier: Apache-2.0
include plugins/sources/file/local.mk
include plugins/sources/http/local.mk
include plugins/sources/sftp/local.mk
