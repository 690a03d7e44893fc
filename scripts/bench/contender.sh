# Postkamer as a contender of the suite's run_sync.sh (-x): one pass is `postkamer fetch`, everything included.
# Needs POSTKAMER, the program, and OURS, this folder.
postkamer_store() { # STORE PORT [more of install.py]
  local store=$1 port=$2; shift 2
  python3 "$OURS/install.py" --data "$store/m" --imap "$port" "$@" || return 1
  COUNT="python3 -c 'import sqlite3; print(sqlite3.connect(\"$store/m/postkamer.db\").execute(\"SELECT COUNT(*) FROM places\").fetchone()[0])'"
  echo "exec $POSTKAMER --data $store/m --allow-network 127.0.0.0/8 fetch --account bench@example.test --json" >"$store/run.sh"
}
peer_postkamer()     { postkamer_store "$1" "$IMAP"; }
peer_postkamer_tls() { postkamer_store "$1" "$IMAPS" --pin "$CA"; }
