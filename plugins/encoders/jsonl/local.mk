plugin_LTLIBRARIES += jsonl.la
jsonl_la_SOURCES  = plugins/encoders/jsonl/jsonl.c plugins/encoders/jsonl/jsonl.h plugins/encoders/jsonl/plan.c \
	plugins/encoders/jsonl/heat.c plugins/encoders/jsonl/row.c \
	plugins/encoders/jsonl/words.c plugins/encoders/jsonl/escape.h
jsonl_la_CPPFLAGS = $(MODULE_CPPFLAGS)
jsonl_la_CFLAGS   = $(MODULE_CFLAGS)
jsonl_la_LDFLAGS  = $(MODULE_LDFLAGS)
