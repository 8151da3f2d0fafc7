# SPDX-License-Identifier: Apache-2.0
# Decoders: gzip on ISA-L, or on zlib where that is not there, the others on libarchive, one source built once for each.
plugin_LTLIBRARIES += gzip.la
gzip_la_SOURCES  = plugins/decoders/gzip/engine.h plugins/decoders/gzip/gzip.c
gzip_la_CPPFLAGS = $(MODULE_CPPFLAGS)
gzip_la_CFLAGS   = $(MODULE_CFLAGS) $(GZIP_CFLAGS)
gzip_la_LDFLAGS  = $(MODULE_LDFLAGS)
gzip_la_LIBADD   = $(GZIP_LIBS)
if HAVE_ISAL
gzip_la_SOURCES += plugins/decoders/gzip/engine_isal.c plugins/decoders/gzip/header.c plugins/decoders/gzip/header.h
else
gzip_la_SOURCES += plugins/decoders/gzip/engine_zlib.c
endif
plugin_LTLIBRARIES += zip.la
zip_la_SOURCES  = plugins/decoders/archive/archive.c
zip_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DARCHIVE_zip
zip_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
zip_la_LDFLAGS  = $(MODULE_LDFLAGS)
zip_la_LIBADD   = $(LIBARCHIVE_LIBS)
plugin_LTLIBRARIES += tar.la
tar_la_SOURCES  = plugins/decoders/archive/archive.c
tar_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DARCHIVE_tar
tar_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
tar_la_LDFLAGS  = $(MODULE_LDFLAGS)
tar_la_LIBADD   = $(LIBARCHIVE_LIBS)
plugin_LTLIBRARIES += bzip2.la
bzip2_la_SOURCES  = plugins/decoders/archive/archive.c
bzip2_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DARCHIVE_bzip2
bzip2_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
bzip2_la_LDFLAGS  = $(MODULE_LDFLAGS)
bzip2_la_LIBADD   = $(LIBARCHIVE_LIBS)
plugin_LTLIBRARIES += xz.la
xz_la_SOURCES  = plugins/decoders/archive/archive.c
xz_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DARCHIVE_xz
xz_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
xz_la_LDFLAGS  = $(MODULE_LDFLAGS)
xz_la_LIBADD   = $(LIBARCHIVE_LIBS)
plugin_LTLIBRARIES += zstd.la
zstd_la_SOURCES  = plugins/decoders/archive/archive.c
zstd_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DARCHIVE_zstd
zstd_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
zstd_la_LDFLAGS  = $(MODULE_LDFLAGS)
zstd_la_LIBADD   = $(LIBARCHIVE_LIBS)
include plugins/decoders/pgp/local.mk
