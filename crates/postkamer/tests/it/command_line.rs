//! The command line on real data: in and out again without losing a byte, and exit codes that scripts can trust.

use crate::fetch::text;
use crate::post_office::{letter, send, when};
use crate::program::{Backing, Program, account, imap, none, on_every_backing, set_up, smtp, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use testkit::sink::{Fault, Stage};
use testkit::{Dovecot, DovecotOptions, ImapClient, Installation, Sink, corpus, digest, unix_lines};

on_every_backing!(what_is_imported_comes_out_again_as_the_same_bytes_and_never_twice);

fn json_of(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// A Maildir with these messages in its inbox and one folder, read and unread.
fn maildir(path: &Path, messages: &[Vec<u8>]) {
    for folder in ["", ".Klanten.Oud"] {
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(path.join(folder).join(part)).expect("a folder of our own");
        }
    }
    for (number, raw) in messages.iter().enumerate() {
        let folder = if number % 2 == 0 { "" } else { ".Klanten.Oud" };
        let flags = if number % 3 == 0 { "S" } else { "" };
        std::fs::write(path.join(folder).join("cur").join(format!("{number}.x:2,{flags}")), raw).expect("our own file");
    }
}

fn mbox(path: &Path, messages: &[Vec<u8>]) {
    let mut all = Vec::new();
    for raw in messages {
        all.extend_from_slice(b"From MAILER-DAEMON Thu Mar  5 09:30:00 2026\n");
        for line in unix_lines(raw).split_inclusive(|byte| *byte == b'\n') {
            let quotes = line.iter().take_while(|byte| **byte == b'>').count();
            if line[quotes..].starts_with(b"From ") {
                all.push(b'>');
            }
            all.extend_from_slice(line);
        }
        all.push(b'\n');
    }
    std::fs::write(path, all).expect("our own file");
}

/// Digests of every file below a folder, lines ending as on Unix.
fn digests_below(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("our own folder").flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(digest(&unix_lines(&std::fs::read(entry.path()).expect("our own file")))),
            }
        }
    }
    found.sort();
    found
}

fn digests(messages: &[Vec<u8>]) -> Vec<String> {
    let mut all: Vec<String> = messages.iter().map(|raw| digest(&unix_lines(raw))).collect();
    all.sort();
    all
}

mod stories {
    use super::*;

