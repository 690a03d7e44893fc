//! Mail that others push to us instead of our asking for it: posted by Mailgun, or brought by SMTP to an address of ours.
//! It lies nowhere else, so that what lies "there" is what was pushed.

use super::{Lying, Mailbox};
use crate::fetch::text;
use crate::page::mailgun::{connected, receive};
use crate::program::{Backing, Program, account, none};
use crate::relay::DOMAIN;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use simulator::{Cloud, Simulator};
use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::process::{Command, Stdio};
use testkit::{Append, digest, free_port};
use tokio::runtime::Runtime;

/// Python's own SMTP client brings letters, which come as a list of base64.
const BRING: &str = r#"
import base64, json, smtplib, sys
port, to = int(sys.argv[1]), sys.argv[2]
with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.elders.test") as door:
    for letter in json.load(sys.stdin):
        door.sendmail("jan@elders.test", [to], base64.b64decode(letter))
"#;

/// Who pushes.
enum By {
    Mailgun(Box<(Runtime, Simulator)>),
    /// The port of the door.
    Smtp(u16),
}

/// A mailbox that mail is pushed to.
pub(super) struct Pushed {
    by: By,
    /// Where to, once it is connected.
    address: RefCell<Option<String>>,
    /// What waits until then.
    waiting: RefCell<Vec<Vec<u8>>>,
    pushed: RefCell<Vec<Lying>>,
    ready: Cell<bool>,
}

impl Pushed {
    pub(super) fn by_mailgun() -> Pushed {
        let runtime = Runtime::new().expect("a runtime");
        let address = "127.0.0.1:0".parse().expect("an address");
        let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
        Pushed::new(By::Mailgun(Box::new((runtime, simulator))))
    }

    pub(super) fn by_smtp() -> Pushed {
        Pushed::new(By::Smtp(free_port()))
    }

    fn new(by: By) -> Pushed {
        let (waiting, pushed) = (RefCell::default(), RefCell::default());
        Pushed { by, address: RefCell::default(), waiting, pushed, ready: Cell::new(false) }
    }

    fn push(&self) {
        let letters = std::mem::take(&mut *self.waiting.borrow_mut());
        let address = self.address.borrow().clone().expect("it is connected");
        self.pushed.borrow_mut().extend(letters.iter().map(|raw| (digest(raw), false, false)));
        match &self.by {
            By::Mailgun(at) => letters.iter().for_each(|raw| receive(&at.0, &at.1, &address, raw)),
            By::Smtp(port) => {
                let mut python = Command::new("python3");
                python.args(["-c", BRING, &port.to_string(), &address]).stdin(Stdio::piped());
                let mut python = python.spawn().expect("python is there");
                let letters: Vec<String> = letters.iter().map(|raw| STANDARD.encode(raw)).collect();
                let list = serde_json::to_vec(&letters).expect("a list");
                python.stdin.take().expect("a pipe").write_all(&list).expect("python listens");
                assert!(python.wait().is_ok_and(|status| status.success()), "every letter was taken");
            }
        }
    }
}

/// As it travels between servers: every line ends with CR and LF, the last one too.
fn travelling(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 20);
    let mut rest = raw.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if(|next| **next == b'\n');
                out.extend(b"\r\n");
            }
            b'\n' => out.extend(b"\r\n"),
            other => out.push(*other),
        }
    }
    if !out.ends_with(b"\r\n") {
        out.extend(b"\r\n");
    }
    out
}

/// Without the fields that were written above it at our door.
fn brought(raw: &[u8]) -> &[u8] {
    let mut rest = raw;
    for name in ["Return-Path:", "Delivered-To:", "Authentication-Results:", "Received:"] {
        assert!(rest.starts_with(name.as_bytes()), "{name} was written above it");
        let folded = |at: usize| matches!(rest.get(at + 1), Some(b' ' | b'\t'));
        let end = (0..rest.len()).find(|at| rest[*at] == b'\n' && !folded(*at)).expect("an end");
        rest = &rest[end + 1..];
    }
    rest
}

impl Mailbox for Pushed {
    fn program(&self) -> Program {
        match &self.by {
            By::Mailgun(at) => {
                let all = [("POSTKAMER_SIMULATOR", at.1.url.as_str()), ("POSTKAMER_ALLOW_NETWORK", "127.0.0.0/8")];
                Program::start_with(Backing::Disk, &all)
            }
            By::Smtp(port) => {
                let address = format!("127.0.0.1:{port}");
                let all = [("POSTKAMER_SMTP", address.as_str()), ("POSTKAMER_BASE_DOMAIN", DOMAIN)];
                Program::start_with(Backing::Disk, &all)
            }
        }
    }

    fn connect(&self, program: &Program) -> String {
        let (id, address) = match &self.by {
            By::Mailgun(_) => (connected(program).1, "info@mg.voorbeeld.test".to_owned()),
            By::Smtp(_) => {
                let half = json!({ "kind": "relay" });
                let made = program.api.post("/accounts", &account("info@voorbeeld.test", half, none()));
                (text(&made["id"]), text(&made["incoming"]["relay_address"]))
            }
        };
        self.address.replace(Some(address));
        self.ready.set(true);
        program.fetch(&id);
        self.push();
        id
    }

    fn roles(&self) -> &'static [&'static str] {
        &["inbox"]
    }

    fn is_followed(&self) -> bool {
        false
    }

    fn is_counted(&self) -> bool {
        false
    }

    fn as_pushed(&self, raw: &[u8]) -> Vec<u8> {
        match self.by {
            By::Mailgun(_) => raw.to_vec(),
            By::Smtp(_) => brought(raw).to_vec(),
        }
    }

    fn put(&self, _: &str, letters: &[Append]) {
        let letters = letters.iter().map(|letter| match self.by {
            By::Mailgun(_) => letter.raw.clone(),
            By::Smtp(_) => travelling(&letter.raw),
        });
        self.waiting.borrow_mut().extend(letters);
        if self.ready.get() {
            self.push();
        }
    }

    fn lying(&self, _: &str) -> Vec<Lying> {
        self.pushed.borrow().clone()
    }

    fn mark(&self, _: &str, _: &str) {
        unreachable!("who pushes mail knows of no flags");
    }

    // Who pushed it has forgotten it; nothing follows from that here.
    fn remove(&self, _: &str, digest: &str) {
        self.pushed.borrow_mut().retain(|(known, _, _)| known != digest);
    }
}
