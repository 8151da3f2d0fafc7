# SPDX-License-Identifier: Apache-2.0
# Generators, bare loops to compare with, and the script that measures one against the other.
noinst_PROGRAMS += bench/gen_nacha
bench_gen_nacha_SOURCES = bench/gen_nacha.c
bench_gen_nacha_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)

noinst_PROGRAMS += bench/measure
bench_measure_SOURCES = bench/measure.c

noinst_PROGRAMS += bench/awake
bench_awake_SOURCES = bench/awake.c
EXTRA_DIST += bench/measuring.sh

noinst_PROGRAMS += bench/bare_sqlite
bench_bare_sqlite_SOURCES = bench/bare_sqlite.c bench/bare.h
bench_bare_sqlite_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST) $(SQLITE_CFLAGS)
bench_bare_sqlite_LDADD   = $(SQLITE_LIBS)

noinst_PROGRAMS += bench/bare_http
bench_bare_http_SOURCES = bench/bare_http.c
bench_bare_http_CFLAGS  = $(AM_CFLAGS) $(CURL_CFLAGS)
bench_bare_http_LDADD   = $(CURL_LIBS)
EXTRA_DIST += bench/run-http bench/results-http.md bench/peers/asyncio_http.py bench/peers/aiohttp_count.py
EXTRA_DIST += bench/run bench/run-csv bench/results-csv.md bench/run-decode bench/results-decode.md bench/run-x12 bench/results-x12.md bench/peers/line_loop.py bench/peers/asyncio_pool.py

noinst_PROGRAMS += bench/bare_nacha
bench_bare_nacha_SOURCES = bench/bare_nacha.c bench/bare.h
bench_bare_nacha_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)

noinst_PROGRAMS += bench/gen_csv
bench_gen_csv_SOURCES = bench/gen_csv.c
bench_gen_csv_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)
noinst_PROGRAMS += bench/bare_csv
bench_bare_csv_SOURCES = bench/bare_csv.c
bench_bare_csv_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)
EXTRA_DIST += bench/results.md bench/run-iso20022 bench/results-iso20022.md bench/run-xml bench/results-xml.md

noinst_PROGRAMS += bench/bare_sax
bench_bare_sax_SOURCES = bench/bare_sax.c
bench_bare_sax_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST) $(XML2_CFLAGS)
bench_bare_sax_LDADD   = $(XML2_LIBS)
noinst_PROGRAMS += bench/scan_xml
bench_scan_xml_SOURCES  = bench/scan_xml.c
bench_scan_xml_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/parsers/xml/core
bench_scan_xml_CFLAGS   = $(AM_CFLAGS) $(PEN_FAST)
bench_scan_xml_LDADD    = plugins/parsers/xml/core/libxmlcore.la
noinst_PROGRAMS += bench/gen_pacs008
bench_gen_pacs008_SOURCES = bench/gen_pacs008.c
bench_gen_pacs008_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)
noinst_PROGRAMS += bench/gen_x12
bench_gen_x12_SOURCES = bench/gen_x12.c
bench_gen_x12_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)
noinst_PROGRAMS += bench/bare_x12
bench_bare_x12_SOURCES = bench/bare_x12.c
bench_bare_x12_CFLAGS  = $(AM_CFLAGS) $(PEN_FAST)
EXTRA_DIST += bench/run-sftp bench/results-sftp.md
