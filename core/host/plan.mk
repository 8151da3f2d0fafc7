# SPDX-License-Identifier: Apache-2.0
# From a configuration file to checked pipelines.
core_libhost_la_SOURCES += \
	core/host/bound.c core/host/bound.h \
	core/host/machine.c core/host/machine.h \
	core/host/plan.c core/host/plan.h core/host/plan_int.h \
	core/host/config_pack.c \
	core/host/plan_cat.c \
	core/host/plan_fingerprint.c \
	core/host/plan_resolve.c \
	core/host/plan_settings.c \
	core/host/plan_tables.c
