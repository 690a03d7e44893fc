#!/usr/bin/env bash
# Holds a running server against its own description: no server error, no answer that is not declared, no body that
# breaks its schema, nothing wrong that is accepted.
#
#   scripts/api-check.sh                 starts a server of its own on an empty installation (cargo builds it)
#   scripts/api-check.sh URL             a server that runs; the token of an administrator comes in POSTKAMER_TOKEN
#
# Takes about two and a half minutes. The server is changed by it: use one that may be thrown away.
set -euo pipefail

cd "$(dirname "$0")/.."
PEERS=${POSTKAMER_PEERS:-/var/lib/postkamer-peers}
SCHEMATHESIS=$PEERS/python/bin/schemathesis
EXAMPLES=${POSTKAMER_API_EXAMPLES:-15}
work=$(mktemp -d)
server=

say() { printf 'api-check: %s\n' "$*"; }
tidy_up() {
    # The server ends with its standard input.
    [ -z "$server" ] || { exec 7>&-; wait "$server" || true; }
    rm -rf "$work"
}
trap tidy_up EXIT

if [ ! -x "$SCHEMATHESIS" ]; then
    say "FAILED: $SCHEMATHESIS is not there; scripts/peers.sh installs it" >&2
    exit 1
fi

url=${1:-}
if [ -z "$url" ]; then
    say 'building and starting a server on an empty installation'
    cargo build --quiet -p web --example serve_test
    mkfifo "$work/in" "$work/out"
    "${CARGO_TARGET_DIR:-target}/debug/examples/serve_test" <"$work/in" >"$work/out" 2>"$work/log" &
    server=$!
    exec 7>"$work/in"
    read -r url POSTKAMER_TOKEN <"$work/out"
fi
: "${POSTKAMER_TOKEN:?the token of an administrator}"

# The token goes into a file, not onto a command line that everybody can read.
cat >"$work/schemathesis.toml" <<END
headers = { Authorization = "Bearer $POSTKAMER_TOKEN" }

# What the checker takes for a refusal, and 413: a text of a million characters may be more bytes than we read.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
END

check() {
    (cd "$work" && "$SCHEMATHESIS" --config-file "$work/schemathesis.toml" run "$url/api/v1/openapi.json" --url "$url" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance \
        --checks response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth \
        --phases examples,coverage,fuzzing --seed 20261121 --request-timeout 30 --workers 1 \
        --suppress-health-check all --warnings off --continue-on-failure "$@")
}

say "holding $url against its description"
# The event stream never ends, and looking settings up asks the world: each such question may take eight seconds.
check --max-examples "$EXAMPLES" --max-time 100 \
    --exclude-path /api/v1/events --exclude-path /api/v1/discover
say 'the same for looking settings up, with few questions'
check --max-examples 2 --max-time 20 --include-path /api/v1/discover
say 'no server error and no undocumented answer'
