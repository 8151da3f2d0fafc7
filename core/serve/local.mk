# SPDX-License-Identifier: Apache-2.0
# serve: a supervisor that starts a host for each pipeline when it is due. What decides is pure; what acts turns a loop.
core_libhost_la_SOURCES += \
	core/serve/catalog.c core/serve/catalog.h \
	core/serve/control.c \
	core/serve/cron.c core/serve/cron.h \
	core/serve/facts.c core/serve/facts.h \
	core/serve/files.c core/serve/files.h \
	core/serve/job.c core/serve/job.h \
	core/serve/notify.c core/serve/notify.h \
	core/serve/pool.c core/serve/pool.h \
	core/serve/reload.c \
	core/serve/runner.c \
	core/serve/runner_lines.c \
	core/serve/schedule.c core/serve/schedule.h \
	core/serve/serve.c core/serve/serve.h core/serve/serve_int.h \
	core/serve/status.c \
	core/serve/usage.c core/serve/usage.h \
	core/serve/zone.c core/serve/zone.h
