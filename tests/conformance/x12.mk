# SPDX-License-Identifier: Apache-2.0
# What the x12 parser says of files: a program to look with; the corpus run builds on it.
check_PROGRAMS += tests/conformance/x12_show
tests_conformance_x12_show_SOURCES  = tests/conformance/parser_show.c
tests_conformance_x12_show_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_conformance_x12_show_CFLAGS   = $(AM_CFLAGS)
tests_conformance_x12_show_LDADD    = plugins/parsers/x12/libx12.la
EXTRA_DIST += tests/conformance/x12.py
dist_check_SCRIPTS += tests/conformance/x12.sh
TESTS += tests/conformance/x12.sh
