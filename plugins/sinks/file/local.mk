plugin_LTLIBRARIES += sink-file.la
sink_file_la_SOURCES  = plugins/sinks/file/file.c plugins/sinks/file/file.h plugins/sinks/file/path.c \
	plugins/sinks/file/stream.c plugins/sinks/file/part.c plugins/sinks/file/batch.c plugins/sinks/file/progress.c
sink_file_la_CPPFLAGS = $(MODULE_CPPFLAGS)
sink_file_la_CFLAGS   = $(MODULE_CFLAGS)
sink_file_la_LDFLAGS  = $(MODULE_LDFLAGS)
