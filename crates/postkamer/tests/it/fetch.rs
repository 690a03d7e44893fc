//! Fetching: what other clients see on the server is what we hold, byte for byte.

use crate::client::Client;
use crate::program::{Backing, Program, account, imap, none, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{
    Append, Ca, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient, OauthServer, Script, ScriptedServer,
    corpus, digest, mbsync, unix_lines,
};

on_every_backing!(three_hundred_messages_arrive_as_other_clients_see_them);

/// Digest, seen, flagged, answered.
type Seen = (String, bool, bool, bool);

mod stories {
    use super::*;

    pub(super) fn three_hundred_messages_arrive_as_other_clients_see_them(backing: Backing) {
        let dovecot = Dovecot::start(DovecotOptions::default());
        let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        fill(&client, 7, 300, "");
        let program = Program::start(backing);
        let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
        program.fetch(&id);
        everything_is_there(&program.api, &id, &client);
    }
}

#[test]
fn two_thousand_messages_over_tls_with_a_password_arrive_as_other_clients_see_them() {
    let ca = Ca::new();
    let tls = Some(ca.issue(&["localhost", "127.0.0.1"]));
    let dovecot = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    fill(&client, 1, 2_000, "");
    let program = trusting(&ca, Backing::Disk);
    let incoming = json!({ "kind": "imap", "host": "localhost", "port": dovecot.imaps_port, "encryption": "tls",
        "username": "anna", "secret": "geheim-1" });
    let id = program.connect(&account("anna@voorbeeld.test", incoming, none()));
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);

    let folders = mbsync(dovecot.imap_port, "anna", "geheim-1");
    let mut theirs: Vec<String> = folders.into_values().flatten().collect();
    let mut ours: Vec<String> = Vec::new();
    for line in program.api.list(&format!("/messages?account={id}")) {
        ours.push(digest(&unix_lines(&raw(&program.api, &line))));
    }
    theirs.sort();
    ours.sort();
    assert_eq!(ours.len(), 2_000);
    assert!(ours == theirs, "mbsync has other bytes than we do");
}

#[test]
fn two_thousand_messages_with_an_access_token_arrive_as_other_clients_see_them() {
    let (ca, provider) = (Ca::new(), OauthServer::start());
    let dovecot = Dovecot::start(DovecotOptions {
        tls: Some(ca.issue(&["localhost"])),
        oauth: Some(provider.url.clone()),
        ..DovecotOptions::default()
    });
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    fill(&client, 2, 2_000, "");
    let program = trusting(&ca, Backing::Postgres);
    let incoming = json!({ "kind": "imap", "host": "localhost", "port": dovecot.imaps_port, "encryption": "tls",
        "username": "anna", "secret": provider.token("anna", 3600), "authentication": "oauth" });
    let id = program.connect(&account("anna@voorbeeld.test", incoming, none()));
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);
    let log = dovecot.process.log();
    assert!(log.contains("method=XOAUTH2") || log.contains("method=OAUTHBEARER"), "{log}");
}

#[test]
fn a_mailbox_behind_starttls_arrives_and_its_line_was_protected() {
    let ca = Ca::new();
    let tls = Some(ca.issue(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });
    let client = ImapClient::new(dovecot.imap_port, "bram@voorbeeld.test", "geheim-2");
    fill(&client, 3, 100, "");
    let program = trusting(&ca, Backing::Disk);
    let incoming = json!({ "kind": "imap", "host": "localhost", "port": dovecot.imap_port, "encryption": "starttls",
        "username": "bram@voorbeeld.test", "secret": "geheim-2" });
    let id = program.connect(&account("bram@voorbeeld.test", incoming, none()));
    program.fetch(&id);
    let before = dovecot.process.log();
    let ours = before.lines().rfind(|line| line.contains("Login: user=<bram@voorbeeld.test>"));
    assert!(ours.is_some_and(|line| line.contains("TLS")), "{before}");
    everything_is_there(&program.api, &id, &client);
}

#[test]
fn a_mailbox_on_cyrus_arrives_as_imaplib_sees_it() {
    let cyrus = Cyrus::start(CyrusOptions::default());
    let client = ImapClient::new(cyrus.imap_port, "anna", "geheim-1");
    fill(&client, 4, 300, "");
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(cyrus.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);
}

#[test]
fn a_mailbox_on_courier_arrives_as_imaplib_sees_it() {
    let courier = Courier::start(&[("anna", "geheim-1")]);
    let client = ImapClient::new(courier.imap_port, "anna", "geheim-1");
    fill(&client, 5, 300, "INBOX.");
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(courier.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);
    for folder in program.api.list(&format!("/accounts/{id}/folders")) {
        let (name, label) = (text(&folder["name"]), text(&folder["label"]));
        assert_eq!(label, name.strip_prefix("INBOX.").unwrap_or(&name), "{folder}");
    }
}

