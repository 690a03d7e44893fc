#!/usr/bin/env bash
# Installs the peers while the tests are built, then formatting, lints and every test; the last line counts them. Goes on
# after a failed check, so that one run tells all.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
peers=
# Whoever ends this ends the installation too.
trap 'rm -f "$log"; [ -z "$peers" ] || kill "$peers" 2>/dev/null' EXIT
started=$SECONDS
broken=0

say() { printf 'test: %s\n' "$*"; }
stop() {
    say "FAILED: $*"
    echo '0 passed, 1 failed'
    exit 1
}
check() {
    local what=$1
    shift
    say "$what"
    "$@" && return 0
    say "FAILED: $what"
    broken=$((broken + 1))
}

# What is built and stored in between takes some gigabytes; on a full disk half of the tests fail for reasons of their own.
free=$(df --output=avail --block-size=1G . "${TMPDIR:-/tmp}" | tail -n +2 | sort -n | head -n 1 | tr -d ' ')
[ "$free" -ge 6 ] || stop "the disk has $free GB free and a build with its tests needs 6"

# The build bundles the page, for which it needs node; the rest of what the tests need comes while it compiles.
scripts/assets.sh install || stop 'bundling the page'
scripts/peers.sh &
peers=$!
check 'formatting' cargo fmt --all --check
# Clippy's compiler does all that rustc does: so the tests are built by it, and nothing is compiled twice. The packages of
# others are shared with any other build.
RUSTC_WORKSPACE_WRAPPER=$(command -v clippy-driver || echo "$(rustc --print sysroot)/bin/clippy-driver")
export RUSTC_WORKSPACE_WRAPPER
say 'building all tests; every warning of the compiler and of clippy counts as a failure'
cargo test --workspace --locked --no-run 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" = 0 ] || stop 'building'
if grep -q '^warning' "$log"; then
    say 'FAILED: warnings, see above'
    broken=$((broken + 1))
fi
say "built after $((SECONDS - started)) s"
wait "$peers" || stop 'installing the peers'
peers=
# Many of them wait for a pause that a server asks for, or that we owe it: meanwhile another goes on.
export RUST_TEST_THREADS=$(($(nproc) + 2))
say 'running all tests'
cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$log"
outcome=${PIPESTATUS[0]}

counts=$(sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed;.*/\1 \2/p' "$log" |
    awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }')
passed=${counts% *}
failed=${counts#* }
# A test program that died or did not build has no line of its own.
[ "$outcome" = 0 ] || [ "$failed" != 0 ] || failed=1
failed=$((failed + broken))

if [ "$failed" != 0 ]; then
    say 'what failed:'
    grep -E '^test .* FAILED$|^error(\[|:)|^    [a-z_:]+$' "$log" | sort -u | head -n 60
fi
say "took $((SECONDS - started)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
