# SPDX-License-Identifier: Apache-2.0
# source-http.so: a sink may share the name. Its objects are a convenience library, so that tests can link them.
noinst_LTLIBRARIES += plugins/sources/http/libhttp.la
plugins_sources_http_libhttp_la_SOURCES = \
	plugins/sources/http/address.c \
	plugins/sources/http/body.c \
	plugins/sources/http/breaker.c \
	plugins/sources/http/expand.c \
	plugins/sources/http/http.h \
	plugins/sources/http/link.c \
	plugins/sources/http/loop.c \
	plugins/sources/http/plugin.c \
	plugins/sources/http/pure.h \
	plugins/sources/http/rate.c \
	plugins/sources/http/request.c \
	plugins/sources/http/retry.c \
	plugins/sources/http/sockets.c plugins/sources/http/state.c \
	plugins/sources/http/target.c \
	plugins/sources/http/token.c \
	plugins/sources/http/verdict.c
plugins_sources_http_libhttp_la_CPPFLAGS = $(MODULE_CPPFLAGS) $(CURL_CFLAGS) $(SQLITE_CFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS)
plugins_sources_http_libhttp_la_CFLAGS   = $(MODULE_CFLAGS)

plugin_LTLIBRARIES += source-http.la
source_http_la_SOURCES  =
source_http_la_CPPFLAGS = $(MODULE_CPPFLAGS)
source_http_la_CFLAGS   = $(MODULE_CFLAGS)
source_http_la_LDFLAGS  = $(MODULE_LDFLAGS)
source_http_la_LIBADD   = plugins/sources/http/libhttp.la $(CURL_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS)
