//! `postkamer doctor`: checks the installation and says what to do.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    trouble::{of_io, of_store},
    words,
};
use clap::Args;
use mailroom::{
    MailRoom,
    words::{Language, Phrase, Text, cause},
};
use serde_json::json;
use std::{net::TcpListener, path::Path};
use store::{
    StoreError,
    account::{Colour, Health},
};

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
    /// Where serve would take mail in by SMTP
    #[arg(long, env = "POSTKAMER_SMTP", value_name = "ADDR:PORT")]
    smtp: Option<String>,
}

struct Finding {
    /// What was looked at; its English name is what programs know it by.
    check: Text,
    ok: bool,
    words: Phrase,
}

impl Finding {
    fn line(&self, language: Language) -> String {
        let verdict = if self.ok { words::FINE } else { words::WRONG };
        format!("{:5} {:10} {}", verdict.say(language), self.check.say(language), self.words.say(language))
    }
}

impl Doctor {
    /// Checks, and fails when something needs an administrator.
    pub async fn run(self, options: &Settled) -> Outcome {
        let mut findings = vec![port(&self.http), space(&options.data), clock(&options.data)];
        let smtp = self.smtp.as_ref().or(options.smtp.address.as_ref());
        if let Some(address) = smtp {
            findings.push(port(address));
        }
        match installation::open(options).await {
            // Opening already tried the lock, the schema and the key.
            Ok(room) => {
                findings.extend(inside(&room).await?);
                if smtp.is_some() {
                    findings.push(exchangers(&room).await);
                }
            }
            Err(failed) => return Err(failed),
        }
        let of = |language| findings.iter().map(|finding| finding.line(language)).collect::<Vec<_>>().join("\n");
        let text = Phrase { nl: of(Language::Dutch), en: of(Language::English) };
        let checks: Vec<_> = findings
            .iter()
            .map(|finding| {
                let said = finding.words.say(options.language);
                json!({ "check": finding.check.en, "ok": finding.ok, "words": said })
            })
            .collect();
        match findings.iter().all(|finding| finding.ok) {
            true => Ok(Some(Answer::new(text, json!({ "ok": true, "checks": checks })))),
            false => Err(Failed::new("unwell", text)),
        }
    }
}

async fn inside(room: &MailRoom) -> Result<Vec<Finding>, StoreError> {
    let (ok, words) = match room.store.check().await {
        Ok(()) => (true, words::STORE_ANSWERS.into()),
        Err(error) => (false, of_store(&error)),
    };
    let mut findings = vec![Finding { check: words::STORE, ok, words }];
    findings.push(Finding { check: words::KEYS, ok: true, words: words::KEY_FITS.into() });
    let read = room.store.db.read(|tx| Box::pin(async move { store::account::load_all(tx).await }));
    let accounts = read.await?;
    for account in accounts.iter().filter(|account| account.settings.active) {
        let red = account.health.colour == Colour::Red;
        if red {
            let why = why(&account.health);
            let words = words::about(&account.settings.address, &why);
            findings.push(Finding { check: words::MAILBOX, ok: false, words });
        }
    }
    let connected = words::CONNECTED.with(&[("count", &accounts.len().to_string())]);
    findings.push(Finding { check: words::MAILBOXES, ok: true, words: connected });
    Ok(findings)
}

/// What is the matter with a mailbox, and what to do.
fn why(health: &Health) -> Phrase {
    let said = health.words.as_deref().unwrap_or_default();
    let code = health.code.as_deref().unwrap_or_default();
    cause::by_code(code).map_or_else(|| words::as_it_is(format!("{code} {said}")), |explained| explained.told(said))
}

fn port(address: &str) -> Finding {
    let (ok, words) = match TcpListener::bind(address) {
        Ok(_) => (true, words::PORT_FREE.with(&[("address", address)])),
        Err(error) => {
            let facts = [("address", &words::as_it_is(address)), ("why", &of_io(&error))];
            (false, words::around(words::PORT_TAKEN, &facts))
        }
    };
    Finding { check: words::PORT, ok, words }
}

/// Whether mail for our own addresses is led anywhere at all.
async fn exchangers(room: &MailRoom) -> Finding {
    let domain = &room.config.base_domain;
    let (ok, words) = match room.world.resolver().mx(domain).await {
        Ok(found) => {
            let hosts: Vec<String> = found.into_iter().map(|mx| mx.exchange).collect();
            (true, words::MAIL_LED_TO.with(&[("domain", domain), ("hosts", &hosts.join(", "))]))
        }
        Err(_) => (false, words::MAIL_LED_NOWHERE.with(&[("domain", domain)])),
    };
    Finding { check: words::MX, ok, words }
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
        Some(free) => {
            let words = words::SPACE_FREE.with(&[("count", &free.to_string())]);
            Finding { check: words::SPACE, ok: free >= LITTLE_SPACE_MIB, words }
        }
        None => Finding { check: words::SPACE, ok: true, words: words::SPACE_UNKNOWN.into() },
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
    let words = if ok { words::CLOCK_FORWARD } else { words::CLOCK_BACK };
    Finding { check: words::CLOCK, ok, words: words.into() }
}
