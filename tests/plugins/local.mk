# SPDX-License-Identifier: Apache-2.0
# Plugins that misbehave, for tests only: -rpath makes libtool build modules that are never installed.
HOSTILE_LINK = $(MODULE_LDFLAGS) -rpath /nowhere
hostile_modules = tests/plugins/hostile.la tests/plugins/ctor_socket.la tests/plugins/ctor_write.la tests/plugins/ctor_exec.la \
	tests/plugins/ctor_read.la tests/plugins/drip.la
check_LTLIBRARIES += $(hostile_modules)
tests_plugins_hostile_la_SOURCES = \
	tests/plugins/hostile/hostile.c tests/plugins/hostile/hostile.h \
	tests/plugins/hostile/hostile_calls.c \
	tests/plugins/hostile/hostile_wire.c
tests_plugins_hostile_la_CPPFLAGS = $(MODULE_CPPFLAGS) -I$(top_srcdir)
tests_plugins_hostile_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_hostile_la_LDFLAGS  = $(HOSTILE_LINK)

tests_plugins_ctor_socket_la_SOURCES  = tests/plugins/hostile/constructor.c
tests_plugins_ctor_socket_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DCTOR_SOCKET
tests_plugins_ctor_socket_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_ctor_socket_la_LDFLAGS  = $(HOSTILE_LINK)
tests_plugins_ctor_write_la_SOURCES  = tests/plugins/hostile/constructor.c
tests_plugins_ctor_write_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DCTOR_WRITE
tests_plugins_ctor_write_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_ctor_write_la_LDFLAGS  = $(HOSTILE_LINK)
tests_plugins_ctor_exec_la_SOURCES  = tests/plugins/hostile/constructor.c
tests_plugins_ctor_exec_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DCTOR_EXEC
tests_plugins_ctor_exec_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_ctor_exec_la_LDFLAGS  = $(HOSTILE_LINK)
tests_plugins_ctor_read_la_SOURCES  = tests/plugins/hostile/constructor.c
tests_plugins_ctor_read_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DCTOR_READ
tests_plugins_ctor_read_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_ctor_read_la_LDFLAGS  = $(HOSTILE_LINK)
tests_plugins_drip_la_SOURCES  = tests/plugins/drip.c
tests_plugins_drip_la_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_drip_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_drip_la_LDFLAGS  = $(HOSTILE_LINK)
include tests/plugins/decoders.mk
include tests/plugins/nacha.mk
check_LTLIBRARIES += tests/plugins/hanging.la
tests_plugins_hanging_la_SOURCES  = tests/plugins/hanging.c
tests_plugins_hanging_la_CPPFLAGS = $(MODULE_CPPFLAGS)
tests_plugins_hanging_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_plugins_hanging_la_LDFLAGS  = $(HOSTILE_LINK)
