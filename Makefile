# Spikem. `make help` lists the targets.
#
# Knobs (make KNOB=value):
#   VARIANT   release | debug | san (ASan + UBSan) | tsan | cov | fuzz | portable (any x86-64, no wider vectors);
#             everything is written to build/VARIANT
#   DEV=1     warnings are errors            V=1       show the commands
#   MPI=0     build without MPI where it is installed; MPI=1: insist on it
#   PREFIX    where to install, /usr/local   DESTDIR   staging folder for packages
#   CC AR CFLAGS LDFLAGS as usual            FUZZ_SECONDS   of each fuzz target
VARIANT ?= release
FULL_VARIANTS := release debug san portable
V ?= 0
DEV ?= 0
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 300
FUZZ ?=
B := build/$(VARIANT)

CC ?= gcc
AR ?= ar
PKG_CONFIG ?= pkg-config
# openblas stands before gsl, so that GSL's BLAS calls reach it.
PKGS := openblas gsl hdf5 yaml-0.1 sleef zlib
# With Open MPI a run can have several processes; without it everything else works.
MPI ?= $(shell $(PKG_CONFIG) --exists ompi-c 2>/dev/null && echo 1 || echo 0)
ifeq ($(MPI),1)
PKGS += ompi-c
NO_SRC := sim/ranks_none.c
else
NO_SRC := sim/ranks_mpi.c
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wdouble-promotion -fno-common
OPT_release := -O2 -g
OPT_debug := -O0 -g3 -DSPK_DEBUG=1
OPT_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread
OPT_cov := -O0 -g --coverage
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_portable := -O2 -g -march=x86-64 -DSPK_ONE_LEVEL
# -ffp-contract=off: a fused multiply-add would make results depend on the processor. -fno-math-errno: no
# value changes, and loops with square roots become vector code.
FLAGS := -std=c11 -D_GNU_SOURCE $(OPT_$(VARIANT)) -ffp-contract=off -fno-math-errno -fvisibility=hidden $(WARN) \
	$(if $(filter 1,$(DEV)),-Werror) $(CFLAGS)
CFLAGS_ALL := $(FLAGS) -Iinclude -I. $(PKG_CFLAGS)
LIBS := $(PKG_LIBS) -lm -lpthread

