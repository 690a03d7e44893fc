#!/usr/bin/env bash
# Measures Postkamer beside the programs to beat and writes docs/performance.md: `make bench`.
#
#   BENCH_HOME    scratch folder on a real disk (./.bench)      BENCH_RAM   the same in memory (/dev/shm/postkamer-bench)
#   BENCH_SUITE   the suite of peers (../shared/bench)          BENCH_RUNS  repetitions, medians count (3)
#   BENCH_N       messages (5000)                               BENCH_BIG=1 also 20,000 to a million messages
#   BENCH_READY=1 everything is installed and built: measure at once
#   BENCH_ONLY    some of: tmpfs disk kept index smtp newmail idle page big million; earlier results of the others stay
set -uo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD
export BENCH_HOME=${BENCH_HOME:-$ROOT/.bench} OURS=$ROOT/scripts/bench
SUITE=${BENCH_SUITE:-$ROOT/../shared/bench}
RAM=${BENCH_RAM:-/dev/shm/postkamer-bench}
RUNS=${BENCH_RUNS:-3} N=${BENCH_N:-5000} ONLY=${BENCH_ONLY:-tmpfs disk kept index smtp newmail idle page big million}
BIN=$BENCH_HOME/suite RES=$BENCH_HOME/results LETTRE=$BENCH_HOME/tools/lettre-target
export POSTKAMER=${POSTKAMER:-$ROOT/target/release/postkamer} EXAMPLES=${EXAMPLES:-$ROOT/target/release/examples}
export POSTKAMER_PEERS=${POSTKAMER_PEERS:-/var/lib/postkamer-peers} BASE=${BASE:-14000}
# Laid before what only fills a store.
export NOSYNC=$BIN/bin/nosync.so
export NODE_PEERS=${NODE_PEERS:-$BENCH_HOME/tools/node} LIGHTHOUSE=${LIGHTHOUSE:-$BENCH_HOME/tools/lighthouse}
# Half a minute of a machine nobody else uses would be better; the best that can be had is to outrank the others.
renice -n -19 $$ >/dev/null 2>&1
{ echo -19 >/proc/self/autogroup; } 2>/dev/null

say() { printf 'bench: %s\n' "$*"; }
wants() { [[ " $ONLY " == *" $1 "* ]]; }
fail() { printf 'bench: FAILED: %s\n' "$*" >&2; exit 1; }

prepare() {
    [ -f "$SUITE/run_sync.sh" ] || fail "the suite of peers is not at $SUITE; say where with BENCH_SUITE"
    mkdir -p "$BENCH_HOME" "$RES" "$RAM"
    # The suite writes beside its own scripts, so that it runs from a copy.
    mkdir -p "$BIN/bin"
    cp -R --no-preserve=mode "$SUITE/." "$BIN/"
    local missing=() package
    for package in dovecot-imapd dovecot-pop3d dovecot-lmtpd isync notmuch maildir-utils postfix libnotmuch-dev libssl-dev pkg-config gcc openssl; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        say "installing ${missing[*]}"
        printf '#!/bin/sh\nexit 101\n' >"$BENCH_HOME/policy" # no server may start by itself
        [ -e /usr/sbin/policy-rc.d ] || { install -m755 "$BENCH_HOME/policy" /usr/sbin/policy-rc.d && trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
        DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}" >"$BENCH_HOME/apt.log" 2>&1 ||
            fail "apt-get; see $BENCH_HOME/apt.log"
    fi
    id benchmail >/dev/null 2>&1 || useradd -r -u 5000 -M -d /nonexistent -s /usr/sbin/nologin benchmail
    locked_npm nodemailer "$OURS/node" "$NODE_PEERS"
    locked_npm lighthouse "$OURS/lighthouse" "$LIGHTHOUSE"
    say 'building what measures'
    gcc -O2 -o "$BIN/bin/floor" "$BIN/floor.c" -lssl -lcrypto && gcc -O2 -o "$BIN/bin/q_notmuch" "$BIN/q_notmuch.c" -lnotmuch ||
        fail 'the suite does not compile'
    gcc -O2 -shared -fPIC -o "$BIN/bin/nosync.so" "$OURS/nosync.c" || fail 'nosync.c does not compile'
    cargo build --quiet --release --locked -p store --example maildir --example questions || fail cargo
    cargo build --quiet --release --locked -p testkit --example load --example idle_server || fail cargo
    cargo build --quiet --release --locked --manifest-path scripts/bench/lettre/Cargo.toml --target-dir "$LETTRE" || fail cargo
    corpus "$N"
}

