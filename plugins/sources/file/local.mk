# SPDX-License-Identifier: Apache-2.0
# The sink of the same name is file.so: a source that shares its name is called source-NAME.so.
plugin_LTLIBRARIES += source-file.la
source_file_la_SOURCES  = plugins/sources/file/file.c plugins/sources/file/file.h plugins/sources/file/after.c \
	plugins/sources/file/scan.c plugins/sources/file/watch.c
source_file_la_CPPFLAGS = $(MODULE_CPPFLAGS)
source_file_la_CFLAGS   = $(MODULE_CFLAGS)
source_file_la_LDFLAGS  = $(MODULE_LDFLAGS)
