# SPDX-License-Identifier: Apache-2.0
# What the iso20022 parser says of files: a program to look with; the corpus run builds on it.
check_PROGRAMS += tests/conformance/iso20022_show
tests_conformance_iso20022_show_SOURCES  = tests/conformance/parser_show.c
tests_conformance_iso20022_show_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_conformance_iso20022_show_CFLAGS   = $(AM_CFLAGS)
tests_conformance_iso20022_show_LDADD    = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la
EXTRA_DIST += tests/conformance/iso20022.py
dist_check_SCRIPTS += tests/conformance/iso20022.sh
TESTS += tests/conformance/iso20022.sh
