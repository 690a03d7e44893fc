//! Two clients at one mailbox: what the other one does shows here within a second, what is done here shows there.

use crate::client::{Client, escaped};
use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none, wait_until};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Append, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient};

/// A mailbox with the names of its folders, and the account that follows it.
struct Pair {
    program: Program,
    account: String,
    client: ImapClient,
    /// Stands before every folder on the server but the inbox.
    prefix: &'static str,
    archive: &'static str,
    new_folder: &'static str,
}

impl Pair {
    fn connect(port: u16, prefix: &'static str, archive: &'static str, new_folder: &'static str) -> Pair {
        let client = ImapClient::new(port, "anna", "geheim-1");
        let program = Program::start(Backing::Disk);
        let account = program.connect(&account("anna@voorbeeld.test", imap(port, "anna", "geheim-1"), none()));
        program.fetch(&account);
        Pair { program, account, client, prefix, archive, new_folder }
    }

    fn api(&self) -> &Client {
        &self.program.api
    }

    /// The name that the server has for a folder of ours.
    fn there(&self, folder: &str) -> String {
        if folder == "INBOX" { folder.to_owned() } else { format!("{}{folder}", self.prefix) }
    }

    fn put(&self, folder: &str, subject: &str) -> u32 {
        self.client.append(&self.there(folder), &[letter(subject)]);
        self.uid(folder, subject).expect("it was just put there")
    }

    /// Where the other client finds a letter of that size and digest.
    fn uid(&self, folder: &str, subject: &str) -> Option<u32> {
        let digest = testkit::digest(&letter(subject).raw);
        let found = self.client.folder(&self.there(folder));
        found.messages.iter().find(|message| message.digest == digest).map(|message| message.uid)
    }

    fn flags(&self, folder: &str, subject: &str) -> Vec<String> {
        let digest = testkit::digest(&letter(subject).raw);
        let found = self.client.folder(&self.there(folder));
        let message = found.messages.into_iter().find(|message| message.digest == digest);
        message.map(|message| message.flags).unwrap_or_default()
    }

    /// The line of the list with this subject.
    fn line(&self, subject: &str) -> Option<Value> {
        let path = format!("/messages?account={}&q={}", self.account, escaped(&format!("subject:\"{subject}\"")));
        self.api().list(&path).into_iter().find(|line| line["subject"] == json!(subject) && !line["folder"].is_null())
    }

    fn folder(&self, name: &str) -> Option<Value> {
        let folders = self.api().list(&format!("/accounts/{}/folders", self.account));
        folders.into_iter().find(|folder| folder["label"] == json!(name))
    }

    fn shows(&self, subject: &str, what: &str, value: bool) {
        wait_until(&format!("{subject} has {what} {value}"), || {
            self.line(subject).filter(|line| line[what] == json!(value))
        });
    }

    /// Everything that another client can do to a mailbox.
    fn follows_the_other_client(&self) {
        let uid = self.put("INBOX", "heen en weer").to_string();
        wait_until("new mail shows", || self.line("heen en weer"));
        self.client.flags("INBOX", &uid, "+FLAGS", &["\\Seen", "\\Flagged"]);
        self.shows("heen en weer", "seen", true);
        self.shows("heen en weer", "flagged", true);
        self.client.flags("INBOX", &uid, "-FLAGS", &["\\Seen"]);
        self.shows("heen en weer", "seen", false);

        let archive = wait_until("the archive is known", || self.folder(self.archive));
        self.client.move_to("INBOX", &uid, &self.there(self.archive));
        let line = wait_until("it is in the archive", || {
            self.line("heen en weer").filter(|line| line["folder"] == archive["id"])
        });
        assert_eq!(line["flagged"], json!(true), "a move keeps the flags");

        let gone = self.put("INBOX", "straks weg").to_string();
        wait_until("new mail shows", || self.line("straks weg"));
        self.client.expunge("INBOX", &gone);
        wait_until("deleted mail is no longer in a folder", || self.line("straks weg").is_none().then_some(()));
    }

    /// A folder that the other client makes, with mail in it, comes with the next look at the list of folders.
    fn finds_new_folders(&self) {
        self.client.create(&self.there(self.new_folder));
        self.put(self.new_folder, "in de nieuwe map");
        self.program.fetch(&self.account);
        let line = self.line("in de nieuwe map").expect("the new folder was fetched");
        let folder = self.folder(self.new_folder).expect("the new folder is listed");
        assert_eq!(line["folder"], folder["id"]);
    }

