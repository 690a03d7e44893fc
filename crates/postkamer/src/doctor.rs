//! `postkamer doctor`: checks the installation and says what to do.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
};
use clap::Args;
use mailroom::MailRoom;
use serde_json::json;
use std::{net::TcpListener, path::Path};
use store::{StoreError, account::Colour};

/// Under this much free space new mail is at risk, in MiB.
const LITTLE_SPACE_MIB: u64 = 1024;
/// A clock this far from what the file system says is wrong, in milliseconds.
const CLOCK_SLACK_MS: i64 = 60_000;

/// Check the installation: database, blobs, keys, clock, ports, free space.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where serve would listen
    #[arg(long, env = "POSTKAMER_HTTP", value_name = "ADDR:PORT", default_value = "127.0.0.1:8025")]
    http: String,
}

struct Finding {
    check: &'static str,
    ok: bool,
    words: String,
}

impl Doctor {
    /// Checks, and fails when something needs an administrator.
    pub async fn run(self, options: &Settled) -> Outcome {
        let mut findings = vec![port(&self.http), space(&options.data), clock(&options.data)];
        match installation::open(options).await {
            // Opening already tried the lock, the schema and the key.
            Ok(room) => findings.extend(inside(&room).await?),
            Err(failed) => return Err(failed),
        }
        let text: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!("{:5} {:10} {}", if finding.ok { "ok" } else { "WRONG" }, finding.check, finding.words)
            })
            .collect();
        let checks: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "check": finding.check, "ok": finding.ok, "words": finding.words }))
            .collect();
        match findings.iter().all(|finding| finding.ok) {
            true => Ok(Some(Answer::new(text.join("\n"), json!({ "ok": true, "checks": checks })))),
            false => Err(Failed::new("unwell", text.join("\n"))),
        }
    }
}

async fn inside(room: &MailRoom) -> Result<Vec<Finding>, StoreError> {
    let (ok, words) = match room.store.check().await {
        Ok(()) => (true, "database and blobs answer".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let mut findings = vec![Finding { check: "store", ok, words }];
    findings.push(Finding { check: "keys", ok: true, words: "the key opens this installation".into() });
    let read = room.store.db.read(|tx| Box::pin(async move { store::account::load_all(tx).await }));
    let accounts = read.await?;
    for account in accounts.iter().filter(|account| account.settings.active) {
        let red = account.health.colour == Colour::Red;
        if red {
            let why = account.health.words.clone().or(account.health.code.clone()).unwrap_or_default();
            findings.push(Finding {
                check: "mailbox",
                ok: false,
                words: format!("{}: {why}", account.settings.address),
            });
        }
    }
    findings.push(Finding { check: "mailboxes", ok: true, words: format!("{} connected", accounts.len()) });
    Ok(findings)
}

fn port(address: &str) -> Finding {
    let (ok, words) = match TcpListener::bind(address) {
        Ok(_) => (true, format!("{address} is free")),
        Err(error) => (false, format!("{address} can't be opened: {error}. Is Postkamer running already?")),
    };
    Finding { check: "port", ok, words }
}

/// What `df` says, because the standard library does not.
fn space(data: &Path) -> Finding {
    let folder = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let told = std::process::Command::new("df").args(["--output=avail", "--block-size=1M"]).arg(folder).output();
    let free = told.ok().and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().nth(1)?.trim().parse::<u64>().ok()
    });
    match free {
        Some(free) => Finding { check: "space", ok: free >= LITTLE_SPACE_MIB, words: format!("{free} MiB free") },
        None => Finding { check: "space", ok: true, words: "the free space could not be read".into() },
    }
}

/// The clock against the newest file we wrote: one that lies ahead means that the clock was set back.
fn clock(data: &Path) -> Finding {
    let now = mailroom::Clock::default().now();
    let written = std::fs::metadata(data.join("postkamer.db-wal"))
        .or_else(|_| std::fs::metadata(data))
        .and_then(|file| file.modified())
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_millis() as i64);
    let ok = written <= now + CLOCK_SLACK_MS;
    let words = if ok {
        "the clock goes forward".into()
    } else {
        "files were written later than now: the clock was set back".into()
    };
    Finding { check: "clock", ok, words }
}
