plugin_LTLIBRARIES += sqlite.la
sqlite_la_SOURCES  = plugins/sinks/sqlite/sqlite.c plugins/sinks/sqlite/sqlite.h plugins/sinks/sqlite/schema.c \
	plugins/sinks/sqlite/insert.c plugins/sinks/sqlite/checkpoint.c
sqlite_la_CPPFLAGS = $(MODULE_CPPFLAGS) $(SQLITE_CFLAGS)
sqlite_la_CFLAGS   = $(MODULE_CFLAGS)
sqlite_la_LDFLAGS  = $(MODULE_LDFLAGS)
sqlite_la_LIBADD   = $(SQLITE_LIBS)
