# SPDX-License-Identifier: Apache-2.0
# The iso20022 parser and the definitions of its messages.
noinst_LTLIBRARIES += plugins/parsers/xml/libiso20022.la
plugins_parsers_xml_libiso20022_la_SOURCES = \
	plugins/parsers/xml/iso20022/check.c plugins/parsers/xml/iso20022/check.h \
	plugins/parsers/xml/iso20022/def.c plugins/parsers/xml/iso20022/def.h \
	plugins/parsers/xml/iso20022/find.c \
	plugins/parsers/xml/iso20022/group.c \
	plugins/parsers/xml/iso20022/ids.c \
	plugins/parsers/xml/iso20022/iso20022.h \
	plugins/parsers/xml/iso20022/map.c \
	plugins/parsers/xml/iso20022/message.c \
	plugins/parsers/xml/iso20022/plugin.c \
	plugins/parsers/xml/iso20022/rows.c \
	plugins/parsers/xml/iso20022/rules.h \
	plugins/parsers/xml/iso20022/totals.c \
	plugins/parsers/xml/iso20022/validate.c \
	plugins/parsers/xml/iso20022/value.c
plugins_parsers_xml_libiso20022_la_CPPFLAGS = $(XML_CPPFLAGS) -DISO20022_DEFINITIONS='"$(pkgdatadir)/iso20022"'
plugins_parsers_xml_libiso20022_la_CFLAGS   = $(MODULE_CFLAGS)

plugin_LTLIBRARIES += iso20022.la
iso20022_la_SOURCES  =
iso20022_la_CPPFLAGS = $(MODULE_CPPFLAGS)
iso20022_la_CFLAGS   = $(MODULE_CFLAGS)
iso20022_la_LDFLAGS  = $(MODULE_LDFLAGS)
iso20022_la_LIBADD   = plugins/parsers/xml/libiso20022.la plugins/parsers/xml/core/libxmlcore.la

iso20022defsdir = $(pkgdatadir)/iso20022
dist_iso20022defs_DATA = \
	plugins/parsers/xml/iso20022/messages/index \
	plugins/parsers/xml/iso20022/messages/common.def \
	plugins/parsers/xml/iso20022/messages/head.001.def \
	plugins/parsers/xml/iso20022/messages/pain.001.def \
	plugins/parsers/xml/iso20022/messages/pain.002.def \
	plugins/parsers/xml/iso20022/messages/pain.008.def \
	plugins/parsers/xml/iso20022/messages/pacs.002.def \
	plugins/parsers/xml/iso20022/messages/pacs.003.def \
	plugins/parsers/xml/iso20022/messages/pacs.004.def \
	plugins/parsers/xml/iso20022/messages/pacs.008.def \
	plugins/parsers/xml/iso20022/messages/pacs.009.def \
	plugins/parsers/xml/iso20022/messages/camt.029.def \
	plugins/parsers/xml/iso20022/messages/camt.052.def \
	plugins/parsers/xml/iso20022/messages/camt.053.def \
	plugins/parsers/xml/iso20022/messages/camt.054.def \
	plugins/parsers/xml/iso20022/messages/camt.056.def
