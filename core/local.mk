# SPDX-License-Identifier: Apache-2.0
# libbase: what host, worker and source share (C library only). Host libraries are linked into libhost alone.
noinst_LTLIBRARIES += core/libbase.la
core_libbase_la_SOURCES = \
	core/base/blob.c core/base/blob.h \
	core/base/cleanup.h \
	core/base/err.c core/base/err.h \
	core/base/evidence.c core/base/evidence.h \
	core/base/limits.h \
	core/base/wire.c core/base/wire.h
