# SPDX-License-Identifier: Apache-2.0
# One file a customer, for `penstock serve`.
confexamplesdir = $(pkgdatadir)/examples/conf.d
dist_confexamples_DATA = etc/conf.d/acme.conf etc/conf.d/umbrella.conf

# Units of systemd; the programs' place is filled in.
systemdsystemunit_DATA = etc/systemd/penstock.service etc/systemd/penstock@.service
sysusersdir = $(prefix)/lib/sysusers.d
EXTRA_DIST += etc/systemd/penstock.service.in etc/systemd/penstock@.service.in etc/systemd/penstock.sysusers
CLEANFILES += $(systemdsystemunit_DATA)
all-local: $(systemdsystemunit_DATA)
SUBST_UNIT = $(MKDIR_P) etc/systemd && sed -e 's|@bindir[@]|$(bindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g'
etc/systemd/penstock.service: etc/systemd/penstock.service.in Makefile
	$(AM_V_GEN)$(SUBST_UNIT) $(srcdir)/etc/systemd/penstock.service.in > $@
etc/systemd/penstock@.service: etc/systemd/penstock@.service.in Makefile
	$(AM_V_GEN)$(SUBST_UNIT) $(srcdir)/etc/systemd/penstock@.service.in > $@
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysusersdir)"
	$(INSTALL_DATA) $(srcdir)/etc/systemd/penstock.sysusers "$(DESTDIR)$(sysusersdir)/penstock.conf"
uninstall-local:
	rm -f "$(DESTDIR)$(sysusersdir)/penstock.conf"