    /// Everything that a person can do here.
    fn is_followed_by_the_other_client(&self) {
        self.put("INBOX", "van hieruit");
        self.program.fetch(&self.account);
        let line = self.line("van hieruit").expect("new mail shows");
        let path = format!("/messages/{}", text(&line["id"]));
        self.api().patch(&path, &json!({ "seen": true, "flagged": true }));
        wait_until("imaplib sees the flags", || {
            let flags = self.flags("INBOX", "van hieruit");
            let has = |flag: &str| flags.iter().any(|it| it == flag);
            (has("\\Seen") && has("\\Flagged")).then_some(())
        });
        self.api().patch(&path, &json!({ "seen": false }));
        wait_until("imaplib sees that it is unread", || {
            (!self.flags("INBOX", "van hieruit").iter().any(|flag| flag == "\\Seen")).then_some(())
        });
        let archive = wait_until("the archive is known", || self.folder(self.archive));
        let moved = self.api().patch(&path, &json!({ "folder": archive["id"] }));
        assert_eq!(moved["folder"], archive["id"], "it shows at once");
        wait_until("imaplib finds it in the archive", || self.uid(self.archive, "van hieruit"));
        wait_until("imaplib finds it nowhere else", || self.uid("INBOX", "van hieruit").is_none().then_some(()));
        self.program.fetch(&self.account);
        let lines = self.api().list(&format!("/messages?account={}", self.account));
        assert_eq!(
            lines.iter().filter(|line| line["subject"] == json!("van hieruit")).count(),
            1,
            "moved, not doubled"
        );

        let private = self.api().patch(&path, &json!({ "private": true }));
        assert_eq!(private["private"], json!(true));
    }

    /// Several letters, from the moment that the server has it to the moment that we are told. What else runs on the
    /// machine delays some of them; what is slow by design delays all.
    fn is_told_within_a_second(&self) {
        let told = self.api().events();
        let mut delays: Vec<Duration> = Vec::new();
        for number in 0..7 {
            self.client.append("INBOX", &[letter(&format!("bode {number}"))]);
            let begin = Instant::now();
            let event = wait_until("the arrival is told", || {
                let next = told.recv_timeout(Duration::from_secs(60)).expect("an event");
                (next.facts["kind"] == json!("message.received")).then_some(next)
            });
            delays.push(event.at.saturating_duration_since(begin));
        }
        delays.sort();
        assert!(delays[1] < Duration::from_secs(1), "{delays:?}");
    }
}

fn letter(subject: &str) -> Append {
    let raw = format!(
        "From: Daan <daan@elders.test>\r\nTo: anna@voorbeeld.test\r\nSubject: {subject}\r\nMessage-ID: <{}@elders.test>\r\n\
         Date: Thu, 5 Mar 2026 09:30:00 +0100\r\n\r\nHallo Anna.\r\n",
        subject.replace(' ', "-")
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

#[test]
fn dovecot_and_we_follow_each_other() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let pair = Pair::connect(dovecot.imap_port, "", "Archief", "Nieuw/2026");
    pair.follows_the_other_client();
    pair.is_followed_by_the_other_client();
    pair.finds_new_folders();
    pair.is_told_within_a_second();
}

#[test]
fn cyrus_and_we_follow_each_other() {
    let cyrus = Cyrus::start(CyrusOptions::default());
    let pair = Pair::connect(cyrus.imap_port, "", "Archief", "Nieuw");
    pair.follows_the_other_client();
    pair.is_followed_by_the_other_client();
    pair.finds_new_folders();
    pair.is_told_within_a_second();
}

/// Courier has no push worth the name for flags: after each change of the other client somebody presses the button.
#[test]
fn courier_and_we_follow_each_other() {
    let courier = Courier::start(&[("anna", "geheim-1")]);
    let pair = Pair::connect(courier.imap_port, "INBOX.", "Verzonden", "Nieuw");
    let uid = pair.put("INBOX", "heen").to_string();
    pair.program.fetch(&pair.account);
    assert!(pair.line("heen").is_some());
    pair.client.flags("INBOX", &uid, "+FLAGS", &["\\Seen"]);
    pair.program.fetch(&pair.account);
    pair.shows("heen", "seen", true);
    pair.client.expunge("INBOX", &uid);
    pair.program.fetch(&pair.account);
    assert!(pair.line("heen").is_none());
    pair.is_followed_by_the_other_client();
    pair.finds_new_folders();
}
