# SPDX-License-Identifier: Apache-2.0
# The XML reading core beside libxml2, over any files.
check_PROGRAMS += tests/conformance/xml_show
tests_conformance_xml_show_SOURCES  = tests/conformance/xml_show.c tests/fuzz/xml_events.h
tests_conformance_xml_show_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/xml/core
tests_conformance_xml_show_CFLAGS   = $(AM_CFLAGS) $(XML2_CFLAGS)
tests_conformance_xml_show_LDADD    = plugins/parsers/xml/core/libxmlcore.la $(XML2_LIBS)
EXTRA_DIST += tests/conformance/xml.py
dist_check_SCRIPTS += tests/conformance/xml.sh
TESTS += tests/conformance/xml.sh