    pub(super) fn what_is_imported_comes_out_again_as_the_same_bytes_and_never_twice(backing: Backing) {
        let mut program = Program::start(backing);
        program.connect(&account("oud@voorbeeld.test", none(), none()));
        assert!(program.stop().success());
        let messages = corpus::messages(31, 120);
        let (first, rest) = messages.split_at(40);
        let (second, third) = rest.split_at(40);
        maildir(&program.beside("Maildir"), first);
        mbox(&program.beside("archief.mbox"), second);
        std::fs::create_dir(program.beside("los")).expect("a folder of our own");
        for (number, raw) in third.iter().enumerate() {
            std::fs::write(program.beside("los").join(format!("{number}.eml")), raw).expect("our own file");
        }
        let import = |path: &str| {
            let path = program.beside(path).display().to_string();
            json_of(&program.installation.run("import", &[&path, "--account", "oud@voorbeeld.test", "--json"]))
        };
        for path in ["Maildir", "archief.mbox", "los"] {
            assert_eq!(import(path), json!({ "read": 40, "new": 40 }), "{path}");
        }
        for path in ["Maildir", "archief.mbox", "los"] {
            assert_eq!(import(path), json!({ "read": 40, "new": 0 }), "{path}, again");
        }
        for form in ["maildir", "eml"] {
            let path = program.beside(form).display().to_string();
            let arguments = [&path, "--account", "oud@voorbeeld.test", "--form", form, "--json"];
            assert_eq!(json_of(&program.installation.run("export", &arguments)), json!({ "written": 120 }));
            assert_eq!(digests_below(&program.beside(form)), digests(&messages), "{form}");
        }
        // An mbox is compared by bringing it into another account.
        let path = program.beside("mbox").display().to_string();
        json_of(&program.installation.run("export", &[&path, "--account", "oud@voorbeeld.test", "--json"]));
        program.serve_again();
        program.connect(&account("nieuw@voorbeeld.test", none(), none()));
        assert!(program.stop().success());
        let again =
            json_of(&program.installation.run("import", &[&path, "--account", "nieuw@voorbeeld.test", "--json"]));
        assert_eq!(again, json!({ "read": 120, "new": 120 }));
        let path = program.beside("weer").display().to_string();
        json_of(
            &program
                .installation
                .run("export", &[&path, "--account", "nieuw@voorbeeld.test", "--form", "eml", "--json"]),
        );
        assert_eq!(digests_below(&program.beside("weer")), digests(&messages));

        program.serve_again();
        let accounts = program.api.list("/accounts");
        let old = accounts.iter().find(|one| one["address"] == "oud@voorbeeld.test").expect("it is there");
        let folders = program.api.list(&format!("/accounts/{}/folders", text(&old["id"])));
        let names: BTreeMap<String, i64> = folders
            .iter()
            .map(|folder| (text(&folder["name"]), folder["counts"]["messages"].as_i64().unwrap_or(0)))
            .collect();
        assert_eq!(names.get("Klanten/Oud"), Some(&20), "{names:?}");
        assert!(names.contains_key("archief") || names.contains_key("Import"), "{names:?}");
        let unread = program.api.list(&format!("/messages?account={}&unread=true", text(&old["id"]))).len();
        assert!(unread < 120, "the Maildir's marks count");
        assert!(!program.api.search("has:attachment").is_empty(), "imported mail is found");
    }
}

#[test]
fn an_import_into_an_imap_account_lands_on_the_server_once() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let mut program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    assert!(program.stop().success());
    let messages = corpus::messages(32, 30);
    mbox(&program.beside("oud.mbox"), &messages);
    let path = program.beside("oud.mbox").display().to_string();
    let run = || {
        json_of(
            &program
                .installation
                .run("import", &[&path, "--account", "anna@voorbeeld.test", "--folder", "Oud", "--json"]),
        )
    };
    assert_eq!(run(), json!({ "read": 30, "new": 30 }));
    assert_eq!(run()["new"], json!(0));
    let fetched = json_of(&program.installation.run("fetch", &["--account", "anna@voorbeeld.test", "--json"]));
    assert_eq!(fetched["accounts"][0]["ok"], json!(true), "{fetched}");
    let there = client.snapshot();
    let all: Vec<_> = there.values().flat_map(|folder| &folder.messages).collect();
    assert_eq!(all.len(), 30, "{:?}", there.keys());
    program.serve_again();
    assert_eq!(program.api.list("/messages").len(), 30);
}

#[test]
fn fetch_without_a_server_says_what_came_and_what_failed() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let mut program = Program::start(Backing::Disk);
    let mut lazy = account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none());
    lazy["interval_seconds"] = Value::Null;
    lazy["push"] = json!(false);
    let id = program.connect(&lazy);
    program.fetch(&id);
    assert!(program.stop().success());
    for raw in corpus::messages(33, 25) {
        client.append("INBOX", &[testkit::Append { raw, ..Default::default() }]);
    }
    let run = |arguments: &[&str]| program.installation.run("fetch", arguments);
    let fetched = json_of(&run(&["--account", "anna@voorbeeld.test", "--json"]));
    assert_eq!(fetched["accounts"][0]["fetched"], json!(25), "{fetched}");
    assert_eq!(json_of(&run(&["--all", "--json"]))["accounts"][0]["fetched"], json!(0));
    assert_eq!(code(&run(&["--account", "niemand@voorbeeld.test"])), 1);
    assert_eq!(code(&run(&[])), 2);
    drop(dovecot);
    let failed = run(&["--all", "--json"]);
    assert_eq!(code(&failed), 1);
    let said: Value = serde_json::from_slice(&failed.stdout).expect("JSON");
    assert!(said["error"]["message"].is_string(), "{said}");
}

