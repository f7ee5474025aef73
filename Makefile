# Undertone: make help says what there is.

SANITIZE ?=
PREFIX   ?= /usr/local
VERSION  := $(shell sed -n 's/.*UT_VERSION *"\(.*\)"/\1/p' include/undertone.h)
BUILD    ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
comma    := ,

LIBS := fftw3f sndfile portaudio-2.0 libwebsockets samplerate jansson libconfig sqlite3 libcrypto zlib cairo cairo-svg
PKG   = $(shell pkg-config $(1) $(LIBS))

CFLAGS   ?= -O3 -g
# Where clang cannot make vector code of a loop it says so as if it were a fault (pass-failed).
CFLAGS   += -std=c11 -fopenmp-simd -fno-math-errno -fno-trapping-math -Wall -Wextra -Wpedantic -Wno-pass-failed $(if $(CI),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc
CPPFLAGS += $(call PKG,--cflags)
LDFLAGS  += $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LDLIBS   += $(call PKG,--libs) -lm -pthread

LIBRARY := $(wildcard src/prosody/*.c src/classify/*.c src/cues/*.c) src/call.c src/voice.c src/names.c
PROGRAM := $(wildcard src/capture/*.c src/ingest/*.c src/serve/*.c src/store/*.c src/relay/*.c src/commands/*.c) src/export.c src/hub.c src/session.c src/event.c src/playbook_file.c src/text.c
PAGES   := $(shell find src/web -type f -not -path '*/node_modules/*')
BOXES   := $(wildcard tests/blackbox/test_*.c tests/faults/test_*.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

.PHONY: all demo test faults bench validate check fuzz install dist clean help setup
.DEFAULT_GOAL := all
.SECONDARY:

all: $(BUILD)/undertone $(BUILD)/libundertone.a ## the program and the library

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

setup:
	@sh tools/setup

demo: setup ## a support call made, played and listened to, with the overlay (ARGS=--exit: ends with the call)
	@$(MAKE) --no-print-directory -q all || echo "Building"
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" all
	@$(BUILD)/undertone demo $(ARGS)

test: ## everything but the long runs
	@sh tools/setup test
	@sh tests/run

FAULT_RUNS ?= 200
faults: ## what must hold when things break, with FAULT_RUNS kills at random moments
	@FAULT_RUNS=$(FAULT_RUNS) sh tests/run faults

check: ## what a change must pass first: no warnings from gcc and clang, the format, the units
	@$(MAKE) --no-print-directory -s BUILD=build/gcc CC=gcc CI=1 all
	@$(MAKE) --no-print-directory -s BUILD=build/clang CC=clang CI=1 all
	@sh tests/run format realtime unit

bench: $(BUILD)/undertone $(BUILD)/tools/bench $(BUILD)/tools/bench_praat $(BUILD)/tools/bench_store ## what each stage costs, all of them beside Praat, and a store of 10,000 calls
	$(BUILD)/tools/bench
	$(BUILD)/tools/bench_praat $(BUILD)/undertone
	$(BUILD)/tools/bench_store

validate: $(BUILD)/undertone ## how far we agree with others' descriptors (REFERENCE=FOLDER, PICTURE=FILE.png)
	tools/validate.py $(or $(REFERENCE),$(error REFERENCE=FOLDER names what to compare with, see tools/validate.py)) \
		--undertone $(BUILD)/undertone $(if $(PICTURE),--picture $(PICTURE))

FUZZ_S ?= 600
fuzz: ## every parser of ours against hostile input, FUZZ_S seconds each
	@sh tests/fuzz/run $(FUZZ_S)

install: all ## to PREFIX (/usr/local), under DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/undertone
	install $(BUILD)/undertone $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/libundertone.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 include/undertone.h $(DESTDIR)$(PREFIX)/include
	install -m 644 models/base.utm models/base.md src/cues/playbook.cfg $(DESTDIR)$(PREFIX)/share/undertone

$(BUILD)/undertone: $(BUILD)/src/main.o $(BUILD)/libprogram.a $(BUILD)/libundertone.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libundertone.a: $(call objects,$(LIBRARY)) $(BUILD)/default_playbook.o
$(BUILD)/libprogram.a: $(call objects,$(PROGRAM)) $(BUILD)/pages.o
$(BUILD)/%.a:
	@rm -f $@
	$(AR) qcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The pages, bundled, which takes node (a source archive has them already), and then gzipped as one table in the program.
$(BUILD)/web/.made: $(PAGES)
	@cmp -s src/web/package-lock.json src/web/node_modules/.of || sh tools/setup pages
	node src/web/build.mjs $(@D)
	@touch $@
$(BUILD)/pages.c: $(BUILD)/tools/pack $(BUILD)/web/.made
	$< $(BUILD)/web > $@.new && mv $@.new $@
$(BUILD)/pages.o $(BUILD)/default_playbook.o: %.o: %.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The playbook of a call that was given none.
$(BUILD)/default_playbook.c: $(BUILD)/tools/default_playbook src/cues/playbook.cfg
	$< src/cues/playbook.cfg > $@.new && mv $@.new $@

# One program a source file: tests and benches see the library and the program's own objects.
$(BUILD)/tests/blackbox/%: $(BUILD)/tests/blackbox/%.o $(call objects,$(filter-out $(BOXES),$(wildcard tests/blackbox/*.c))) $(BUILD)/libprogram.a $(BUILD)/libundertone.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
$(patsubst %.c,$(BUILD)/%,$(wildcard tests/faults/test_*.c)): %: %.o $(call objects,$(filter-out $(BOXES),$(wildcard tests/blackbox/*.c tests/faults/*.c)))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
$(BUILD)/tests/unit/test_serve $(BUILD)/tests/unit/test_api: $(BUILD)/tests/blackbox/ws_client.o
$(BUILD)/tests/unit/test_api $(BUILD)/tests/unit/test_imports: $(BUILD)/tests/blackbox/http_client.o
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libprogram.a $(BUILD)/libundertone.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
$(BUILD)/tools/latency: $(BUILD)/tests/blackbox/ws_client.o
$(BUILD)/tools/bench $(BUILD)/tools/bench_praat: $(BUILD)/tools/bench_speech.o
$(BUILD)/tools/default_playbook: $(addprefix $(BUILD)/,tools/default_playbook.o src/cues/playbook.o src/cues/phrases.o src/cues/hours.o src/names.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/tools/pack: tools/pack.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -O2 -o $@ $< -lz
$(BUILD)/tools/%: $(BUILD)/tools/%.o $(BUILD)/libprogram.a $(BUILD)/libundertone.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

# All that is in git, and the pages as bundled here, so that whoever builds from it needs no node.
dist: $(BUILD)/web/.made ## a source archive with the pages built: building from it takes no node
	@{ git ls-files -z; find $(BUILD)/web -type f -print0; } | tar --null --files-from=- --sort=name --owner=0 --group=0 \
		--numeric-owner --transform='s,^$(BUILD)/web/,build/web/,;s,^,undertone-$(VERSION)/,' -czf $(BUILD)/undertone-$(VERSION).tar.gz
	@echo $(BUILD)/undertone-$(VERSION).tar.gz

clean: ## removes build/, but for the pages of a source archive, which cannot be made without node
	find build -mindepth 1 -maxdepth 1 $(if $(wildcard .git),,! -name web) -exec rm -rf {} +

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
