#!/usr/bin/env bash
# Runs every fuzz target for a while; stops at the first that finds something, with the input kept for a test.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-60}

if ! [ -d fuzz ]; then
    echo 'fuzz: there is no folder fuzz/ with targets' >&2
    exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo 'fuzz: installing cargo-fuzz, about a minute'
    cargo install --quiet --locked cargo-fuzz
fi
for target in $(cargo fuzz list); do
    echo "fuzz: $target, $seconds s"
    # Without a sanitiser it runs on the stable compiler; panics, endless loops and memory are still found.
    cargo fuzz run -s none "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1
done
echo 'fuzz: every target came through'
