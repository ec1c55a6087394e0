# Thin on purpose: each line is a tool people know.

.DEFAULT_GOAL := help
.PHONY: help run test lint bench

help:                  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

run:                   ## Start the shop on http://127.0.0.1:8080 with a catalogue to try (data in ./data)
	cargo run --release --bin orderflow -- serve --demo

test: lint             ## Everything: formatting, lints, documentation, all tests
	cargo test --workspace --quiet

lint:                  ## Formatting, lints and documentation, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --quiet

bench:                 ## Orders per second, latency, CPU per order (release mode; a server of its own)
	cargo build --release --bin orderflow
	target/release/orderflow bench
