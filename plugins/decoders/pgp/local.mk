# SPDX-License-Identifier: Apache-2.0
# pgp drives gpg and its agent: nothing of them is linked, they have to be there when it runs.
plugin_LTLIBRARIES += pgp.la
pgp_la_SOURCES  = plugins/decoders/pgp/agent.c plugins/decoders/pgp/gpg.c plugins/decoders/pgp/pgp.h \
	plugins/decoders/pgp/plugin.c plugins/decoders/pgp/verdict.c
pgp_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DGPG_PROGRAM='"$(GPG)"' -DGPG_AGENT_PROGRAM='"$(GPG_AGENT)"'
pgp_la_CFLAGS   = $(MODULE_CFLAGS)
pgp_la_LDFLAGS  = $(MODULE_LDFLAGS)
