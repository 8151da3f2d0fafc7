plugin_LTLIBRARIES += mask.la
mask_la_SOURCES  = plugins/filters/mask/mask.c
mask_la_CPPFLAGS = $(MODULE_CPPFLAGS)
mask_la_CFLAGS   = $(MODULE_CFLAGS)
mask_la_LDFLAGS  = $(MODULE_LDFLAGS)