LIB_SRC := $(filter-out $(NO_SRC),$(wildcard sim/*.c models/*.c models/*/*.c))
TOOL_SRC := $(wildcard tools/*.c)
TEST_SRC := $(wildcard tests/unit/*.c tests/law/*.c tests/oracle/*.c)
# tests/fault/inject.c is part of a copy of the program, not a test.
FAULT_SRC := $(filter-out tests/fault/inject.c,$(wildcard tests/fault/*.c))
FUZZ_SRC := $(wildcard tests/fuzz/*.c)
HEADERS := $(wildcard include/spikem/*.h)
VERSION := $(shell sed -n 's/^.define SPK_VERSION "\(.*\)"/\1/p' include/spikem/version.h)

comma := ,
obj = $(patsubst %.c,$(B)/%.o,$(1))
exe = $(patsubst %.c,$(B)/%,$(1))
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@echo "  $(1)")
# Sub-makes run as many jobs as there are processors, unless -j was given. They also read pkg-config anew,
# which matters on a fresh machine: the libraries are there only after tools/setup.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = +$(Q)$(MAKE) --no-print-directory

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all

##@ Use
.PHONY: all
all: ## build the program and the library (build/release/spikem)
	$(SUBMAKE) $(JOBS) $(B)/spikem

.PHONY: lib
lib: ## build only the library (build/release/libspikem.a)
	$(SUBMAKE) $(JOBS) $(B)/libspikem.a

.PHONY: demo
demo: ## set up this machine, build, learn the digits, draw the pictures into results/
	$(Q)tools/setup demo
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)$(B)/spikem run scenarios/digits.yaml
	$(Q)$(B)/spikem plot results/digits.h5
	$(Q)$(B)/spikem run -q scenarios/stdp_window.yaml
	$(Q)$(B)/spikem plot results/stdp_window.h5 window

.PHONY: test
test: ## set up this machine, build, run all tests
	$(Q)tools/setup test
	$(SUBMAKE) $(JOBS) build-tests
	$(SUBMAKE) run-tests

.PHONY: test-full
test-full: ## every kill and allocation, 1e9 ms in one run, the same bytes from all builds, threads and ranks (an hour)
	$(Q)tools/setup test
	$(SUBMAKE) $(JOBS) build-tests
	$(Q)SPK_TEST_FULL=1 SPIKEM=$(B)/spikem SPK_TEST_BUILD=$(B) SPK_TEST_LIMIT=14400 \
		tests/run $(call exe,$(FAULT_SRC) tests/law/long_run.c)
	+$(Q)for v in $(FULL_VARIANTS); do \
		$(MAKE) --no-print-directory $(JOBS) VARIANT=$$v build/$$v/spikem || exit 1; done
	$(SUBMAKE) $(JOBS) MPI=0 B=build/no_mpi build/no_mpi/spikem
	$(Q)SPIKEM=build/release/spikem SPK_TEST_BUILD=build/full SPK_TEST_LIMIT=14400 \
		SPK_FULL_VARIANTS='$(FULL_VARIANTS)' tests/run $(wildcard tests/full/*.sh)

.PHONY: validate
validate: ## run the claims in scenarios/claims in full, into results/claims (resumes)
	$(Q)tools/setup demo
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)$(B)/spikem validate scenarios/claims

.PHONY: reproduce-rates
reproduce-rates: ## train Algorithm 2 on MNIST, measure it, write results/mnist_stack.md (resumes)
	$(Q)tools/setup rates
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/reproduce/rates

.PHONY: reproduce-spikes
reproduce-spikes: ## the same in spikes: training, samples, in-painting, results/mnist_spikes.md (resumes)
	$(Q)tools/setup rates
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/reproduce/spikes

.PHONY: reproduce-labels
reproduce-labels: ## labels and rewards in spikes, results/labels.md (resumes)
	$(Q)tools/setup rates
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/reproduce/labels

.PHONY: reproduce-closer
reproduce-closer: ## Dale's law, lateral inhibition, spread of parameters, no phases: results/closer.md (resumes)
	$(Q)tools/setup demo
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/reproduce/closer

.PHONY: reproduce-temperature
reproduce-temperature: ## noise in inference as sampling, 8x8 digits in spikes: results/temperature.md (minutes; resumes)
	$(Q)tools/setup demo
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/reproduce/temperature

.PHONY: reproduce
reproduce: reproduce-rates reproduce-spikes reproduce-labels reproduce-closer reproduce-temperature ## all of the above (hours; resumes)

.PHONY: bench
bench: ## measure against the peers (tools/bench/run); takes minutes
	$(Q)tools/setup bench
	$(SUBMAKE) $(JOBS) $(B)/spikem $(B)/libspikem.a
	$(Q)SPIKEM=$(B)/spikem tools/bench/run $(BENCH)

.PHONY: bench-size
bench-size: ## measure cost against size, draw the curves into results/ (resumes); takes minutes, 13 GB at the end
	$(Q)tools/setup bench
	$(SUBMAKE) $(JOBS) $(B)/spikem
	$(Q)SPIKEM=$(B)/spikem tools/bench/size $(BENCH)

##@ Check
.PHONY: check
check: lib ## style, headers alone, symbols, dependency arrows, lengths (seconds)
	$(Q)B=$(B) CC='$(CC)' CFLAGS_ALL='$(CFLAGS_ALL)' tools/dev/check

.PHONY: lint
lint: ## clang-tidy and cppcheck (minutes)
	$(Q)tools/setup lint
	$(Q)CFLAGS_ALL='$(filter-out -W% -O% -g,$(CFLAGS_ALL))' tools/dev/lint

.PHONY: san
san: ## all tests under ASan and UBSan
	$(SUBMAKE) $(JOBS) VARIANT=san build-tests
	$(SUBMAKE) VARIANT=san run-tests

.PHONY: tsan
tsan: ## C tests under the thread sanitizer
	$(SUBMAKE) $(JOBS) VARIANT=tsan build-tests
	$(Q)SPIKEM=build/tsan/spikem SPK_TEST_BUILD=build/tsan tests/run $(patsubst %.c,build/tsan/%,$(TEST_SRC))

.PHONY: valgrind
valgrind: ## unit and law tests under valgrind
	$(SUBMAKE) $(JOBS) VARIANT=debug build-tests
	$(Q)SPIKEM=build/debug/spikem SPK_TEST_BUILD=build/debug SPK_TEST_LIMIT=1800 \
		SPK_TEST_WRAP='valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99' \
		tests/run $(patsubst %.c,build/debug/%,$(filter-out tests/oracle/%,$(TEST_SRC)))

.PHONY: fuzz
fuzz: ## all readers and queues by libFuzzer under ASan and UBSan (FUZZ_SECONDS each; FUZZ='csv idx' some)
	$(Q)tools/setup fuzz
	$(SUBMAKE) $(JOBS) VARIANT=fuzz CC=clang $(patsubst %.c,build/fuzz/%,$(FUZZ_SRC))
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(or $(FUZZ),$(notdir $(basename $(FUZZ_SRC))))

.PHONY: build-tests run-tests
build-tests: $(B)/spikem $(B)/tests/fault/spikem $(call exe,$(TEST_SRC) $(FAULT_SRC) $(FUZZ_SRC))
run-tests: build-tests
	$(Q)SPIKEM=$(B)/spikem SPK_TEST_BUILD=$(B) tests/run $(call exe,$(TEST_SRC) $(FAULT_SRC) $(FUZZ_SRC)) \
		$(wildcard tests/cli/*.sh tests/py/*.py)

##@ Develop
.PHONY: schema
schema: $(B)/spikem ## write tools/schema/scenario.schema.json from the program's own tables
	$(Q)mkdir -p tools/schema && $(B)/spikem schema -o tools/schema/scenario.schema.json

.PHONY: format
format: ## clang-format all sources
	$(Q)clang-format -i $(LIB_SRC) $(TOOL_SRC) $(TEST_SRC) $(FAULT_SRC) $(FUZZ_SRC) $(HEADERS) \
		$(wildcard tests/*.[ch] tests/*/*.h tests/fuzz/driver/*.c sim/*.h models/*.h models/*/*.h tools/*.h tools/*/*.[ch])