fn fresh() -> (tempfile::TempDir, Installation) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = set_up(&folder, Backing::Disk, &[]);
    (folder, installation)
}

#[test]
fn a_second_process_on_the_same_data_folder_is_refused() {
    let program = Program::start(Backing::Disk);
    for command in ["serve", "doctor"] {
        let output = program.installation.command(command).args(["--http", "127.0.0.1:0"]).output().expect("it starts");
        assert!(!output.status.success(), "{command}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("Another Postkamer works in"), "{command}: {said}");
    }
    assert_eq!(program.api.list("/accounts").len(), 0, "the first one is not disturbed");
}

#[test]
fn without_its_key_an_installation_refuses_to_start() {
    let (folder, installation) = fresh();
    let keys: Vec<_> = std::fs::read_dir(&installation.data)
        .expect("the data folder")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("key"))
        .collect();
    assert_eq!(keys.len(), 1, "one key file beside the data");
    let away = folder.path().join("elders");
    std::fs::rename(keys[0].path(), &away).expect("a rename");
    for command in ["serve", "doctor"] {
        let output = installation.command(command).args(["--http", "127.0.0.1:0"]).output().expect("it starts");
        assert_eq!(code(&output), 3, "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::rename(&away, keys[0].path()).expect("a rename");
    assert_eq!(code(&installation.run("doctor", &["--http", "127.0.0.1:0"])), 0);
}

#[test]
fn after_rotating_the_keys_everything_opens_as_before() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let mut program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    assert!(program.stop().success());
    let before = std::fs::read(key_file(&program.installation)).expect("the key");
    let rotated = json_of(&program.installation.run("rotate-keys", &["--json"]));
    assert!(rotated["sealed"].as_i64().unwrap_or(0) >= 1, "{rotated}");
    assert_ne!(std::fs::read(key_file(&program.installation)).expect("the key"), before);
    program.serve_again();
    program.fetch(&id);
    assert_eq!(program.api.get(&format!("/accounts/{id}"))["health"]["colour"], "green");
}

fn key_file(installation: &Installation) -> std::path::PathBuf {
    let entries = std::fs::read_dir(&installation.data).expect("the data folder").flatten();
    let mut keys = entries.filter(|entry| entry.file_name().to_string_lossy().contains("key"));
    keys.next().expect("a key file").path()
}

#[test]
fn doctor_completion_and_wrong_use_speak_to_scripts() {
    let (_folder, installation) = fresh();
    let doctor = json_of(&installation.run("doctor", &["--http", "127.0.0.1:0", "--json"]));
    assert_eq!(doctor["ok"], json!(true), "{doctor}");
    let checks: Vec<String> =
        doctor["checks"].as_array().cloned().unwrap_or_default().iter().map(|check| text(&check["check"])).collect();
    for check in ["store", "keys", "clock", "port", "space"] {
        assert!(checks.iter().any(|it| it == check), "{check}: {checks:?}");
    }
    let completion = installation.run("completion", &["bash"]);
    assert!(completion.status.success());
    let script = String::from_utf8_lossy(&completion.stdout).into_owned();
    assert!(script.contains("rotate-keys") && script.contains("--extra-ca"), "{script}");
    // `postkamer completion bash | head` reads as much as it likes.
    let mut command = Command::new(env!("CARGO_BIN_EXE_postkamer"));
    let mut unread =
        command.args(["completion", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(unread.stdout.take());
    let ended = unread.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{ended:?}");
    assert!(ended.status.success(), "{ended:?}");
    for wrong in [&["--onbekend"][..], &["--role", "koning"]] {
        assert_eq!(code(&installation.run("serve", wrong)), 2);
    }
    assert_eq!(code(&installation.run("export", &["ergens", "--account", "niemand@voorbeeld.test"])), 1);
    assert_eq!(code(&installation.run("token", &["--user", "niemand@voorbeeld.test", "--name", "x"])), 1);
}

#[test]
fn the_settings_of_a_known_provider_are_found_without_a_network() {
    let (_folder, installation) = fresh();
    let found = json_of(&installation.run("discover", &["iemand@gmail.com", "--json"]));
    by_password(&found);
    let program = Program::start(Backing::Disk);
    by_password(&program.api.post("/discover", &json!({ "address": "iemand@gmail.com" })));
}

/// One of the candidates needs no more than a password.
fn by_password(found: &Value) {
    let candidates = found["candidates"].as_array().cloned().unwrap_or_default();
    let hosts = |one: &Value| (one["incoming"]["host"].clone(), one["outgoing"]["host"].clone());
    let wanted = (json!("imap.gmail.com"), json!("smtp.gmail.com"));
    assert!(candidates.iter().any(|one| hosts(one) == wanted && one["source"] == "preset"), "{found}");
}

#[test]
fn asked_to_stop_while_everything_is_busy_it_ends_well_within_twenty_seconds() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    for (folder, messages) in corpus::mailbox(34, 1_000) {
        if !client.folders().contains_key(&folder) {
            client.create(&folder);
        }
        client.append(&folder, &messages);
    }
    let sink = Sink::start();
    let mut program = Program::start(Backing::Disk);
    let outgoing = smtp(sink.port, "anna", "geheim-1");
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), outgoing));
    sink.fail(Stage::Final, Fault::Silence, 1);
    let silent = send(&program.api, &letter(&id, &["a@b.test"], "Stilte"));
    when(&program.api, &silent, "sending");
    let _listening = program.api.events();
    wait_until("mail is coming in", || (!program.api.list("/messages").is_empty()).then_some(()));
    let begin = Instant::now();
    let ended = program.stop();
    assert!(ended.success() && begin.elapsed() < Duration::from_secs(20), "{ended} after {:?}", begin.elapsed());

    // Nothing is lost by it: the rest comes with the next start, and the mail on the wire has an honest state.
    program.serve_again();
    program.fetch(&id);
    assert_eq!(program.api.list("/messages").len(), 1_000);
    let state = text(&program.api.get(&format!("/outbox/{silent}"))["state"]);
    assert!(["uncertain", "waiting", "sending", "accepted"].contains(&state.as_str()), "{state}");
}

