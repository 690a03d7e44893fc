//! The servers of the oldest kind: IMAP, POP3 and SMTP.

use super::{Lying, Mailbox, Way};
use crate::post_office::PostOffice;
use crate::program::{Backing, Program, account, imap, none, smtp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{
    Append, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, GmailImap, ImapClient, PopClient, Process, Sink,
    sink::{Fault, Stage},
};

const ADDRESS: &str = "anna@voorbeeld.test";

/// A mailbox over IMAP; Python's imaplib is the other program.
pub(super) struct Followed {
    port: u16,
    client: ImapClient,
    /// The folder of each role.
    names: BTreeMap<&'static str, String>,
    _server: Process,
}

impl Followed {
    pub(super) fn dovecot() -> Followed {
        let server = Dovecot::start(DovecotOptions::default());
        Followed::at(server.imap_port, "", server.process)
    }

    pub(super) fn cyrus() -> Followed {
        let server = Cyrus::start(CyrusOptions::default());
        Followed::at(server.imap_port, "", server.process)
    }

    pub(super) fn courier() -> Followed {
        let server = Courier::start(&[("anna", "geheim-1")]);
        Followed::at(server.imap_port, "INBOX.", server.process)
    }

    fn at(port: u16, prefix: &'static str, server: Process) -> Followed {
        let client = ImapClient::new(port, "anna", "geheim-1");
        let mut followed = Followed { port, client, names: BTreeMap::new(), _server: server };
        let there = followed.client.folders();
        for (role, mark, usual) in [
            ("inbox", "", "INBOX"),
            ("sent", "\\sent", "Verzonden"),
            ("archive", "\\archive", "Archief"),
            ("trash", "\\trash", "Prullenbak"),
        ] {
            let is_it = |marks: &[String]| marks.iter().any(|known| known.eq_ignore_ascii_case(mark));
            let declared = there.iter().find(|(_, marks)| is_it(marks)).map(|(name, _)| name.clone());
            let name = declared.unwrap_or_else(|| match usual {
                "INBOX" => usual.to_owned(),
                _ => format!("{prefix}{usual}"),
            });
            if !there.contains_key(&name) {
                followed.client.create(&name);
            }
            followed.names.insert(role, name);
        }
        followed
    }

    fn folder(&self, role: &str) -> &str {
        &self.names[role]
    }

    fn uid(&self, role: &str, digest: &str) -> String {
        let found = self.client.folder(self.folder(role));
        let message = found.messages.iter().find(|message| message.digest == digest);
        message.unwrap_or_else(|| panic!("no such letter in {role}")).uid.to_string()
    }
}

impl Mailbox for Followed {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        program.connect(&account(ADDRESS, imap(self.port, "anna", "geheim-1"), none()))
    }

    fn put(&self, role: &str, letters: &[Append]) {
        self.client.append(self.folder(role), letters);
    }

    fn lying(&self, role: &str) -> Vec<Lying> {
        let found = self.client.folder(self.folder(role)).messages.into_iter();
        let has = |flags: &[String], wanted: &str| flags.iter().any(|flag| flag == wanted);
        found.map(|it| (it.digest, has(&it.flags, "\\Seen"), has(&it.flags, "\\Flagged"))).collect()
    }

    fn mark(&self, role: &str, digest: &str) {
        self.client.flags(self.folder(role), &self.uid(role, digest), "+FLAGS", &["\\Seen", "\\Flagged"]);
    }

    fn remove(&self, role: &str, digest: &str) {
        self.client.expunge(self.folder(role), &self.uid(role, digest));
    }
}

/// A mailbox at Gmail over IMAP, where a letter has labels; Python's imaplib is the other program.
pub(super) struct Labelled(GmailImap);

impl Labelled {
    pub(super) fn at_gmail() -> Labelled {
        Labelled(GmailImap::start())
    }

    fn folder(role: &str) -> &'static str {
        match role {
            "inbox" => "INBOX",
            "sent" => GmailImap::SENT,
            "trash" => GmailImap::BIN,
            _ => GmailImap::ALL,
        }
    }

    fn uid(&self, role: &str, digest: &str) -> String {
        let found = self.0.client.folder(Labelled::folder(role));
        let message = found.messages.iter().find(|message| message.digest == digest);
        message.unwrap_or_else(|| panic!("no such letter in {role}")).uid.to_string()
    }
}