locked_npm() { # WHAT LOCK FOLDER
    cmp -s "$2/package-lock.json" "$3/ready" && return
    say "installing $1 from its lock file"
    rm -rf "$3" && mkdir -p "$3" && cp "$2"/package*.json "$3/"
    npm ci --prefix "$3" --ignore-scripts --no-audit --no-fund >"$BENCH_HOME/npm.log" 2>&1 || fail "npm; see $BENCH_HOME/npm.log"
    cp "$2/package-lock.json" "$3/ready"
}

corpus() { # N [SCALE]
    mkdir -p "$BENCH_HOME/data"
    [ -f "$BENCH_HOME/data/s$1.json" ] && return
    say "making a mailbox of $1 messages"
    python3 "$BIN/gen_mail.py" "$BENCH_HOME/data/c$1" --n "$1" --seed 1 --scale "${2:-1.0}" \
        --queries "$BENCH_HOME/data/q$1.json" --stats "$BENCH_HOME/data/s$1.json" >/dev/null || fail 'the generator of mail'
}

sync_rows() { # NAME WORK N RUNS PEERS
    say "fetching: $1"
    rm -f "$RES/$1.jsonl"
    WORK=$2 DATA=$BENCH_HOME/data bash "$BIN/run_sync.sh" -n "$3" -r "$4" -p "$5" -x "$OURS/contender.sh" -o "$RES/$1.jsonl" -t 600
}

kept_rows() { # N
    say "a connection that is kept: $1 messages"
    rm -f "$RES/kept-$1.jsonl"
    local dovecot=$RAM/dovecot-$1
    [ -d "$dovecot/mail/bench" ] || { mkdir -p "$dovecot/mail/idle"; python3 "$BIN/load_maildir.py" "$BENCH_HOME/data/c$1" "$dovecot/mail"; }
    bash "$BIN/dovecot_up.sh" start "$dovecot"
    for run in $(seq "$RUNS"); do
        python3 "$OURS/serving.py" kept "$RAM/kept" "$RES/kept-$1.jsonl" $((BASE + 143)) "$dovecot" "$run"
    done
    bash "$BIN/dovecot_up.sh" stop "$dovecot"
}

ours_asks() { # QUESTIONS: the suite's questions in our language
    python3 - "$1" <<'P'
import datetime, json, sys
ask = {"word": lambda o: o["q"], "phrase": lambda o: '"%s"' % o["q"], "from": lambda o: "from:" + o["q"],
       "date": lambda o: "after:%s before:%s" % (o["from"], datetime.date.fromisoformat(o["to"]) + datetime.timedelta(1))}
for o in json.load(open(sys.argv[1])):
    print(o["type"] + "\t" + ask[o["type"]](o))
P
}

million_rows() {
    say 'search at a million messages'
    local w=$BENCH_HOME/run/million
    if [ ! -f "$w.ready" ]; then
        rm -rf "$w" && python3 "$OURS/million.py" "$BENCH_HOME/data/c100000" "$w" && touch "$w.ready" || fail 'a million messages'
    fi
    ours_asks "$BENCH_HOME/data/q100000.json" >"$w/q.pk"
    rm -f "$RES/million.jsonl"
    for run in $(seq "$RUNS"); do
        "$EXAMPLES/questions" "$w/m" "$w/q.pk" "$(cat "$w.reader")" | python3 "$BIN/q_util.py" summary postkamer | tee -a "$RES/million.jsonl"
    done
}

