# Every command there is; plain `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test lint peers soak bench fuzz schema screenshots

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build and serve a sample organisation; needs Rust, and node to bundle the page
	@command -v cargo >/dev/null || { echo 'demo: Rust is not installed (no cargo in the path)' >&2; exit 1; }
	@scripts/assets.sh install
	@echo 'demo: building Postkamer, the first time takes some minutes on two cores'
	@cargo build --release --locked -p postkamer
	@echo 'demo: making and serving the sample organisation'
	@./target/release/postkamer demo

test: ## install the peers, then run every check and every test
	@scripts/test.sh

lint: ## formatting, and every warning of the compiler and of clippy
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings

peers: ## install the mail servers and clients that the tests talk to (Debian, as root)
	@scripts/peers.sh

soak: ## the long form of the tests: more seeds, more crashes, pages over a slow line, then a minute for each fuzz target
	@STORM_SEEDS=250 STORM_KILLS=1000 POSTKAMER_SLOW_LINE=200 scripts/test.sh
	@scripts/fuzz.sh

bench: ## measure against the programs to beat, in one run; writes docs/performance.md
	@scripts/peers.sh bench
	@cargo build --release --locked -p postkamer
	@scripts/bench/run.sh

fuzz: ## a minute for each parser of bytes from outside; SECONDS_EACH=n for longer
	@scripts/fuzz.sh

screenshots: ## photograph every page, light and dark, wide and narrow, into target/screenshots
	@scripts/peers.sh
	@POSTKAMER_PICTURES=1 cargo test --quiet --locked -p postkamer --test it page::
	@echo 'screenshots: target/screenshots'

schema: ## write the database schema down as the migrations leave it
	@POSTKAMER_WRITE_SCHEMA=1 cargo test --quiet --locked -p tidy --test schema
	@cargo build --quiet --locked -p postkamer
	@cargo run --quiet --locked -p testkit --example schema
