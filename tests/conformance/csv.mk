# SPDX-License-Identifier: Apache-2.0
# What the csv parser says of files: a program to look with; the corpus run builds on it.
check_PROGRAMS += tests/conformance/csv_show
tests_conformance_csv_show_SOURCES  = tests/conformance/parser_show.c
tests_conformance_csv_show_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_conformance_csv_show_CFLAGS   = $(AM_CFLAGS)
tests_conformance_csv_show_LDADD    = plugins/parsers/csv/libcsv.la
check_PROGRAMS += tests/conformance/csv_guess
tests_conformance_csv_guess_SOURCES = tests/conformance/csv_guess.c core/cli/infer_sample.c core/cli/infer.h
tests_conformance_csv_guess_CFLAGS  = $(AM_CFLAGS)
EXTRA_DIST += tests/conformance/csv.py
dist_check_SCRIPTS += tests/conformance/csv.sh
TESTS += tests/conformance/csv.sh
