# SPDX-License-Identifier: Apache-2.0
# The generic xml parser in the mock host.
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_xml
TESTS += tests/plugins/test_xml
tests_plugins_test_xml_SOURCES  = tests/plugins/test_xml.c
tests_plugins_test_xml_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_test_xml_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_xml_LDADD    = plugins/parsers/xml/libxml.la $(CUNIT_LIBS)

check_PROGRAMS += tests/plugins/test_xml_xsd
TESTS += tests/plugins/test_xml_xsd
tests_plugins_test_xml_xsd_SOURCES  = tests/plugins/test_xml_xsd.c
tests_plugins_test_xml_xsd_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_test_xml_xsd_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_xml_xsd_LDADD    = plugins/parsers/xml/libxml.la $(CUNIT_LIBS)
endif
EXTRA_DIST += tests/plugins/xml_manpage.py
dist_check_SCRIPTS += tests/plugins/xml_manpage.sh
TESTS += tests/plugins/xml_manpage.sh
plain_tests += tests/plugins/xml_manpage.sh
