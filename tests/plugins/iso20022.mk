# SPDX-License-Identifier: Apache-2.0
# The iso20022 parser in the mock host.
EXTRA_DIST += tests/data/iso20022
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_iso20022
TESTS += tests/plugins/test_iso20022
tests_plugins_test_iso20022_SOURCES = tests/plugins/test_iso20022.c tests/plugins/iso20022_input.h
tests_plugins_test_iso20022_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_iso20022_LDADD   = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la \
	$(CUNIT_LIBS)

check_PROGRAMS += tests/plugins/test_iso20022_xsd
TESTS += tests/plugins/test_iso20022_xsd
tests_plugins_test_iso20022_xsd_SOURCES = tests/plugins/test_iso20022_xsd.c tests/plugins/iso20022_input.h
tests_plugins_test_iso20022_xsd_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_iso20022_xsd_LDADD   = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la \
	$(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_iso20022_check
TESTS += tests/unit/test_iso20022_check
tests_unit_test_iso20022_check_SOURCES  = tests/unit/test_iso20022_check.c
tests_unit_test_iso20022_check_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/xml/iso20022
tests_unit_test_iso20022_check_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_iso20022_check_LDADD    = plugins/parsers/xml/libiso20022.la $(CUNIT_LIBS)
endif
EXTRA_DIST += tests/plugins/iso20022_manpage.py
dist_check_SCRIPTS += tests/plugins/iso20022_manpage.sh
TESTS += tests/plugins/iso20022_manpage.sh
plain_tests += tests/plugins/iso20022_manpage.sh
