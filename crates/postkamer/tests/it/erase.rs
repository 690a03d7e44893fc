//! Erasing somebody: in every store, on the mail server, by the interface, on the command line and in a browser.

use crate::fetch::text;
use crate::page::{at_mail, gallery, nothing_went_wrong};
use crate::post_office::PostOffice;
use crate::program::{Backing, Program, on_every_backing, wait_until};
use serde_json::json;
use std::path::{Path, PathBuf};
use testkit::Append;

on_every_backing!(somebody_who_is_erased_is_gone_here_and_on_the_server_and_stays_away);

const CANARY: &str = "kanariegeel";
const JAN: &str = "jan.kanariegeel@elders.test";
const ELS: &str = "els@zaal.test";

fn letter(from: &str, subject: &str) -> Append {
    let raw = format!(
        "From: {from}\r\nTo: info@example.test\r\nSubject: {subject}\r\nMessage-ID: <{}@elders.test>\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nKunt u hier eens naar kijken?\r\n",
        subject.len()
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// The files of an installation, its log too, that hold the canary.
fn holding(program: &Program) -> Vec<PathBuf> {
    let data = program.installation.data.clone();
    let (mut found, mut folders) = (Vec::new(), vec![data.clone()]);
    let mut files = vec![data.with_extension("log")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("our own folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => files.push(path),
            }
        }
    }
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default().to_ascii_lowercase();
        if bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
            found.push(file);
        }
    }
    found
}

#[test]
fn a_contact_is_erased_in_a_browser_by_typing_the_name_and_the_log_says_so_without_it() {
    let (_office, program, mut browser) = at_mail(&[letter(JAN, "Offerte dakgoot")]);
    let contact = program.api.post("/contacts", &json!({ "name": "Jan Jansen", "addresses": [JAN] }));
    let contact = text(&contact["id"]);
    browser.go(&format!("{}/contacts/{contact}", program.url()));
    browser.follow("Persoonsgegevens: wissen");
    browser.sees("Jan Jansen wissen?");
    browser.judge(&gallery(), "erasure");
    browser.fill("Typ ter bevestiging: Jan Jansen", "Jan");
    browser.press("Voorgoed wissen");
    browser.sees("Typ de naam precies zoals die hier staat.");
    browser.judge(&gallery(), "erasure-wrong");
    browser.run(
        "await page.getByLabel('Ook de mail wissen die alleen van deze persoon is').check()",
        serde_json::Value::Null,
    );
    browser.fill("Typ ter bevestiging: Jan Jansen", "Jan Jansen");
    browser.press("Voorgoed wissen");
    browser.sees("Met deze persoon gaat 1 bericht weg.");
    browser.judge(&gallery(), "erasure-done");
    assert!(program.api.search("dakgoot").is_empty());
    browser.go(&format!("{}/settings/log", program.url()));
    browser.sees("wiste een contact");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

/// Copies a SQLite database with its log; what has no log gets none.
fn copy_database(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let with_end = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        let (from, to) = (with_end(from), with_end(to));
        let _ = std::fs::remove_file(&to);
        if from.exists() && end != "-shm" {
            std::fs::copy(&from, &to).expect("our own files");
        }
    }
}

#[test]
fn who_comes_back_with_a_backup_is_erased_again() {
    let mut program = Program::start(Backing::Disk);
    let jan = json!({ "name": "Jan Jansen", "addresses": [JAN] });
    let path = format!("/contacts/{}", text(&program.api.post("/contacts", &jan)["id"]));
    let (database, backup) = (program.installation.data.join("postkamer.db"), program.beside("backup.db"));
    assert!(program.stop().success());
    copy_database(&database, &backup);
    program.serve_again();
    program.api.post(&format!("{path}/erasure"), &json!({ "name": "Jan Jansen" }));
    assert!(program.stop().success());
    copy_database(&backup, &database);
    program.serve_again();
    wait_until("the contact is gone again", || (program.api.call("GET", &path, None, &[]).status == 404).then_some(()));
    assert!(program.api.get(&format!("{path}/erasure"))["asked_at"].is_string());
}

mod stories {
    use super::*;

    pub(super) fn somebody_who_is_erased_is_gone_here_and_on_the_server_and_stays_away(backing: Backing) {
        let office = PostOffice::open();
        let theirs = letter(JAN, "Een huis in kanariegeel");
        office.client("info").append("INBOX", &[theirs, letter(ELS, "Vergadering")]);
        let (mut program, info) = office.tenant(backing);
        let jan = json!({ "name": "Jan Kanariegeel", "addresses": [JAN] });
        let contact = text(&program.api.post("/contacts", &jan)["id"]);
        program.api.post("/contacts", &json!({ "name": "Els", "addresses": [ELS] }));
        assert_eq!(program.api.search("kanariegeel").len(), 1);

        let erasure = format!("/contacts/{contact}/erasure");
        let begun = program.api.post(&erasure, &json!({ "name": "Jan Kanariegeel", "mail": true }));
        assert_eq!((&begun["messages"], &begun["left"]), (&json!(1), &json!(0)));
        assert!(program.api.search("kanariegeel").is_empty());
        wait_until("the server has deleted it", || {
            let there = office.client("info").bodies("INBOX");
            (there.len() == 1).then(|| assert!(!String::from_utf8_lossy(&there[0]).contains(CANARY)))
        });
        // Somebody puts it there once more, and it goes once more.
        office.client("info").append("INBOX", &[letter(JAN, "Een huis in kanariegeel")]);
        program.fetch(&info);
        wait_until("the server has deleted it again", || {
            (office.client("info").bodies("INBOX").len() == 1).then_some(())
        });
        assert!(program.api.search("kanariegeel").is_empty());
        let refused = program.api.call("POST", "/contacts", Some(&jan), &[]);
        assert_eq!((refused.status, text(&refused.json()["errors"][0]["code"])), (409, "erased".to_owned()));

        // The command line erases one more, and what the database freed by both.
        let admin = program.installation.admin.clone();
        assert!(program.stop().success());
        let run = |arguments: &[&str]| {
            let mut all = arguments.to_vec();
            all.extend(["--as", admin.as_str(), "--json"]);
            program.installation.run("erase", &all)
        };
        assert!(!run(&[ELS]).status.success(), "the name confirms it");
        let output = run(&[ELS, "--name", "Els"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(holding(&program), Vec::<PathBuf>::new());
        let output = run(&[JAN, "--again"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program.serve_again();
        assert!(program.api.get(&erasure)["finished_at"].is_string());
        program.api.post("/contacts", &jan);
        assert_eq!(program.api.search("subject:Vergadering").len(), 1, "mail that nobody asked to erase");
    }
}