.PHONY: compile_commands.json
compile_commands.json: ## write build/compile_commands.json, where clangd looks for it
	$(Q)mkdir -p build && { printf '[' && sep= && for f in $(LIB_SRC) $(TOOL_SRC) $(TEST_SRC) $(FAULT_SRC) $(FUZZ_SRC); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" '$(CURDIR)' "$$f" \
		'$(CC) $(CFLAGS_ALL) $(VERSION_FLAGS_JSON) -c '"$$f"; sep=,; done && printf '\n]\n'; } \
		> build/compile_commands.json

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf build

.PHONY: help
help: ## this list
	@awk '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z_.-]+:.*## /{split($$0, a, ":"); \
		sub(/.*## /, ""); printf "  %-22s%s\n", a[1], $$0}' Makefile
	@sed -n '/^# Knobs/,/^[^#]/{s/^# \{0,2\}//p}' Makefile

##@ Install
BIN = $(DESTDIR)$(PREFIX)/bin
LIBDIR = $(DESTDIR)$(PREFIX)/lib
SHARE = $(DESTDIR)$(PREFIX)/share
.PHONY: install
install: all ## install into PREFIX: program, library, headers, man page, completion, scenarios
	$(SUBMAKE) install-files

.PHONY: install-files
install-files: ## the same without building anything
	$(Q)install -d $(BIN) $(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/spikem $(SHARE)/man/man1 \
		$(SHARE)/bash-completion/completions $(SHARE)/spikem/plot $(SHARE)/doc/spikem
	$(Q)install -m 755 $(B)/spikem $(BIN)/spikem
	$(Q)install -m 644 $(B)/libspikem.a $(LIBDIR)/libspikem.a
	$(Q)install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/spikem
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@PKGS@|$(PKGS)|' \
		tools/spikem.pc.in > $(LIBDIR)/pkgconfig/spikem.pc
	$(Q)install -m 644 tools/doc/spikem.1 $(SHARE)/man/man1/spikem.1
	$(Q)install -m 644 tools/completion/spikem.bash $(SHARE)/bash-completion/completions/spikem
	$(Q)for file in $$(find scenarios -name '*.yaml' -o -path 'scenarios/data/*'); do \
		install -D -m 644 $$file $(SHARE)/spikem/$$file || exit 1; done
	$(Q)install -m 644 $(wildcard tools/plot/*.py) $(SHARE)/spikem/plot
	$(Q)install -m 644 README.md CHANGELOG.md LICENSE $(SHARE)/doc/spikem

.PHONY: uninstall
uninstall: ## remove what `make install` installed
	$(Q)rm -f $(BIN)/spikem $(LIBDIR)/libspikem.a $(LIBDIR)/pkgconfig/spikem.pc $(SHARE)/man/man1/spikem.1 \
		$(SHARE)/bash-completion/completions/spikem
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/include/spikem $(SHARE)/spikem $(SHARE)/doc/spikem

# ---- Rules ------------------------------------------------------------------------------------------

# Facts of the build that the program and its result files state; see sim/version.c.
COMMIT := $(shell GIT_OPTIONAL_LOCKS=0 git describe --always --dirty --abbrev=7 --exclude='*' 2>/dev/null)
LIB_VERSIONS := $(shell for p in $(PKGS); do v=$$($(PKG_CONFIG) --modversion $$p 2>/dev/null) && \
	printf '%s%s %s' "$$sep" "$${p%-0.1}" "$$v" && sep=', '; done)
VERSION_FLAGS := $(if $(COMMIT),-DSPK_COMMIT='"$(COMMIT)"') -DSPK_BUILD_LIBRARIES='"$(LIB_VERSIONS)"' \
	-DSPK_BUILD_FLAGS='"$(filter-out -W%,$(FLAGS))"'
VERSION_FLAGS_JSON := -DSPK_BUILD_LIBRARIES=\\\"\\\" -DSPK_BUILD_FLAGS=\\\"\\\"

# A stamp changes only when its text does; what depends on it is then built again.
define STAMP
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' > $@
endef
.PHONY: FORCE
FORCE:
$(B)/flags.stamp: FORCE
	$(if $(PKG_LIBS),,@echo "libraries are missing: run tools/setup build" >&2; exit 1)
	$(call STAMP,$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LIBS))
$(B)/version.stamp: FORCE
	$(call STAMP,$(VERSION_FLAGS))
$(B)/sources.stamp: FORCE
	$(call STAMP,$(LIB_SRC))

$(B)/sim/version.o: $(B)/version.stamp
$(B)/sim/version.o: EXTRA := $(VERSION_FLAGS)
$(B)/%.o: %.c $(B)/flags.stamp
	@mkdir -p $(@D)
	$(call say,cc $<)
	$(Q)$(CC) $(CFLAGS_ALL) $(EXTRA) -MMD -MP -c $< -o $@
$(B)/libspikem.a: $(call obj,$(LIB_SRC)) $(B)/sources.stamp
	$(call say,ar $@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(B)/spikem: $(call obj,$(TOOL_SRC)) $(B)/libspikem.a
	$(call say,ld $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ -o $@ $(LIBS)
# A fuzz target has its main from libFuzzer in the variant fuzz, and else from a driver that needs no clang.
FUZZ_MAIN := $(if $(filter fuzz,$(VARIANT)),,$(B)/tests/fuzz/driver/replay.o)
$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(FUZZ_MAIN) $(B)/libspikem.a
	$(call say,ld $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) $^ -o $@ $(LIBS)
WRAPPED := malloc calloc realloc aligned_alloc strdup strndup open_memstream fopen clock_gettime
$(B)/tests/fault/spikem: $(call obj,$(TOOL_SRC)) $(B)/tests/fault/inject.o $(B)/libspikem.a
	$(call say,ld $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(patsubst %,-Wl$(comma)--wrap=%,$(WRAPPED)) $^ -o $@ $(LIBS)
$(B)/tests/%: $(B)/tests/%.o $(B)/libspikem.a
	$(call say,ld $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ -o $@ $(LIBS)

-include $(patsubst %.o,%.d,$(call obj,$(LIB_SRC) $(TOOL_SRC) $(TEST_SRC) $(FAULT_SRC) $(FUZZ_SRC) $(wildcard tests/fuzz/driver/*.c) tests/fault/inject.c))
