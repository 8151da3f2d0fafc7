# SPDX-License-Identifier: Apache-2.0
# serve: a supervisor that starts a host for each pipeline when it is due. What decides is pure; what acts turns a loop.
core_libhost_la_SOURCES += \
	core/serve/cron.c core/serve/cron.h \
	core/serve/pool.c core/serve/pool.h \
	core/serve/schedule.c core/serve/schedule.h \
	core/serve/zone.c core/serve/zone.h
