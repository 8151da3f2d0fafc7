# SPDX-License-Identifier: Apache-2.0
# What the http source reads of servers.
EXTRA_DIST += tests/fuzz/http
check_PROGRAMS += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c $(FUZZ_MAIN)
tests_fuzz_fuzz_http_CFLAGS  = $(AM_CFLAGS) $(FUZZ_COMPILE)
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_http_LDADD   = plugins/sources/http/libhttp.la $(CURL_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS)
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_http.sh
TESTS += tests/fuzz/replay_http.sh
endif
