#!/usr/bin/env bash
# Bundles the page's script and style sheet into crates/web/assets/dist, which the program embeds. The build calls this
# by itself; it does nothing when everything is there. Needs node and npm, and a network the first time.
set -euo pipefail

cd "$(dirname "$0")/../crates/web/assets"

fail() {
    printf 'assets: FAILED: %s\n' "$*" >&2
    exit 1
}

# `assets.sh install` may also fetch what is missing from Debian; the build itself never does.
if [ "${1:-}" = install ] && ! { command -v node && command -v npm; } >/dev/null &&
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo 'assets: installing nodejs and npm'
    { apt-get -q -y update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends nodejs npm; } \
        >/dev/null || fail 'apt-get could not install nodejs and npm'
fi
command -v node >/dev/null && command -v npm >/dev/null ||
    fail 'node and npm are needed to bundle the page (on Debian: apt-get install --no-install-recommends nodejs npm)'

# Two builds at a time must not tread on each other.
exec 9>.lock
flock 9

if ! cmp -s package-lock.json node_modules/.installed; then
    log=$(mktemp)
    npm ci --ignore-scripts --no-audit --no-fund >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; rm -f "$log"; fail 'npm ci could not install package-lock.json; is there a network?'; }
    rm -f "$log"
    cp package-lock.json node_modules/.installed
fi

sources=$(cat build.mjs package-lock.json $(find src -type f | LC_ALL=C sort) | sha256sum)
if [ "$(cat dist.sha256 2>/dev/null)" != "$sources" ] || [ ! -d dist ]; then
    node build.mjs || fail 'esbuild could not bundle crates/web/assets/src'
    printf '%s\n' "$sources" >dist.sha256
fi