#[test]
fn a_sender_is_made_looked_at_and_given_new_keys_without_a_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = set_up(&folder, Backing::Disk, &[]);
    let of = |arguments: &[&str]| {
        let as_owner = ["--as", installation.admin.as_str(), "--json"];
        installation.run("sender", &[arguments, &as_owner[..]].concat())
    };
    assert_eq!(json_of(&of(&["list"])), json!([]));
    let added = json_of(&of(&["add", "info@ons.test"]));
    assert_eq!((&added["domain"], &added["state"]), (&json!("ons.test"), &json!("unverified")), "{added}");
    assert_eq!(added["keys"], json!({ "renew_after_days": 180, "due_at": null, "state": "unsigned" }));
    let keys = |answer: &Value| {
        let records = answer["records"].as_array().cloned().unwrap_or_default();
        records
            .iter()
            .filter(|record| record["key"] == json!("waits"))
            .map(|one| text(&one["name"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&added).len(), 2, "{added}");
    // Those that wait are new enough.
    assert_eq!(keys(&json_of(&of(&["renew", "info@ons.test"]))), keys(&added));
    let never = json_of(&of(&["renew-after", "info@ons.test", "0"]));
    assert_eq!(never["keys"]["renew_after_days"], Value::Null);
    assert_eq!(code(&of(&["renew-after", "info@ons.test", "7"])), 1);
    assert_eq!(code(&installation.run("sender", &["list"])), 2, "somebody's rights must count");
    assert_eq!(code(&of(&["check", "niemand@ons.test"])), 1);
    let said = installation.run("sender", &["list", "--as", &installation.admin, "--language", "nl"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("info@ons.test: mag nog niet verzenden"), "{said}");
}