page_rows() {
    say 'the page, with 100,000 messages'
    corpus 100000 0.05
    rm -f "$RES/page.jsonl"
    for run in $(seq "$RUNS"); do
        python3 "$OURS/page.py" "$BENCH_HOME/data/c100000" "$BENCH_HOME/data/q100000.json" "$BENCH_HOME/run/page" "$RES/page.jsonl" "$run"
    done
}

index_rows() {
    say 'index and search'
    local out=$RES/index.jsonl w=$RAM/index q=$BENCH_HOME/data/q$N.json mail=$RAM/index/mail f
    rm -rf "$w" "$out" "$RES"/{sizes,query}.jsonl
    mkdir -p "$mail/INBOX"
    (cd "$BENCH_HOME/data/c$N" && cp -a cur new tmp "$mail/INBOX/" 2>/dev/null; for f in .[A-Z]*; do cp -a "$f" "$mail/${f#.}"; done)
    find "$mail" -name maildirfolder -delete
    local m="python3 $BIN/measure.py --out $out --log $w/log --phase index"
    for run in $(seq "$RUNS"); do
        rm -rf "$w/nm" "$w/mu" "$w/pk"
        mkdir "$w/nm"
        printf '[database]\npath=%s\nmail_root=%s\n[user]\nname=x\nprimary_email=sanne.jansen@bakker-jansen.nl\n[new]\ntags=inbox;unread\n[maildir]\nsynchronize_flags=true\n' \
            "$w/nm" "$mail" >"$w/nm/config"
        mu init --quiet --muhome="$w/mu" --maildir="$mail" --my-address=sanne.jansen@bakker-jansen.nl
        $m --label mu --run "$run" --count "mu find --muhome=$w/mu --skip-dups=no '' --fields=l | wc -l" -- mu index --quiet --muhome="$w/mu"
        $m --label postkamer --run "$run" --count "tail -1 $w/log" -- "$EXAMPLES/maildir" "$mail" "$w/pk"
        $m --label notmuch --run "$run" --count "NOTMUCH_CONFIG=$w/nm/config notmuch count --exclude=false '*'" -- notmuch --config="$w/nm/config" new --quiet
    done
    python3 - "$w" >"$RES/sizes.jsonl" <<'P'
import json, os, sqlite3, sys
w = sys.argv[1]
size = lambda top: sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(top) for name in names)
database = sqlite3.connect(w + "/pk/postkamer.db")
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
# Without the empty tables of everything else.
index = database.execute("SELECT SUM(pgsize) FROM dbstat WHERE name LIKE 'search%'").fetchone()[0]
print(json.dumps({"mu": size(w + "/mu"), "notmuch": size(w + "/nm"), "postkamer": index}))
P
    cat "$RES/sizes.jsonl"
    # The same mailbox as the product itself stores it, for the questions.
    say 'questions'
    python3 "$BIN/q_util.py" tsv notmuch "$q" >"$w/q.nm"
    ours_asks "$q" >"$w/q.pk"
    local dovecot=$RAM/dovecot-$N
    [ -d "$dovecot/mail/bench" ] || { mkdir -p "$dovecot/mail/idle"; python3 "$BIN/load_maildir.py" "$BENCH_HOME/data/c$N" "$dovecot/mail"; }
    bash "$BIN/dovecot_up.sh" start "$dovecot"
    rm -rf "$w/fetched" && mkdir "$w/fetched"
    python3 "$OURS/install.py" --data "$w/fetched/m" --imap $((BASE + 143))
    "$POSTKAMER" --data "$w/fetched/m" --allow-network 127.0.0.0/8 fetch --account bench@example.test --json
    bash "$BIN/dovecot_up.sh" stop "$dovecot"
    # A question takes less than the shortest turn of another program on the processor: both ask at real-time priority.
    local first=; chrt -f 50 true 2>/dev/null && first='chrt -f 50'
    for run in 1 2 3; do
        $first "$BIN/bin/q_notmuch" "$w/nm/config" "$w/q.nm" | python3 "$BIN/q_util.py" summary libnotmuch | tee -a "$RES/query.jsonl"
        $first "$EXAMPLES/questions" "$w/fetched/m" "$w/q.pk" | python3 "$BIN/q_util.py" summary postkamer | tee -a "$RES/query.jsonl"
    done
}

