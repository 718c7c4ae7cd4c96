# Spikem. `make help` lists the targets; knobs: VARIANT=release|debug|san|tsan|cov  V=1  DEV=1  PREFIX  DESTDIR
VARIANT ?= release
V ?= 0
DEV ?= 0
PREFIX ?= /usr/local
B := build/$(VARIANT)

CC ?= gcc
AR ?= ar
PKGS := gsl hdf5 yaml-0.1 sleef zlib
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wdouble-promotion -fno-common
OPT_release := -O2 -g
OPT_debug := -O0 -g3 -DSPK_DEBUG=1
OPT_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread
OPT_cov := -O0 -g --coverage
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE $(OPT_$(VARIANT)) -ffp-contract=off -fvisibility=hidden $(WARN) \
	$(if $(filter 1,$(DEV)),-Werror) -Iinclude -I. $(PKG_CFLAGS) $(CFLAGS)
LIBS := $(PKG_LIBS) -lm -lpthread

LIB_SRC := $(wildcard sim/*.c models/*.c models/*/*.c)
TOOL_SRC := $(wildcard tools/*.c)
TEST_SRC := $(wildcard tests/unit/*.c tests/law/*.c tests/oracle/*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))
Q := $(if $(filter 1,$(V)),,@)

.DELETE_ON_ERROR:
.SUFFIXES:
all: $(B)/spikem
lib: $(B)/libspikem.a

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@
$(B)/libspikem.a: $(call obj,$(LIB_SRC))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(B)/spikem: $(call obj,$(TOOL_SRC)) $(B)/libspikem.a
	$(Q)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LIBS)
$(B)/tests/%: $(B)/tests/%.o $(B)/libspikem.a
	$(Q)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LIBS)
.SECONDARY:
-include $(patsubst %.o,%.d,$(call obj,$(LIB_SRC) $(TOOL_SRC) $(TEST_SRC)))
.PHONY: all lib
