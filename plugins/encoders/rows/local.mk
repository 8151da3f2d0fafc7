plugin_LTLIBRARIES += rows.la
rows_la_SOURCES  = plugins/encoders/rows/rows.c
rows_la_CPPFLAGS = $(MODULE_CPPFLAGS)
rows_la_CFLAGS   = $(MODULE_CFLAGS)
rows_la_LDFLAGS  = $(MODULE_LDFLAGS)
