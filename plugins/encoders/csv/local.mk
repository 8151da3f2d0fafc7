plugin_LTLIBRARIES += encoder-csv.la
encoder_csv_la_SOURCES  = plugins/encoders/csv/csv.c plugins/encoders/csv/cell.h
encoder_csv_la_CPPFLAGS = $(MODULE_CPPFLAGS)
encoder_csv_la_CFLAGS   = $(MODULE_CFLAGS)
encoder_csv_la_LDFLAGS  = $(MODULE_LDFLAGS)
