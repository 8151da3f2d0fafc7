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
	plugins/parsers/xml/core/xmlcore.h \
	plugins/parsers/xml/core/xmlxsd.h \
	plugins/parsers/xml/core/xsd.c \
	plugins/parsers/xml/core/xsd.h \
	plugins/parsers/xml/core/xsd_lib.c \
	plugins/parsers/xml/core/xsd_load.c \
	plugins/parsers/xml/core/xsd_memory.c
plugins_parsers_xml_core_libxmlcore_la_CPPFLAGS = $(XML_CPPFLAGS) $(XML2_CFLAGS)
plugins_parsers_xml_core_libxmlcore_la_CFLAGS   = $(MODULE_CFLAGS)

noinst_LTLIBRARIES += plugins/parsers/xml/libxml.la
plugins_parsers_xml_libxml_la_SOURCES = \
	plugins/parsers/xml/events.c \
	plugins/parsers/xml/plugin.c \
	plugins/parsers/xml/schema.c \
	plugins/parsers/xml/spec.c \
	plugins/parsers/xml/tree.c \
	plugins/parsers/xml/value.c \
	plugins/parsers/xml/xml.h
plugins_parsers_xml_libxml_la_CPPFLAGS = $(XML_CPPFLAGS)
plugins_parsers_xml_libxml_la_CFLAGS   = $(MODULE_CFLAGS)
plugins_parsers_xml_libxml_la_LIBADD   = plugins/parsers/xml/core/libxmlcore.la

plugin_LTLIBRARIES += xml.la
xml_la_SOURCES  =
xml_la_CPPFLAGS = $(XML_CPPFLAGS)
xml_la_CFLAGS   = $(MODULE_CFLAGS)
xml_la_LDFLAGS  = $(MODULE_LDFLAGS)
xml_la_LIBADD   = plugins/parsers/xml/libxml.la
include plugins/parsers/xml/iso20022/local.mk
