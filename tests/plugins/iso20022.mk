# SPDX-License-Identifier: Apache-2.0
# The iso20022 parser in the mock host.
EXTRA_DIST += tests/data/iso20022
if HAVE_CUNIT
check_PROGRAMS += tests/plugins/test_iso20022
TESTS += tests/plugins/test_iso20022
tests_plugins_test_iso20022_SOURCES = tests/plugins/test_iso20022.c
tests_plugins_test_iso20022_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_plugins_test_iso20022_LDADD   = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la \
	$(CUNIT_LIBS)
endif
