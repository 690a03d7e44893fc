//! PostgreSQL: one cluster for a test binary, a database for each test.

use crate::{Identity, Process, free_port};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// A running cluster.
#[derive(Debug)]
pub struct Postgres {
    /// On 127.0.0.1; everybody there is let in.
    pub port: u16,
    /// The process.
    pub process: Process,
    making: Mutex<()>,
}

impl Postgres {
    /// The cluster of this test binary, started by whoever asks first.
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start)
    }

    /// A cluster of one's own, for tests that stop or break it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Postgres {
        Postgres::start_as(None)
    }

    /// A cluster that lets nobody in without TLS, with this certificate.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start_with_tls(identity: &Identity) -> Postgres {
        Postgres::start_as(Some(identity))
    }

    fn start_as(identity: Option<&Identity>) -> Postgres {
        let port = free_port();
        let dir = Process::folder("postgres");
        let tls = identity.map_or("-c ssl=off", |identity| {
            identity.write(&dir);
            "-c ssl=on -c ssl_cert_file=cert.pem -c ssl_key_file=key.pem"
        });
        let script = format!(
            r#"set -e
            id postgres >/dev/null 2>&1 && who=postgres || who=nobody
            mkdir {dir}/data && chown "$who" {dir}/data
            as() {{ setpriv --reuid="$who" --regid="$(id -g "$who")" --clear-groups "$@"; }}
            cd {dir}/data
            as {bin}/initdb --pgdata={dir}/data --username=postkamer --auth=trust --encoding=UTF8 --locale=C --no-sync
            if [ -e {dir}/key.pem ]; then
                mv {dir}/cert.pem {dir}/key.pem {dir}/data/
                chown "$who" cert.pem key.pem && chmod 600 key.pem
                echo 'hostssl all all 127.0.0.1/32 trust' > pg_hba.conf
            fi
            exec setpriv --reuid="$who" --regid="$(id -g "$who")" --clear-groups {bin}/postgres -D {dir}/data -p {port} \
                -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off \
                {tls} -c max_connections=400 -c shared_buffers=64MB -c log_min_messages=warning"#,
            dir = dir.display(),
            bin = programs().display(),
        );
        let mut process = Process::start("PostgreSQL", dir, &script);
        process.wait_for_ports(&[port]);
        let postgres = Postgres { port, process, making: Mutex::new(()) };
        postgres.wait_until_it_answers();
        postgres
    }

    /// Makes an empty database and answers its URL; `name` must be new to the cluster.
    pub fn database(&self, name: &str) -> String {
        // Two at a time would both want the template database for themselves.
        let _one_at_a_time = self.making.lock().unwrap_or_else(|broken| broken.into_inner());
        let made = self.psql("postgres", &format!("create database \"{name}\""));
        assert!(made.is_ok(), "database {name}: {}", made.unwrap_err());
        self.url(name)
    }

    /// How a program connects to a database of this cluster.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postkamer@127.0.0.1:{}/{name}", self.port)
    }

    /// What psql answers, without decoration, or its complaint.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = Command::new("psql")
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", sql])
            .output()
            .expect("psql is installed; if not, run `make peers`");
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(words(&output.stdout)) } else { Err(words(&output.stderr)) }
    }

    fn wait_until_it_answers(&self) {
        let begin = std::time::Instant::now();
        while let Err(words) = self.psql("postgres", "select 1") {
            assert!(begin.elapsed().as_secs() < 30, "PostgreSQL does not answer: {words}\n{}", self.process.log());
        }
    }
}

fn programs() -> PathBuf {
    let ours = ["/usr/local/bin".to_owned()];
    let debian = (13..30).rev().map(|version| format!("/usr/lib/postgresql/{version}/bin"));
    let found = debian.chain(ours).map(PathBuf::from).find(|bin| bin.join("initdb").exists());
    found.expect("PostgreSQL is installed; if not, run `make peers` (as root)")
}
