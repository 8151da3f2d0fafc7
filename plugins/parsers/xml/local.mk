# SPDX-License-Identifier: Apache-2.0
# XML: the reading core, and the parsers that are built on it, a shared object each: this one and iso20022.
XML_CPPFLAGS = $(MODULE_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/xml/core
noinst_LTLIBRARIES += plugins/parsers/xml/core/libxmlcore.la
plugins_parsers_xml_core_libxmlcore_la_SOURCES = \
	plugins/parsers/xml/core/carry.c \
	plugins/parsers/xml/core/chars.c \
	plugins/parsers/xml/core/look.c \
	plugins/parsers/xml/core/names.c \
	plugins/parsers/xml/core/prolog.c \
	plugins/parsers/xml/core/skip.c \
	plugins/parsers/xml/core/skip_body.h \
	plugins/parsers/xml/core/tag.c \
	plugins/parsers/xml/core/text.c \
	plugins/parsers/xml/core/token.c \
	plugins/parsers/xml/core/walk.c \
	plugins/parsers/xml/core/walk.h \
	plugins/parsers/xml/core/xmlcore.h
plugins_parsers_xml_core_libxmlcore_la_CPPFLAGS = $(XML_CPPFLAGS)
plugins_parsers_xml_core_libxmlcore_la_CFLAGS   = $(MODULE_CFLAGS)
