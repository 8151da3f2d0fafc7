# SPDX-License-Identifier: Apache-2.0
# The http source against real servers on loopback, which the tests start and stop.
http_tests = tests/http/example.sh tests/http/faults.sh tests/http/features.sh tests/http/kill.sh tests/http/tls.sh
TESTS += $(http_tests)
EXTRA_DIST += $(http_tests) tests/http/faulty_server.py tests/http/httplib.sh
if HAVE_CUNIT
check_PROGRAMS += tests/http/test_pure
TESTS += tests/http/test_pure
tests_http_test_pure_SOURCES = tests/http/test_pure.c
tests_http_test_pure_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_http_test_pure_LDADD   = plugins/sources/http/libhttp.la $(CURL_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(CUNIT_LIBS)
endif
