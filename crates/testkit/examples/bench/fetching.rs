//! The whole mailbox, nothing new, and a little new: beside mbsync.

use crate::Bench;
use crate::report::{OURS, Report};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use testkit::{Ca, Dovecot, DovecotOptions, ImapClient, Installation, corpus};

/// The address of the mailbox, and its name on the server.
pub const ADDRESS: &str = "anna@voorbeeld.test";
const PASSWORD: &str = "geheim-1";

/// A Dovecot with the whole corpus.
pub fn loaded_server(bench: &Bench, ca: &Ca) -> (Dovecot, ImapClient) {
    let users = vec![(ADDRESS.to_owned(), PASSWORD.to_owned())];
    let tls = Some(ca.issue(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { users, tls, ..DovecotOptions::default() });
    let client = ImapClient::new(dovecot.imap_port, ADDRESS, PASSWORD);
    println!("bench: putting {} messages on the server", bench.messages);
    let there = client.folders();
    for (folder, messages) in corpus::mailbox(1, bench.messages) {
        if !there.contains_key(&folder) {
            client.create(&folder);
        }
        for part in messages.chunks(500) {
            client.append(&folder, part);
        }
    }
    (dovecot, client)
}

/// An installation with that mailbox connected and never fetched.
pub fn connected(bench: &Bench, dovecot: &Dovecot, data: PathBuf, ca: Option<&Path>) -> Installation {
    let ca_file = ca.map(|path| path.display().to_string()).unwrap_or_default();
    let trust = [("POSTKAMER_EXTRA_CA", ca_file.as_str())];
    let installation = Installation::set_up(bench.program.clone(), data, if ca.is_some() { &trust } else { &[] });
    let (port, encryption) = if ca.is_some() { (dovecot.imaps_port, "tls") } else { (dovecot.imap_port, "none") };
    let account = json!({
        "display_name": "Anna", "address": ADDRESS, "active": false, "push": false, "allow_plaintext": ca.is_none(),
        "incoming": { "kind": "imap", "host": "localhost", "port": port, "encryption": encryption,
                      "username": ADDRESS, "secret": PASSWORD },
        "outgoing": { "kind": "none" },
    });
    let token = installation.token();
    let serving = installation.serve();
    post(&format!("{}/api/v1/accounts", serving.url), &token, &account);
    installation
}

/// Sends JSON with curl and answers with what came back.
pub fn post(url: &str, token: &str, body: &Value) -> Value {
    let output = std::process::Command::new("curl")
        .args(["-sS", "--fail-with-body", "-H", "Content-Type: application/json", "-H"])
        .arg(format!("Authorization: Bearer {token}"))
        .args(["--data-binary", &body.to_string(), url])
        .output()
        .expect("curl is installed; if not, run `make peers`");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "POST {url}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Runs a command and answers with its seconds and its peak of memory.
pub fn measured(command: &mut std::process::Command) -> (f64, f64) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("py/measure.py");
    let mut whole = std::process::Command::new(testkit::home::python());
    whole.arg(script).arg(command.get_program()).args(command.get_args());
    whole.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = whole.output().expect("Python starts");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("the answer of our own script");
    assert_eq!(answer["ok"], true, "{:?}: {}", command.get_program(), answer["said"]);
    (answer["seconds"].as_f64().unwrap_or(f64::NAN), answer["megabytes"].as_f64().unwrap_or(f64::NAN))
}

/// An mbsync that pulls everything into `home`.
pub fn mbsync(dovecot: &Dovecot, home: &Path, ca: Option<&Path>) -> std::process::Command {
    std::fs::create_dir_all(home.join("mail")).expect("a folder");
    let line = match ca {
        Some(ca) => format!("Port {}\nSSLType IMAPS\nCertificateFile {}", dovecot.imaps_port, ca.display()),
        None => format!("Port {}\nSSLType None", dovecot.imap_port),
    };
    let home = home.display();
    let settings = format!(
        "IMAPAccount server\nHost localhost\nUser {ADDRESS}\nPass {PASSWORD}\nAuthMechs LOGIN\n{line}\n\nIMAPStore far\n\
         Account server\n\nMaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync Pull\nSyncState *\n"
    );
    std::fs::write(format!("{home}/mbsyncrc"), settings).expect("a file");
    let mut command = std::process::Command::new("mbsync");
    command.args(["-q", "-c", &format!("{home}/mbsyncrc"), "-a"]);
    command
}

pub fn measure(bench: &Bench, report: &mut Report) {
    let ca = Ca::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, &ca.pem).expect("a file");
    let (dovecot, client) = loaded_server(bench, &ca);
    let server = Server { bench, dovecot: &dovecot, client: &client };
    server.compare(report, "memory disk", Path::new("/dev/shm"), None);
    server.compare(report, "over TLS, memory disk", Path::new("/dev/shm"), Some(&trusted));
    server.compare(report, "durable on disk", Path::new("/var/tmp"), None);
    let goals = [
        ("memory disk", 1.0, 0.4, 0.6),
        ("over TLS, memory disk", 0.8, 0.4, 0.6),
        ("durable on disk", 0.25, 0.4, 0.25),
    ];
    for (place, full, idle, little) in goals {
        report.goal(&format!("everything, s, {place}"), "mbsync", full);
        report.goal(&format!("nothing new, s, {place}"), "mbsync", idle);
        report.goal(&format!("100 new and 1,000 flags, s, {place}"), "mbsync", little);
        report.goal(&format!("peak memory, MB, {place}"), "", 120.0);
    }
}

struct Server<'a> {
    bench: &'a Bench,
    dovecot: &'a Dovecot,
    client: &'a ImapClient,
}

impl Server<'_> {
    fn compare(&self, report: &mut Report, place: &str, disk: &Path, ca: Option<&Path>) {
        for run in 0..self.bench.runs {
            let home = tempfile::Builder::new().prefix("pk-bench-").tempdir_in(disk).expect("a folder to fetch into");
            let installation = connected(self.bench, self.dovecot, home.path().join("postkamer"), ca);
            let mut theirs = mbsync(self.dovecot, home.path(), ca);
            let mut ours = installation.command("fetch");
            ours.args(["--account", ADDRESS, "--json"]);
            let mut contenders = [("mbsync", &mut theirs), (OURS, &mut ours)];
            contenders.rotate_left(run % 2);

            let full = format!("everything, s, {place}");
            let memory = format!("peak memory, MB, {place}");
            for (name, command) in &mut contenders {
                let (seconds, megabytes) = measured(command);
                report.note(&full, name, seconds);
                report.note(&memory, name, megabytes);
            }
            for _ in 0..2 {
                for (name, command) in &mut contenders {
                    report.note(&format!("nothing new, s, {place}"), name, measured(command).0);
                }
            }
            self.change(run);
            for (name, command) in &mut contenders {
                report.note(&format!("100 new and 1,000 flags, s, {place}"), name, measured(command).0);
            }
        }
    }

    /// A hundred more in the inbox, and every second run the flags of a thousand the other way round.
    fn change(&self, run: usize) {
        let seed = 1_000 + run as u64;
        let more = corpus::mailbox(seed, 100).into_values().flatten().collect::<Vec<_>>();
        self.client.append("INBOX", &more);
        let how = if run.is_multiple_of(2) { "+FLAGS" } else { "-FLAGS" };
        self.client.flags("INBOX", &format!("1:{}", self.bench.messages.min(1_000)), how, &["$Bench"]);
    }
}
