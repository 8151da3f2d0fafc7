# SPDX-License-Identifier: Apache-2.0
# Samples to copy: nothing is read from where they are installed.
dist_pkgdata_DATA = etc/penstock.conf.sample
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	etc/examples/csv-to-sqlite.conf \
	etc/examples/http-to-jsonl.conf \
	etc/examples/nacha-to-sqlite.conf \
	etc/examples/archives-to-sqlite.conf \
	etc/examples/pgp-to-sqlite.conf \
	etc/examples/x12-to-sqlite.conf \
	etc/examples/xml-to-sqlite.conf \
	etc/examples/pacs008-to-sqlite.conf \
	etc/examples/camt053-to-csv.conf
include etc/serve.mk
dist_examples_DATA += etc/examples/follow-inbox.conf etc/examples/sftp-nacha-to-sqlite.conf
