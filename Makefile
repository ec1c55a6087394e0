# Thin on purpose: each line is a tool people know.

.DEFAULT_GOAL := help
.PHONY: help run test tools lint web web-test screenshots bench lambda infra deployed

# The tests find the project's own Python tools before any others.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Terraform's providers come from its registry, or from a folder in the layout of `terraform providers mirror`.
export ORDERFLOW_TEST_TERRAFORM_PROVIDERS ?= $(patsubst %/registry.terraform.io,%,$(firstword \
	$(wildcard $(addsuffix /*/registry.terraform.io,/opt /usr/share/terraform /usr/local/share/terraform))))

help:                  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

run:                   ## Start a demo shop with simulated shoppers on http://127.0.0.1:8080 (data in ./data)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; else echo "npm is missing: no web app"; fi
	cargo run --release --bin orderflow -- demo

test: tools lint       ## Everything: formatting, lints, documentation, all tests, the web app in a browser
	cargo test --workspace --quiet
	$(MAKE) --no-print-directory web-test

web: web/node_modules/.package-lock.json  ## The web app, in web/dist: the next build of the server has it inside
	cd web && npm run build

# The whole workspace is named so that the server is built with the features that its tests were built with.
web-test: web          ## The web app's lints, types and tests, and the app in a real browser
	cd web && npm run lint && npm run typecheck && npm test
	cargo build --workspace --bin orderflow
	cd web && ORDERFLOW_BINARY=$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/orderflow npm run e2e

screenshots: web-test  ## The README's pictures, as the browser tests have just made them
	cp $(patsubst %,web/test-results/screens/desktop/%.png,shop time-machine dashboard) docs/screenshots/

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci
	@touch $@

tools: .venv/made      ## What the tests need besides Rust: stand-ins for AWS, linters, pdftotext, zip, a browser
	@command -v zip >/dev/null || if [ "$$(id -u)" = 0 ]; \
	then apt-get update -qq && apt-get install -qq -y zip >/dev/null; \
	else echo "zip is missing: install it, or functions cannot be packed to be deployed"; fi
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ]; \
	then apt-get update -qq && apt-get install -qq -y chromium >/dev/null; \
	else echo "chromium is missing: install it, or the browser tests are SKIPPED"; fi
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

# What the functions run on: x86_64, or arm64 for less money. cargo-zigbuild builds for either, against the C library that
# Lambda has; without it cargo builds for this machine, against the one that is here.
ARCH ?= x86_64
TRIPLE := $(patsubst arm64,aarch64,$(ARCH))-unknown-linux-gnu
ZIGBUILD := $(shell command -v cargo-zigbuild)
BUILT := $(or $(CARGO_TARGET_DIR),target)/$(if $(ZIGBUILD),$(TRIPLE)/)lambda/bootstrap

lambda:                ## One binary for every function on AWS, ready to be deployed: target/lambda/bootstrap.zip
	@test -n "$(ZIGBUILD)" -o "$(patsubst arm64,aarch64,$(ARCH))" = "$$(uname -m)" || { \
	echo "ARCH=$(ARCH) needs cargo-zigbuild (pip install cargo-zigbuild) and rustup target add $(TRIPLE)"; exit 1; }
	@command -v zip >/dev/null || { echo "zip is missing: install it, it packs the functions"; exit 1; }
	cargo $(if $(ZIGBUILD),zigbuild --target $(TRIPLE).2.34,build) --profile lambda --package lambda
	@install -D $(BUILT) target/lambda/zip/bootstrap
	@touch --date=@315532800 target/lambda/zip/bootstrap  # The same binary makes the same zip.
	@rm -f target/lambda/bootstrap.zip
	TZ=UTC zip --quiet --junk-paths -X -9 target/lambda/bootstrap.zip target/lambda/zip/bootstrap
	@ls -l target/lambda/bootstrap.zip

infra: lambda deployed  ## The home on AWS as a whole, on a stand-in: both tools, orders to their ends, the same as embedded

deployed: tools
	cargo test --workspace --test deployed -- --ignored --nocapture --test-threads 1 $(DEPLOYED)
