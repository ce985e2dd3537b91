# Each line is a command that one could type. `make demo` needs Rust and nothing else; `make test` installs the rest.

SHELL := /bin/bash
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug
# nextest is quicker and says more; a machine that has only Rust runs the same tests without it.
RUN_TESTS := $(if $(shell command -v cargo-nextest),nextest run,test)

.NOTPARALLEL:
.PHONY: help demo test tools check fmt bench pictures deny cargo-test conformance browser-test

help:
	@echo 'make demo      a pretend company, the real bot, and a page to try both (ARGS="--port 9000 --open")'
	@echo 'make test      installs what the tests need, then runs all of them'
	@echo 'make check     formatting and lints'
	@echo 'make fmt       formats'
	@echo 'make conformance  what we send, against the published descriptions in SPECS'
	@echo 'make bench     the numbers of docs/BENCHMARKS.md'
	@echo 'make pictures  makes docs/pictures again'
	@echo 'make deny      licences, advisories and sources of all dependencies (needs cargo-deny)'

demo:
	cargo build --locked -p glasskey -p glasskey-playground
	@exec $(BUILT)/glasskey-playground demo $(ARGS)

test: tools check cargo-test browser-test

tools:
	tools/install

check:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

# Programs and tests in one go: apart, their features differ and half the dependencies would be built twice.
cargo-test:
	cargo build --locked --workspace --bins --tests
	cargo $(RUN_TESTS) --locked --workspace --no-fail-fast
	$(if $(findstring nextest,$(RUN_TESTS)),cargo test --locked --workspace --doc)

conformance: export SPECS ?= ../shared/specs
conformance:
	cargo test --locked --workspace --test suite conformance -- --nocapture

browser-test: tools
	cargo build --locked --workspace --bins --tests
	cd tests/browser && npm --loglevel=error test

fmt:
	cargo fmt --all

bench:
	tools/bench

pictures: tools
	cargo build --locked --workspace --bins --tests
	node tests/browser/pictures.mjs

deny:
	cargo deny --all-features check
