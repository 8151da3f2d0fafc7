# SPDX-License-Identifier: Apache-2.0
plugin_LTLIBRARIES += x12-ack.la
x12_ack_la_SOURCES  = plugins/sinks/x12-ack/answer.c plugins/sinks/x12-ack/control.c plugins/sinks/x12-ack/sink.c \
	plugins/sinks/x12-ack/x12ack.h
x12_ack_la_CPPFLAGS = $(MODULE_CPPFLAGS)
x12_ack_la_CFLAGS   = $(MODULE_CFLAGS)
x12_ack_la_LDFLAGS  = $(MODULE_LDFLAGS)
