# SPDX-License-Identifier: Apache-2.0
# penstock: the command line, one file a subcommand.
bin_PROGRAMS += penstock
penstock_SOURCES = \
	core/cli/check_json.c core/cli/check_json.h \
	core/cli/cli.h \
	core/cli/cmd_cat.c \
	core/cli/cmd_check.c \
	core/cli/cmd_describe.c \
	core/cli/cmd_graph.c \
	core/cli/cmd_infer.c \
	core/cli/cmd_plugins.c \
	core/cli/cmd_run.c \
	core/cli/cmd_serve.c \
	core/cli/cmd_status.c \
	core/cli/control_path.c core/cli/control_path.h \
	core/cli/infer.c core/cli/infer.h \
	core/cli/infer_sample.c \
	core/cli/main.c \
	core/cli/report.c core/cli/report.h \
	core/cli/report_json.c core/cli/report_json.h \
	core/cli/show_plan.c core/cli/show_plan.h
penstock_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(SQLITE_CFLAGS) $(XXHASH_CFLAGS) $(JANSSON_CFLAGS)
penstock_LDADD  = core/libhost.la