#[test]
fn a_folder_that_its_server_numbers_anew_brings_no_new_mail_and_its_flags_of_now() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let letters = |flags: &[&str]| -> Vec<Append> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        corpus::messages(41, 40).into_iter().map(|raw| Append { raw, flags: flags.clone(), date: None }).collect()
    };
    client.create("Dossiers");
    client.append("Dossiers", &letters(&[]));
    let validity = client.folder("Dossiers").validity;
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);
    let ids = |api: &Client| {
        let mut ids: Vec<String> = api.list("/messages").iter().map(|line| text(&line["id"])).collect();
        ids.sort();
        ids
    };
    let before = ids(&program.api);
    let latest = program.api.list("/changes").last().map(|change| text(&change["cursor"])).unwrap_or_default();

    client.remove_folder("Dossiers");
    client.create("Dossiers");
    client.append("Dossiers", &letters(&["\\Seen", "\\Flagged"]));
    assert_ne!(client.folder("Dossiers").validity, validity);
    program.fetch(&id);
    everything_is_there(&program.api, &id, &client);
    assert_eq!(ids(&program.api), before);
    let since = program.api.list(&format!("/changes?since={latest}"));
    assert!(!since.iter().any(|change| change["kind"] == "message.received"), "{since:?}");
}

#[test]
fn a_server_that_refuses_to_show_its_folders_is_told_of_and_left_in_peace() {
    let script = Script::new().send("* OK [CAPABILITY IMAP4rev1] welkom\r\n").rest(|line| {
        let (tag, words) = line.split_once(' ').unwrap_or((line, ""));
        match words.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "LIST" | "LSUB" => format!("{tag} NO [SERVERBUG] Internal error occurred\r\n"),
            "CAPABILITY" => format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
            _ => format!("{tag} OK done\r\n"),
        }
        .into_bytes()
    });
    let server = ScriptedServer::start(script);
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(server.port, "anna", "geheim-1"), none()));
    let health = || program.api.get(&format!("/accounts/{id}"))["health"].clone();
    let told =
        wait_until("the trouble to be told", || Some(health()).filter(|health| health["server_said"].is_string()));
    assert!(told["colour"] == "amber" && text(&told["server_said"]).contains("Internal error occurred"), "{told}");
    // Another account is fetched meanwhile: whoever is asked for without a pause would be asked for again by then.
    let asked = server.connections();
    let dovecot = Dovecot::start(DovecotOptions::default());
    let other = program.connect(&account("bert@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&other);
    let next = text(&health()["next_try_at"]).parse::<jiff::Timestamp>().expect("a moment");
    assert!(next > jiff::Timestamp::now(), "it is asked again at {next}");
    assert_eq!(server.connections(), asked, "it was asked again at once");
}

/// A program that trusts an authority of our own.
pub(crate) fn trusting(ca: &Ca, backing: Backing) -> Program {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), &ca.pem).expect("our own file");
    let (_, path) = file.keep().expect("a file that stays for the program");
    Program::start_with(backing, &[("POSTKAMER_EXTRA_CA", &path.display().to_string())])
}

/// Puts the corpus into the folders of the mailbox; `prefix` stands before every folder but the inbox.
fn fill(client: &ImapClient, seed: u64, count: usize, prefix: &str) {
    let there = client.folders();
    for (folder, messages) in corpus::mailbox(seed, count) {
        let name = if folder == "INBOX" { folder } else { format!("{prefix}{folder}") };
        if !there.contains_key(&name) {
            client.create(&name);
        }
        for part in messages.chunks(400) {
            client.append(&name, part);
        }
    }
}

/// Folders, bytes and flags are those that imaplib sees, and the ledger misses nothing.
fn everything_is_there(api: &Client, account: &str, client: &ImapClient) {
    let mut theirs: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for (name, folder) in client.snapshot() {
        let has = |flags: &[String], flag: &str| flags.iter().any(|it| it.eq_ignore_ascii_case(flag));
        let messages = folder.messages.into_iter().map(|message| {
            let flags = &message.flags;
            (message.digest, has(flags, "\\Seen"), has(flags, "\\Flagged"), has(flags, "\\Answered"))
        });
        theirs.insert(shown(&name), messages.collect());
    }
    let mut ours: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for folder in api.list(&format!("/accounts/{account}/folders")) {
        if folder["selectable"] == json!(true) {
            ours.insert(text(&folder["name"]), held(api, &text(&folder["id"])));
        }
    }
    for messages in theirs.values_mut().chain(ours.values_mut()) {
        messages.sort();
    }
    let names = |all: &BTreeMap<String, Vec<Seen>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&theirs));
    for (name, messages) in &theirs {
        assert_eq!(ours[name].len(), messages.len(), "in {name}");
        assert!(&ours[name] == messages, "bytes or flags differ in {name}: {:?}", differing(&ours[name], messages));
    }
    for row in api.list(&format!("/accounts/{account}/ledger")) {
        assert_eq!(row["missing"], json!(0), "{row}");
        assert_eq!(row["on_server"].as_i64().unwrap_or(-1), theirs.get(&text(&row["name"])).map_or(0, Vec::len) as i64);
    }
}

fn differing<'a>(ours: &'a [Seen], theirs: &'a [Seen]) -> Vec<(&'a Seen, &'a Seen)> {
    ours.iter().zip(theirs).filter(|(our, their)| our != their).take(3).collect()
}

fn held(api: &Client, folder: &str) -> Vec<Seen> {
    let lines = api.list(&format!("/messages?folder={folder}"));
    let is = |line: &Value, what: &str| line[what] == json!(true);
    let message = |line: &Value| (digest(&raw(api, line)), is(line, "seen"), is(line, "flagged"), is(line, "answered"));
    lines.iter().map(message).collect()
}

fn raw(api: &Client, line: &Value) -> Vec<u8> {
    api.bytes(&format!("/messages/{}/raw", text(&line["id"])))
}

/// How the interface writes the name: one folder of the corpus is not ASCII.
fn shown(name: &str) -> String {
    name.replace("Caf&AOk- &- bar", "Café & bar")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
