# SPDX-License-Identifier: Apache-2.0
# Everything a person or CI runs. `make help` lists it.
BIN := .build/release

.PHONY: help setup demo build test rig-test rig-systemd test-debian13 test-tsan test-asan sim fuzz faults coverage guards \
  bench bench-instructions bench-compare limits accuracy check install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## install what is missing, build, and watch phrases and a button become actions
	@scripts/setup build
	@scripts/build-release
	@$(BIN)/mtor demo

setup: ## install what building and testing need (Debian 12 or 13)
	@scripts/setup test

build: ## release binaries, stripped, Swift runtime linked in
	@scripts/build-release

test: ## install what is missing, then run every test; the last line is the count
	@scripts/setup test
	@scripts/test

rig-test: ## only the device tests, in the test rig's kernel
	@scripts/test --rig-only

rig-systemd: ## the installed unit under systemd, in the test rig's kernel
	@scripts/setup trees
	@scripts/build-release
	@scripts/rig tree system
	@scripts/test --systemd-only

test-debian13: ## every test on Debian 13, with its own Swift and libgpiod 2
	@scripts/setup trees
	@scripts/test-debian13

sim: ## the whole runtime in seeded worlds and simulated time: SEEDS=200, or SEED=… HOURS=… TRACE=1
	@scripts/sim --realms $(if $(SEED),--seed $(SEED)) $(if $(HOURS),--hours $(HOURS))
	@scripts/sim $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100)) $(if $(HOURS),--hours $(HOURS)) $(if $(TRACE),--trace)

test-tsan: ## the native tests under the thread sanitizer
	@scripts/test --tsan

test-asan: ## the native tests under the address sanitizer, leaks included
	@scripts/test --asan

fuzz: ## attack every parser; SECONDS=30 for each, TARGET=name for one, SEED=1 as CI does
	@scripts/fuzz -s $(or $(SECONDS),30) $(if $(SEED),--seed $(SEED)) $(TARGET)

faults: ## real servers that misbehave, a network that breaks: FAULTS=10000, SEED=… again
	@scripts/faults $(if $(FAULTS),--faults $(FAULTS)) $(if $(SEED),--seed $(SEED))

coverage: ## what the tests reach, by target, and each throw they do not; build/coverage/html
	@scripts/coverage

guards: ## prove that each guard catches what it is for
	@scripts/guards

bench: ## measure against baselines in the same run; build/bench/TIME-COMMIT.jsonl; ROUNDS=3 NAMES=timer
	@scripts/bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(NAMES)

bench-instructions: ## count instructions instead of taking the time; NAMES=… for some
	@scripts/bench --instructions $(NAMES)

bench-compare: ## two runs side by side: A=… B=… are parts of their names; the last two without
	@scripts/bench --compare $(A) $(B)

limits: ## docs/limits.md from what bench and accuracy have measured
	@scripts/limits

accuracy: build ## speech accuracy on a generated corpus; QUICK=1 takes minutes
	@scripts/accuracy $(if $(QUICK),--quick)

check: ## layout, spelling, scripts, import directions, documents and links, systemd unit
	@scripts/check

install: ## what `make build` made: programs, boards, unit and man page below $(DESTDIR)$(PREFIX)
	@DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) scripts/install

clean: ## what building made
	rm -rf .build build
