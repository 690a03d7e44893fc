//! A small post office: Postfix takes mail in and delivers it into Dovecot, which also checks the passwords.

use crate::client::Client;
use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, smtp, wait_until};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use testkit::{Dovecot, DovecotOptions, ImapClient, Postfix, PostfixOptions};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "geheim-1";

/// The servers of `example.test`, where `info@` is ours and the others are the world.
pub(crate) struct PostOffice {
    pub(crate) dovecot: Dovecot,
    pub(crate) postfix: Postfix,
}

impl PostOffice {
    pub(crate) fn open() -> PostOffice {
        PostOffice::with(|_, _| ())
    }

    /// The same with other options for the two servers.
    pub(crate) fn with(change: impl FnOnce(&mut DovecotOptions, &mut PostfixOptions)) -> PostOffice {
        let names = ["info", "anna", "bram", "cees", "kopie"];
        let users = names.iter().map(|name| (format!("{name}@example.test"), PASSWORD.to_owned())).collect();
        let mut dovecot = DovecotOptions { users, ..DovecotOptions::default() };
        let recipients = names.iter().map(|name| (*name).to_owned()).collect();
        let mut postfix = PostfixOptions { recipients, ..PostfixOptions::default() };
        change(&mut dovecot, &mut postfix);
        let dovecot = Dovecot::start(dovecot);
        postfix.deliver_to_lmtp = Some(dovecot.lmtp_port);
        postfix.auth_socket = Some(dovecot.auth_socket.clone());
        let postfix = Postfix::start(postfix);
        PostOffice { dovecot, postfix }
    }

    /// Somebody's own mail program.
    pub(crate) fn client(&self, name: &str) -> ImapClient {
        ImapClient::new(self.dovecot.imap_port, &format!("{name}@example.test"), PASSWORD)
    }

    /// Somebody's mailbox as an account.
    pub(crate) fn account(&self, name: &str) -> Value {
        let address = format!("{name}@example.test");
        let incoming = imap(self.dovecot.imap_port, &address, PASSWORD);
        account(&address, incoming, smtp(self.postfix.submission_port, &address, PASSWORD))
    }

    /// The program with `info@` connected, and the account's id.
    pub(crate) fn tenant(&self, backing: Backing) -> (Program, String) {
        let program = Program::start(backing);
        let id = program.connect(&self.account("info"));
        program.fetch(&id);
        (program, id)
    }

    /// The letters in somebody's inbox, as soon as there are `count`.
    pub(crate) fn delivered(&self, name: &str, count: usize) -> Vec<Vec<u8>> {
        let client = self.client(name);
        wait_until(&format!("{name} has {count} letters"), || {
            (client.folder("INBOX").messages.len() >= count).then(|| client.bodies("INBOX"))
        })
    }
}

/// A story that fails shows what became of its mail.
impl Drop for PostOffice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.postfix.mail_log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the last words of Postfix:\n{}", lines[lines.len().saturating_sub(30)..].join("\n"));
        }
    }
}

/// A letter of the interface's kind.
pub(crate) fn letter(account: &str, to: &[&str], subject: &str) -> Value {
    let to: Vec<Value> = to.iter().map(|address| json!({ "address": address })).collect();
    json!({ "account": account, "to": to, "subject": subject, "text": "Beste lezer,\n\nTot ziens." })
}

/// A file of the interface's kind.
pub(crate) fn file(name: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "content_type": kind, "content_base64": STANDARD.encode(bytes) })
}

/// Hands a letter over and answers its id.
pub(crate) fn send(api: &Client, letter: &Value) -> String {
    let answer = api.call("POST", "/outbox", Some(letter), &[]);
    assert_eq!(answer.status, 202, "{}", answer.text());
    text(&answer.json()["id"])
}

/// The submission as soon as it is in that state.
pub(crate) fn when(api: &Client, id: &str, state: &str) -> Value {
    let mut last = Value::Null;
    wait_until(&format!("{id} is {state}"), || {
        let now = api.get(&format!("/outbox/{id}"));
        if now != last {
            last = now;
            eprintln!("{} {} {}", last["id"], last["state"], last["recipients"]);
        }
        (last["state"] == json!(state)).then(|| last.clone())
    })
}

/// State and words for one recipient.
pub(crate) fn recipient(submission: &Value, address: &str) -> (String, String) {
    let all = submission["recipients"].as_array().cloned().unwrap_or_default();
    let one =
        all.iter().find(|one| one["address"] == json!(address)).unwrap_or_else(|| panic!("{address}: {submission}"));
    (text(&one["state"]), text(&one["server_said"]))
}

/// The header of a message, unfolded.
pub(crate) fn header(raw: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
    let wanted = format!("{}:", name.to_lowercase());
    head.lines()
        .find(|line| line.to_lowercase().starts_with(&wanted))
        .map(|line| line[wanted.len()..].trim().to_owned())
}
