# SPDX-License-Identifier: Apache-2.0
# Every decoder, in one target: each is built once more, under a name of its own.
EXTRA_DIST += tests/fuzz/decoders
check_LTLIBRARIES += tests/fuzz/libgzip.la
tests_fuzz_libgzip_la_SOURCES  = plugins/decoders/gzip/engine.h plugins/decoders/gzip/gzip.c
tests_fuzz_libgzip_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_gzip
tests_fuzz_libgzip_la_CFLAGS   = $(MODULE_CFLAGS) $(GZIP_CFLAGS)
if HAVE_ISAL
tests_fuzz_libgzip_la_SOURCES += plugins/decoders/gzip/engine_isal.c plugins/decoders/gzip/header.c plugins/decoders/gzip/header.h
else
tests_fuzz_libgzip_la_SOURCES += plugins/decoders/gzip/engine_zlib.c
endif
check_LTLIBRARIES += tests/fuzz/libbzip2.la
tests_fuzz_libbzip2_la_SOURCES  = plugins/decoders/archive/archive.c
tests_fuzz_libbzip2_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_bzip2 -DARCHIVE_bzip2
tests_fuzz_libbzip2_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
check_LTLIBRARIES += tests/fuzz/libxz.la
tests_fuzz_libxz_la_SOURCES  = plugins/decoders/archive/archive.c
tests_fuzz_libxz_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_xz -DARCHIVE_xz
tests_fuzz_libxz_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
check_LTLIBRARIES += tests/fuzz/libzstd.la
tests_fuzz_libzstd_la_SOURCES  = plugins/decoders/archive/archive.c
tests_fuzz_libzstd_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_zstd -DARCHIVE_zstd
tests_fuzz_libzstd_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
check_LTLIBRARIES += tests/fuzz/libzip.la
tests_fuzz_libzip_la_SOURCES  = plugins/decoders/archive/archive.c
tests_fuzz_libzip_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_zip -DARCHIVE_zip
tests_fuzz_libzip_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
check_LTLIBRARIES += tests/fuzz/libtar.la
tests_fuzz_libtar_la_SOURCES  = plugins/decoders/archive/archive.c
tests_fuzz_libtar_la_CPPFLAGS = $(MODULE_CPPFLAGS) -Dpenstock_plugin=plugin_tar -DARCHIVE_tar
tests_fuzz_libtar_la_CFLAGS   = $(MODULE_CFLAGS) $(LIBARCHIVE_CFLAGS)
check_PROGRAMS += tests/fuzz/fuzz_decoders
tests_fuzz_fuzz_decoders_SOURCES = tests/fuzz/fuzz_decoders.c tests/plugins/decode_drive.h $(FUZZ_MAIN)
tests_fuzz_fuzz_decoders_CFLAGS  = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_decoders_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_decoders_LDADD   = tests/fuzz/libgzip.la tests/fuzz/libbzip2.la tests/fuzz/libxz.la tests/fuzz/libzstd.la \
	tests/fuzz/libzip.la tests/fuzz/libtar.la $(GZIP_LIBS) $(LIBARCHIVE_LIBS) $(ZLIB_LIBS)
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_decoders.sh
TESTS += tests/fuzz/replay_decoders.sh
endif
