# SPDX-License-Identifier: Apache-2.0
plugin_LTLIBRARIES += source-sftp.la
source_sftp_la_SOURCES  = plugins/sources/sftp/sftp.c plugins/sources/sftp/sftp.h plugins/sources/sftp/auth.c \
	plugins/sources/sftp/fetch.c plugins/sources/sftp/hostkey.c plugins/sources/sftp/link.c plugins/sources/sftp/list.c \
	plugins/sources/sftp/offer.c plugins/sources/sftp/part.c plugins/sources/sftp/remote.c plugins/sources/sftp/state.c
source_sftp_la_CPPFLAGS = $(MODULE_CPPFLAGS) $(SSH_CFLAGS) $(SQLITE_CFLAGS) $(XXHASH_CFLAGS)
source_sftp_la_CFLAGS   = $(MODULE_CFLAGS)
source_sftp_la_LDFLAGS  = $(MODULE_LDFLAGS)
source_sftp_la_LIBADD   = $(SSH_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS)