smtp_rows() {
    say 'taking mail over and sending it'
    local out=$RES/smtp.jsonl w=$BENCH_HOME/run/smtp sink=$((BASE + 26)) d=$BENCH_HOME/run/postfix size conc count
    rm -f "$out" && mkdir -p "$w"
    smtp-sink -u postfix -c 127.0.0.1:$sink 400 >/dev/null 2>&1 &
    local sinking=$!
    bash "$BIN/postfix_up.sh" start "$d"
    for run in $(seq "$RUNS"); do
        python3 - "$out" "$run" $((BASE + 27)) <<'P'
import json, subprocess, sys, time
out, run, port = sys.argv[1:]
begin = time.monotonic()
subprocess.run(["smtp-source", "-d", "-s", "10", "-m", "5000", "-l", "4096", "-f", "a@example.nl", "-t", "b@example.nl", "127.0.0.1:" + port], check=True)
line = json.dumps({"label": "postfix_accept", "run": int(run), "msgs_s": round(5000 / (time.monotonic() - begin))})
print(line); open(out, "a").write(line + "\n")
P
        find "$d/spool/hold" -type f -delete
        python3 "$OURS/serving.py" accept "$w" "$out" "$run"
        for case in '4096 10 5000' '51200 50 2500'; do
            read -r size conc count <<<"$case"
            node "$BIN/send_node.mjs" $sink "$((count / 2))" "$size" "$conc" | sed "s/^{/{\"label\":\"nodemailer_${size}_$conc\",/" | tee -a "$out"
            "$LETTRE/release/lettre-sender" $sink "$((conc == 10 ? count / 5 : count))" "$size" "$conc" | sed "s/^{/{\"label\":\"lettre_${size}_$conc\",/" | tee -a "$out"
            python3 "$OURS/serving.py" send "$w" "$out" "$run" $sink "$size" "$conc" "$count"
        done
    done
    bash "$BIN/postfix_up.sh" stop "$d"
    kill $sinking
    wait $sinking 2>/dev/null
}

newmail_rows() {
    say 'new mail'
    rm -f "$RES/newmail.jsonl"
    for run in $(seq "$RUNS"); do
        python3 "$OURS/serving.py" newmail "$RAM/newmail" "$RES/newmail.jsonl" "$run"
    done
}

idle_rows() {
    say 'idle accounts'
    rm -f "$RES/idle.jsonl"
    ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
    python3 "$OURS/serving.py" idle "$RAM/idle" "$RES/idle.jsonl" 1000
    [ -z "${BENCH_BIG:-}" ] || python3 "$OURS/serving.py" idle "$RAM/idle" "$RES/idle.jsonl" 10000
}

mkdir -p "$RES" "$RAM"
[ -n "${BENCH_READY:-}" ] || prepare
wants tmpfs && sync_rows tmpfs "$RAM" "$N" "$RUNS" 'mbsync postkamer mbsync_tls postkamer_tls'
wants disk && sync_rows disk "$BENCH_HOME/run" "$N" "$RUNS" 'mbsync postkamer'
wants kept && kept_rows "$N"
wants index && index_rows
wants smtp && smtp_rows
wants newmail && newmail_rows
wants idle && idle_rows
wants page && page_rows
if wants big && [ -n "${BENCH_BIG:-}" ]; then
    corpus 20000
    corpus 100000 0.05
    sync_rows big20000 "$RAM" 20000 1 'mbsync postkamer'
    kept_rows 20000
    sync_rows big100000 "$RAM" 100000 1 'mbsync postkamer'
fi
if wants million && [ -n "${BENCH_BIG:-}" ]; then
    corpus 100000 0.05
    million_rows
fi
python3 "$OURS/summarise.py" "$RES" "$ROOT/docs/performance.md"
rm -rf "$RAM"
