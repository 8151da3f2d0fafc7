# SPDX-License-Identifier: Apache-2.0
# libbase: what host, worker and source share (C library only). Host libraries are linked into libhost alone.
noinst_LTLIBRARIES += core/libbase.la
core_libbase_la_SOURCES = \
	core/base/blob.c core/base/blob.h \
	core/base/cleanup.h core/base/clock.h \
	core/base/distinct.h core/base/err.c core/base/err.h \
	core/base/escape.c core/base/escape.h \
	core/base/evidence.c core/base/evidence.h \
	core/base/limits.h \
	core/base/nearest.c core/base/nearest.h \
	core/base/options.c core/base/options.h \
	core/base/optset.c core/base/optset.h \
	core/base/opttable.c \
	core/base/optvalue.c core/base/optvalue.h \
	core/base/plugincheck.c core/base/plugincheck.h \
	core/base/plugindirs.c core/base/plugindirs.h \
	core/base/plugintrust.c \
	core/base/secret.c core/base/secret.h \
	core/base/units.c core/base/units.h \
	core/base/wire.c core/base/wire.h

# libloader: the only user of libltdl; for the host's sinks and for source processes.
noinst_LTLIBRARIES += core/libloader.la
core_libloader_la_SOURCES = \
	core/loader/loader.c core/loader/loader.h
core_libloader_la_LIBADD = core/libbase.la -lltdl
include core/worker/jail.mk

# libhost: what the host alone needs; the only user of libconfig, libuv, jansson and SQLite.
noinst_LTLIBRARIES += core/libhost.la
core_libhost_la_SOURCES = \
	core/host/signalguard.c core/host/signalguard.h core/host/source_check.c core/host/source_check.h \
	core/host/child.c core/host/child.h \
	core/host/commit.c core/host/commit.h \
	core/host/commit_head.c core/host/commit_batch.c core/host/commit_chunks.c core/host/commit_sinks.c core/host/commit_int.h \
	core/host/config.c core/host/config.h \
	core/host/config_text.c core/host/config_text.h \
	core/host/describe.c core/host/describe.h \
	core/host/describe_parse.c \
	core/host/feed.c core/host/feed_int.h core/host/feed_messages.c core/host/feed.h \
	core/host/journal.c core/host/journal.h core/host/journal_int.h core/host/journal_keys.c \
	core/host/ledger.c core/host/ledger.h \
	core/host/process.c core/host/process.h \
	core/host/recognise.c core/host/recognise.h \
	core/host/run.c core/host/run.h core/host/run_int.h \
	core/host/run_actions.c core/host/run_sinks.c \
	core/host/run_checkpoint.c core/host/run_settings.c core/host/run_acks.c core/host/run_gather.c core/host/run_decode.c core/host/run_decode_inner.c core/host/run_decode_process.c core/host/run_decode_int.h core/host/run_decode_messages.c core/host/run_decode_output.c core/host/run_dirs.c \
	core/host/distinct.c core/host/distinct.h \
	core/host/run_evidence.c \
	core/host/run_narrow.c \
	core/host/run_objects.c \
	core/host/run_plan.c core/host/run_plan.h \
	core/host/run_spool.c \
	core/host/run_verdict.c \
	core/host/run_work.c \
	core/host/run_workers.c \
	core/host/schema.c core/host/schema.h \
	core/host/seat.c core/host/seat.h \
	core/host/seat_messages.c core/host/seat_messages.h \
	core/host/sinkthread.c core/host/sinkthread.h core/host/sinkthread_int.h core/host/sinkwork.c \
	core/host/inputs.c core/host/inputs.h core/host/slot.c core/host/slot.h
core_libhost_la_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(CONFIG_CFLAGS) $(SQLITE_CFLAGS) $(XXHASH_CFLAGS) $(JANSSON_CFLAGS)
core_libhost_la_LIBADD = core/libloader.la core/libjail.la core/libbase.la $(UV_LIBS) $(CONFIG_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS) \
	$(JANSSON_LIBS)
include core/host/plan.mk
include core/serve/local.mk
include core/cli/local.mk

# penstock-worker: no event loop, no configuration, no journal; what runs in it is caged.
pkglibexec_PROGRAMS += penstock-worker
penstock_worker_SOURCES = \
	core/worker/cutter.c core/worker/cutter.h \
	core/worker/decode.c core/worker/decode.h \
	core/worker/describe.c core/worker/describe.h \
	core/worker/fingerprint.c core/worker/fingerprint.h core/worker/fingerprint_wide.c \
	core/worker/framing.c core/worker/framing.h \
	core/worker/link.c core/worker/link.h \
	core/worker/main.c \
	core/worker/narrow.c core/worker/narrow.h \
	core/worker/open.c core/worker/open.h \
	core/worker/setup.c core/worker/setup.h \
	core/worker/slots.c core/worker/slots.h \
	core/worker/batch.c core/worker/batch.h \
	core/worker/stage.c core/worker/stage.h
penstock_worker_CFLAGS = $(AM_CFLAGS) $(PEN_FAST) $(XXHASH_CFLAGS)
penstock_worker_LDADD = core/libjail.la core/libbase.la $(XXHASH_LIBS)

# penstock-source: one source plugin with its own credential.
pkglibexec_PROGRAMS += penstock-source
penstock_source_SOURCES = \
	core/source/acks.c core/source/acks.h core/source/check.c core/source/check.h \
	core/source/intake.c core/source/intake.h core/source/services.c core/source/services.h \
	core/source/spool.c core/source/spool.h core/source/ways.c core/source/ways.h \
	core/source/main.c
penstock_source_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
penstock_source_LDADD = core/libloader.la core/libjail.la core/libbase.la $(XXHASH_LIBS) -lpthread

# penstock-keyholder: a decoder with keys, in a cage where it may execute programs.
pkglibexec_PROGRAMS += penstock-keyholder
penstock_keyholder_SOURCES = \
	core/worker/decode.c core/worker/decode.h \
	core/worker/keyholder.c \
	core/worker/link.c core/worker/link.h \
	core/worker/open.c core/worker/open.h \
	core/worker/setup.c core/worker/setup.h \
	core/worker/slots.c core/worker/slots.h
penstock_keyholder_CFLAGS = $(AM_CFLAGS) $(PEN_FAST) $(XXHASH_CFLAGS)
penstock_keyholder_LDADD = core/libjail.la core/libbase.la $(XXHASH_LIBS)
