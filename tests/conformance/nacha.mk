# SPDX-License-Identifier: Apache-2.0
# What the nacha parser says of files: a program to look with; the corpus run builds on it.
check_PROGRAMS += tests/conformance/nacha_show
tests_conformance_nacha_show_SOURCES  = tests/conformance/parser_show.c
tests_conformance_nacha_show_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_conformance_nacha_show_CFLAGS   = $(AM_CFLAGS)
tests_conformance_nacha_show_LDADD    = plugins/parsers/nacha/libnacha.la
EXTRA_DIST += tests/conformance/nacha.py docs/CONFORMANCE.md
dist_check_SCRIPTS += tests/conformance/nacha.sh
TESTS += tests/conformance/nacha.sh