impl Mailbox for Labelled {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        // As Google shows it.
        program.connect(&account(ADDRESS, imap(self.0.port, GmailImap::USER, "abcd efgh ijkl mnop"), none()))
    }

    fn put(&self, role: &str, letters: &[Append]) {
        self.0.put(&[Labelled::folder(role)], letters);
    }

    fn lying(&self, role: &str) -> Vec<Lying> {
        let has = |flags: &[String], wanted: &str| flags.iter().any(|flag| flag == wanted);
        let here = self.0.lying(Labelled::folder(role)).into_iter();
        here.map(|it| (it.digest, has(&it.flags, "\\Seen"), has(&it.flags, "\\Flagged"))).collect()
    }

    fn mark(&self, role: &str, digest: &str) {
        let folder = Labelled::folder(role);
        self.0.client.flags(folder, &self.uid(role, digest), "+FLAGS", &["\\Seen", "\\Flagged"]);
    }

    /// For good: only what is in the bin can be.
    fn remove(&self, role: &str, digest: &str) {
        self.0.client.move_to(Labelled::folder(role), &self.uid(role, digest), GmailImap::BIN);
        self.0.client.expunge(GmailImap::BIN, &self.uid("trash", digest));
    }
}

/// A mailbox over POP3; Python's poplib is the other program, and mail comes in over IMAP.
pub(super) struct Collected {
    imap_port: u16,
    pop3_port: u16,
    client: PopClient,
    _process: Process,
}

impl Collected {
    pub(super) fn dovecot() -> Collected {
        let server = Dovecot::start(DovecotOptions::default());
        Collected::of(server.imap_port, server.pop3_port, server.process)
    }

    pub(super) fn cyrus() -> Collected {
        let server = Cyrus::start(CyrusOptions::default());
        Collected::of(server.imap_port, server.pop3_port, server.process)
    }

    pub(super) fn courier() -> Collected {
        let server = Courier::start(&[("anna", "geheim-1")]);
        Collected::of(server.imap_port, server.pop3_port, server.process)
    }

    fn of(imap_port: u16, pop3_port: u16, process: Process) -> Collected {
        let client = PopClient::new(pop3_port, "anna", "geheim-1");
        Collected { imap_port, pop3_port, client, _process: process }
    }

    fn half(&self) -> Value {
        let mut half = imap(self.pop3_port, "anna", "geheim-1");
        half["kind"] = json!("pop3");
        half
    }
}

impl Mailbox for Collected {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        program.connect(&account(ADDRESS, self.half(), none()))
    }

    fn roles(&self) -> &'static [&'static str] {
        &["inbox"]
    }

    fn is_followed(&self) -> bool {
        false
    }

    fn put(&self, _: &str, letters: &[Append]) {
        ImapClient::new(self.imap_port, "anna", "geheim-1").append("INBOX", letters);
    }

    fn lying(&self, _: &str) -> Vec<Lying> {
        self.client.fetch(&[]).into_iter().map(|message| (message.digest, false, false)).collect()
    }

    fn mark(&self, _: &str, _: &str) {
        unreachable!("POP3 has no flags");
    }

    fn remove(&self, _: &str, digest: &str) {
        let there = self.client.fetch(&[]).into_iter();
        let found: Vec<String> = there.filter(|it| it.digest == digest).map(|message| message.uidl).collect();
        self.client.fetch(&found);
    }
}

/// Postfix, with Dovecot behind it, which keeps the copies that we put there.
pub(super) struct Submission(PostOffice);

impl Submission {
    pub(super) fn to_postfix() -> Submission {
        Submission(PostOffice::open())
    }
}

impl Way for Submission {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        let id = program.connect(&self.0.account("info"));
        program.fetch(&id);
        id
    }

    fn people(&self) -> [String; 3] {
        ["anna@example.test", "bram@example.test", "cees@example.test"].map(str::to_owned)
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        self.0.client(address.split('@').next().unwrap_or_default()).bodies("INBOX")
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        let client = self.0.client("info");
        let sent = client.folders().into_keys().find(|name| name == "Sent" || name == "Verzonden");
        Some(sent.map(|name| client.bodies(&name)).unwrap_or_default())
    }
}

/// A server that does as it is told, so that an answer can be lost, beside a mailbox that only collects.
pub(super) struct Unsure {
    sink: Sink,
    mailbox: Collected,
}

impl Unsure {
    pub(super) fn server() -> Unsure {
        Unsure { sink: Sink::start(), mailbox: Collected::dovecot() }
    }
}

impl Way for Unsure {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        let id = program.connect(&account(ADDRESS, self.mailbox.half(), smtp(self.sink.port, "", "")));
        program.fetch(&id);
        id
    }

    fn people(&self) -> [String; 3] {
        ["anna@elders.test", "bram@elders.test", "cees@elders.test"].map(str::to_owned)
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        let all = self.sink.received().into_iter();
        all.filter(|it| it.recipients.iter().any(|one| one == address)).map(|it| it.raw).collect()
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        None
    }

    fn lose_the_next_answer(&self) {
        self.sink.fail(Stage::Taken, Fault::Close, 1);
    }

    // Nobody keeps a copy that could be looked at.
    fn can_settle(&self) -> bool {
        false
    }

    fn put_off_the_next(&self) {
        self.sink.fail(Stage::Mail, Fault::Reply("451 4.7.1 Later".to_owned()), 1);
    }
}
