# Thin on purpose: each line is a tool people know.

.DEFAULT_GOAL := help
.PHONY: help run test tools lint bench

# The tests find the project's own Python tools before any others.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:                  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

run:                   ## Start a demo shop with simulated shoppers on http://127.0.0.1:8080 (data in ./data)
	cargo run --release --bin orderflow -- demo

test: tools lint       ## Everything: formatting, lints, documentation, all tests
	cargo test --workspace --quiet

tools: .venv/made      ## What the tests need besides Rust: stand-ins for AWS, linters, pdftotext
	@command -v pdftotext >/dev/null || if [ "$$(id -u)" = 0 ]; \
	then apt-get update -qq && apt-get install -qq -y poppler-utils >/dev/null; \
	else echo "pdftotext is missing: install poppler-utils, or that part of the receipts' tests is SKIPPED"; fi

.venv/made: tests/tools/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

lint:                  ## Formatting, lints and documentation, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --quiet

bench:                 ## Orders per second, latency, CPU per order (release mode; a server of its own)
	cargo build --release --bin orderflow
	target/release/orderflow bench
