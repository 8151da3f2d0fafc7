# SPDX-License-Identifier: Apache-2.0
# Options, config file, plan, loader, describe.
if HAVE_CUNIT
check_PROGRAMS += tests/unit/test_options
TESTS += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_options_LDADD   = core/libbase.la $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_loader
TESTS += tests/unit/test_loader
tests_unit_test_loader_SOURCES  = tests/unit/test_loader.c
tests_unit_test_loader_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_PLUGINS='"$(abs_builddir)/tests/unit/badplugins/.libs"'
tests_unit_test_loader_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_loader_LDADD    = core/libloader.la core/libbase.la $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_describe tests/unit/standin_worker
TESTS += tests/unit/test_describe
tests_unit_test_describe_SOURCES  = tests/unit/test_describe.c core/worker/describe.c core/worker/describe.h
tests_unit_test_describe_CPPFLAGS = $(AM_CPPFLAGS) -DSTANDIN='"$(abs_builddir)/tests/unit/standin_worker"' \
	-DTEST_PLUGINS='"$(abs_builddir)/tests/unit/badplugins/.libs"'
tests_unit_test_describe_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_describe_LDADD    = core/libhost.la $(CUNIT_LIBS)
tests_unit_standin_worker_SOURCES = tests/unit/standin_worker.c core/worker/describe.c core/worker/describe.h
tests_unit_standin_worker_CFLAGS  = $(AM_CFLAGS)
tests_unit_standin_worker_LDADD   = core/libbase.la

check_PROGRAMS += tests/unit/test_config
TESTS += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_config_LDADD   = core/libhost.la $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_plan
TESTS += tests/unit/test_plan
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c core/cli/show_plan.c core/cli/show_plan.h
tests_unit_test_plan_CFLAGS  = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_plan_LDADD   = core/libhost.la $(CUNIT_LIBS)
endif

# One source, built in nine ways; -rpath makes libtool build modules that are never installed.
BAD_PLUGIN_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(PEN_SANITIZE)
check_LTLIBRARIES += \
	tests/unit/badplugins/good.la \
	tests/unit/badplugins/bad_abi.la \
	tests/unit/badplugins/bad_symbol.la \
	tests/unit/badplugins/bad_needs.la \
	tests/unit/badplugins/bad_size.la \
	tests/unit/badplugins/bad_kind.la \
	tests/unit/badplugins/bad_function.la \
	tests/unit/badplugins/bad_width.la \
	tests/unit/badplugins/bad_undefined.la
tests_unit_badplugins_good_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_good_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DGOOD
tests_unit_badplugins_good_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_good_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_abi_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_abi_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_ABI
tests_unit_badplugins_bad_abi_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_abi_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_symbol_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_symbol_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_SYMBOL
tests_unit_badplugins_bad_symbol_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_symbol_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_needs_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_needs_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_NEEDS
tests_unit_badplugins_bad_needs_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_needs_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_size_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_size_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_SIZE
tests_unit_badplugins_bad_size_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_size_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_kind_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_kind_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_KIND
tests_unit_badplugins_bad_kind_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_kind_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_function_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_function_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_FUNCTION
tests_unit_badplugins_bad_function_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_function_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_width_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_width_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_WIDTH
tests_unit_badplugins_bad_width_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_width_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
tests_unit_badplugins_bad_undefined_la_SOURCES  = tests/unit/badplugins/bad.c
tests_unit_badplugins_bad_undefined_la_CPPFLAGS = $(MODULE_CPPFLAGS) -DBAD_UNDEFINED
tests_unit_badplugins_bad_undefined_la_CFLAGS   = $(PEN_CFLAGS) $(PEN_SANITIZE) -fvisibility=hidden
tests_unit_badplugins_bad_undefined_la_LDFLAGS  = $(BAD_PLUGIN_LDFLAGS)
