# SPDX-License-Identifier: Apache-2.0
# make installcheck: the installed tree, not the one that was built.
EXTRA_DIST += tests/install/installed.sh
installcheck-local:
	srcdir='$(srcdir)' bindir='$(bindir)' plugindir='$(plugindir)' mandir='$(mandir)' \
	  pkgconfigdir='$(pkgconfigdir)' bash $(srcdir)/tests/install/installed.sh
