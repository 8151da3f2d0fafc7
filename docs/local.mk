# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += docs/ARCHITECTURE.md docs/HACKING.md
dist_man_MANS += docs/penstock.1 docs/penstock.conf.5 docs/penstock-csv.7 docs/penstock-nacha.7 docs/penstock-plugin.3 docs/penstock-x12.7
dist_man_MANS += docs/penstock-serve.8
dist_man_MANS += docs/penstock-xml.7
dist_man_MANS += docs/penstock-http.7
dist_man_MANS += docs/penstock-file.7 docs/penstock-sftp.7
dist_man_MANS += docs/penstock-iso20022.7
dist_man_MANS += docs/penstock-decoders.7
dist_man_MANS += docs/penstock-encoders.7
