plugin_LTLIBRARIES += stdout.la
stdout_la_SOURCES  = plugins/sinks/stdout/stdout.c
stdout_la_CPPFLAGS = $(MODULE_CPPFLAGS)
stdout_la_CFLAGS   = $(MODULE_CFLAGS)
stdout_la_LDFLAGS  = $(MODULE_LDFLAGS)
