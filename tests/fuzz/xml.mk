# SPDX-License-Identifier: Apache-2.0
# The XML reading core beside libxml2.
EXTRA_DIST += tests/fuzz/xml tests/fuzz/xml_events.h
check_PROGRAMS += tests/fuzz/fuzz_xml
tests_fuzz_fuzz_xml_SOURCES  = tests/fuzz/fuzz_xml.c $(FUZZ_MAIN)
tests_fuzz_fuzz_xml_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/xml/core
tests_fuzz_fuzz_xml_CFLAGS   = $(AM_CFLAGS) $(FUZZ_COMPILE) $(XML2_CFLAGS)
tests_fuzz_fuzz_xml_LDFLAGS  = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_fuzz_xml_LDADD    = plugins/parsers/xml/core/libxmlcore.la $(XML2_LIBS)
if !FUZZ
dist_check_SCRIPTS += tests/fuzz/replay_xml.sh
TESTS += tests/fuzz/replay_xml.sh
endif
