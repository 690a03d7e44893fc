//! New mail: from the EXISTS that a bare reader sees to the event that Postkamer announces.
//!
//! On the model server, which tells all that idle at the same moment: a Dovecot tells each of them when it pleases,
//! up to half a second apart.

use crate::Bench;
use crate::fetching::post;
use crate::report::{OURS, Report};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use testkit::{Installation, ModelImap, ModelOptions, corpus};

pub fn measure(bench: &Bench, report: &mut Report) {
    let model = ModelImap::start(ModelOptions::default());
    let folder = tempfile::Builder::new().prefix("pk-wait-").tempdir_in("/dev/shm").expect("a folder");
    let installation = Installation::set_up(bench.program.clone(), folder.path().join("postkamer"), &[]);
    let token = installation.token();
    let serving = installation.serve();
    let events = listen(&format!("{}/api/v1/events", serving.url), &token);
    let account = post(
        &format!("{}/api/v1/accounts", serving.url),
        &token,
        &json!({
            "display_name": "Anna", "address": "anna@voorbeeld.test", "active": true, "push": true, "allow_plaintext": true,
            "incoming": { "kind": "imap", "host": "localhost", "port": model.port, "encryption": "none",
                          "username": "anna", "secret": "geheim-1" },
            "outgoing": { "kind": "none" },
        }),
    );
    let id = account["id"].as_str().unwrap_or_default();
    post(&format!("{}/api/v1/accounts/{id}/fetch?wait=true", serving.url), &token, &json!({}));

    let mut bare = Bare::open(model.port);
    let mut waits = Vec::new();
    for raw in corpus::messages(77, 40) {
        while events.try_recv().is_ok() {}
        model.append("INBOX", &raw, &[]);
        let seen = bare.next_arrival();
        let Ok(announced) = events.recv_timeout(Duration::from_secs(30)) else {
            println!("bench: no event came for a message that was delivered: left out");
            return;
        };
        waits.push(announced.saturating_duration_since(seen).as_secs_f64() * 1_000.0);
    }
    waits.sort_by(f64::total_cmp);
    report.note("new mail after the server's EXISTS, p50, ms", OURS, waits[waits.len() / 2]);
    report.note("new mail after the server's EXISTS, p99, ms", OURS, waits[waits.len() * 99 / 100]);
    report.goal("new mail after the server's EXISTS, p50, ms", "", 3.0);
    report.goal("new mail after the server's EXISTS, p99, ms", "", 10.0);
}

/// When each event about a message came in.
fn listen(url: &str, token: &str) -> mpsc::Receiver<Instant> {
    let (sender, receiver) = mpsc::channel();
    let mut child = Command::new("curl")
        .args(["-sSN", "-H", &format!("Authorization: Bearer {token}"), url])
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl starts");
    let output = child.stdout.take().expect("a pipe");
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if ["event: message.received", "event: message.sent"].contains(&line.as_str())
                && sender.send(Instant::now()).is_err()
            {
                break;
            }
        }
        // The server ends first and curl with it; there is nothing to do about either.
        let _ = child.wait();
    });
    receiver
}

/// The bare reader: one connection that idles and notes when EXISTS comes.
struct Bare(BufReader<TcpStream>);

impl Bare {
    fn open(port: u16) -> Bare {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the model listens");
        let mut bare = Bare(BufReader::new(stream));
        for line in ["a LOGIN anna geheim-1", "b SELECT INBOX", "c IDLE"] {
            bare.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("the model reads");
            let end = if line.starts_with('c') { "+ " } else { &line[..2] };
            while !bare.line().starts_with(end) {}
        }
        bare
    }

    fn next_arrival(&mut self) -> Instant {
        while !self.line().contains("EXISTS") {}
        Instant::now()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the model answers");
        line
    }
}
