# SPDX-License-Identifier: Apache-2.0
# libjail: the worker's jail, and the host's side of a denial (denial.h).
noinst_LTLIBRARIES += core/libjail.la
core_libjail_la_SOURCES = \
	core/worker/cage.c core/worker/cage.h core/worker/cage_keys.c \
	core/worker/denial.c core/worker/denial.h \
	core/worker/jail.c core/worker/jail.h \
	core/worker/jail_drop.c \
	core/worker/jail_landlock.c \
	core/worker/jail_parts.h \
	core/worker/jail_seccomp.c \
	core/worker/jail_trap.c
core_libjail_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
core_libjail_la_LIBADD = core/libbase.la $(SECCOMP_LIBS)
