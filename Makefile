# SPDX-License-Identifier: Apache-2.0
# The commands people type. Each does its own set-up: packages (scripts/setup.sh), configure, build.

JOBS  ?= $(shell nproc)
BUILD ?= build
ARGS  ?=

.PHONY: all build run test test-full demo bench names fp-corpus format check clean

all: build

build:
	scripts/setup.sh build
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) -j $(JOBS) --target portcullis portcullis-scanner

run: build
	$(BUILD)/bin/portcullis serve $(ARGS)

test:
	scripts/setup.sh test
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) -j $(JOBS)
	rm -rf $(BUILD)/client-matrix
	ctest --test-dir $(BUILD) -j 3 --output-on-failure
	@cat $(BUILD)/client-matrix/*.txt 2>/dev/null || true

test-full: test
	scripts/test-debootstrap.sh $(BUILD)
	scripts/test-sanitizers.sh

demo: build
	scripts/setup.sh test
	scripts/demo.sh

bench: build
	scripts/setup.sh test
	cmake --build $(BUILD) -j $(JOBS) --target portcullis_overhead portcullis_records_bench portcullis_naming_bench
	scripts/bench/bench.py --bin $(BUILD)/bin $(ARGS)

# How good the name checks are: recall, precision, false alarms.
names:
	scripts/setup.sh test
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) -j $(JOBS) --target portcullis_naming_test
	$(BUILD)/tests/portcullis_naming_test --gtest_brief=1 --gtest_filter=NamesFigures.*

# How often the rules cry wolf: several hundred clean packages (rules/README.md).
fp-corpus: build
	scripts/setup.sh test
	scripts/fp-corpus.py --bin $(BUILD)/bin $(ARGS)

format:
	scripts/setup.sh full
	scripts/sources.sh | xargs clang-format -i

# CHECK=all looks at every file with clang-tidy, not only at those changed since the last commit.
check:
	scripts/setup.sh full
	scripts/check.sh $(CHECK)

clean:
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-dev
