# SPDX-License-Identifier: Apache-2.0
# libbase: what host, worker and source share (C library only). Host libraries are linked into libhost alone.
noinst_LTLIBRARIES += core/libbase.la
core_libbase_la_SOURCES = \
	core/base/blob.c core/base/blob.h \
	core/base/cleanup.h \
	core/base/err.c core/base/err.h \
	core/base/escape.c core/base/escape.h \
	core/base/evidence.c core/base/evidence.h \
	core/base/limits.h \
	core/base/nearest.c core/base/nearest.h \
	core/base/options.c core/base/options.h \
	core/base/optset.c core/base/optset.h \
	core/base/opttable.c \
	core/base/optvalue.c core/base/optvalue.h \
	core/base/plugincheck.c core/base/plugincheck.h \
	core/base/plugindirs.c core/base/plugindirs.h \
	core/base/plugintrust.c \
	core/base/secret.c core/base/secret.h \
	core/base/units.c core/base/units.h \
	core/base/wire.c core/base/wire.h

# libloader: the only user of libltdl; for the host's sinks and for source processes.
noinst_LTLIBRARIES += core/libloader.la
core_libloader_la_SOURCES = \
	core/loader/loader.c core/loader/loader.h
core_libloader_la_LIBADD = core/libbase.la -lltdl
include core/worker/jail.mk

# libhost: what the host alone needs; the only user of libconfig, libuv, jansson and SQLite.
noinst_LTLIBRARIES += core/libhost.la
core_libhost_la_SOURCES = \
	core/host/child.c core/host/child.h \
	core/host/commit.c core/host/commit.h \
	core/host/commit_head.c core/host/commit_int.h \
	core/host/describe.c core/host/describe.h \
	core/host/describe_parse.c
core_libhost_la_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(CONFIG_CFLAGS) $(SQLITE_CFLAGS) $(XXHASH_CFLAGS) $(JANSSON_CFLAGS)
core_libhost_la_LIBADD = core/libloader.la core/libbase.la $(UV_LIBS) $(CONFIG_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS) \
	$(JANSSON_LIBS)
