//! What is known about one person, taken away: by the interface, by the command line and in a browser, on both databases.

use crate::fetch::text;
use crate::page::{at_mail, gallery, nothing_went_wrong};
use crate::post_office::PostOffice;
use crate::program::{Backing, on_every_backing};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use testkit::Append;

on_every_backing!(what_is_known_about_a_contact_comes_out_whole_and_nothing_that_may_not_be_seen);

const JAN: &str = "jan@elders.test";

fn letter(from: &str, subject: &str) -> Append {
    let raw = format!(
        "From: {from}\r\nTo: info@example.test\r\nSubject: {subject}\r\nMessage-ID: <{}@elders.test>\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nKunt u hier eens naar kijken?\r\n",
        subject.len()
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// The files of an archive by name, as Python's zipfile reads them after it has checked every sum.
fn opened(archive: &Path) -> BTreeMap<String, String> {
    let script = "import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({i.filename: z.read(i).decode() for i in z.infolist()}))";
    let ran = Command::new("python3").env("PYTHONUTF8", "1").args(["-c", script]).arg(archive).output();
    let ran = ran.expect("Python is there");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

#[test]
fn a_copy_of_what_is_known_is_fetched_in_a_browser_and_the_log_tells_of_it() {
    let (_office, program, mut browser) = at_mail(&[letter(JAN, "Offerte dakgoot")]);
    let contact = program.api.post("/contacts", &json!({ "name": "Jan Jansen", "addresses": [JAN] }));
    let contact = text(&contact["id"]);
    browser.go(&format!("{}/contacts/{contact}", program.url()));
    browser.follow("Persoonsgegevens: kopie maken");
    browser.sees("Wat we weten van Jan Jansen");
    browser.sees("1 bericht");
    browser.judge(&gallery(), "personal-data");
    let taken = program.beside("browser.zip");
    let fetch = "const [taken] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Kopie ophalen' }).click()]);
        await taken.saveAs(given); return taken.suggestedFilename()";
    assert_eq!(browser.run(fetch, json!(taken.display().to_string())), json!(format!("{contact}.zip")));
    let files = opened(&taken);
    assert!(files.contains_key("lees-mij.txt") && files.keys().any(|name| name.ends_with(".eml")), "{files:?}");
    browser.go(&format!("{}/me", program.url()));
    browser.follow("Wat Postkamer van u weet: kopie maken");
    browser.sees("Wat we van u weten");
    browser.judge(&gallery(), "personal-data-own");
    browser.go(&format!("{}/settings/log", program.url()));
    browser.sees("nam een kopie van wat over een contact bekend is");
    nothing_went_wrong(&mut browser, &[]);
}

mod stories {
    use super::*;

    pub(super) fn what_is_known_about_a_contact_comes_out_whole_and_nothing_that_may_not_be_seen(backing: Backing) {
        let office = PostOffice::open();
        let letters = [letter(JAN, "Offerte"), letter("els@zaal.test", "Vergadering"), letter(JAN, "Dakgoot en meer")];
        office.client("info").append("INBOX", &letters);
        office.client("anna").append("INBOX", &[letter(JAN, "Aan iemand anders")]);
        let (mut program, info) = office.tenant(backing);
        let contact = program.api.post("/contacts", &json!({ "name": "Jan Jansen", "addresses": [JAN] }));
        let contact = text(&contact["id"]);
        program.api.post("/dossiers", &json!({ "name": "Verbouwing", "contacts": [contact] }));
        // Somebody else's mailbox: being an administrator does not open it.
        let anna = program.connect(&office.account("anna"));
        program.fetch(&anna);
        let (colleague, _) = program.colleague("cees@example.test", "mailbox_manager", "write");
        let owners = json!([{ "user": colleague, "rights": ["read", "send", "manage"] }]);
        program.api.put(&format!("/accounts/{anna}/owners"), &owners);
        let message = program.api.search("subject:Offerte").remove(0);
        let notes = format!("/conversations/{}/notes", text(&message["conversation"]));
        program.api.post(&notes, &json!({ "text": "Jan belt dinsdag terug" }));

        let archive = program.beside("jan.zip");
        std::fs::write(&archive, program.api.bytes(&format!("/contacts/{contact}/personal-data")))
            .expect("our own file");
        let files = opened(&archive);
        let mails: Vec<&String> =
            files.iter().filter(|(name, _)| name.ends_with(".eml")).map(|(_, mail)| mail).collect();
        assert_eq!(mails.len(), 2, "{:?}", files.keys());
        for wanted in [0, 2] {
            let raw = String::from_utf8_lossy(&letters[wanted].raw).into_owned();
            assert!(mails.iter().any(|mail| **mail == raw), "byte for byte");
        }
        let data: Value = serde_json::from_str(&files["data.json"]).expect("JSON");
        assert_eq!(data["contact"]["addresses"], json!([JAN]));
        assert_eq!(
            (&data["dossiers"][0]["name"], &data["notes"][0]["text"]),
            (&json!("Verbouwing"), &json!("Jan belt dinsdag terug"))
        );
        assert_eq!(data["messages"].as_array().map(Vec::len), Some(2));
        for line in data["messages"].as_array().into_iter().flatten() {
            assert_eq!(
                (&line["mailbox"], &line["linked_by"]),
                (&json!("info@example.test"), &json!("address")),
                "{line}"
            );
            assert!(files.contains_key(&text(&line["file"])), "{line}");
        }
        let all = files.values().cloned().collect::<String>();
        assert!(!all.contains("Vergadering") && !all.contains("Aan iemand anders"), "{all}");

        // The command line finds them by their address and writes the same; it does not write over what is there.
        let admin = program.installation.admin.clone();
        assert!(program.stop().success());
        let written = program.beside("kopie.zip");
        let path = written.display().to_string();
        let run = |person: &str, admin: &str| {
            program.installation.run("personal-data", &[person, &path, "--as", admin, "--json"])
        };
        let output = run("JAN@elders.test", &admin);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let names = |files: &BTreeMap<String, String>| {
            files.keys().filter(|name| name.ends_with(".eml")).cloned().collect::<Vec<_>>()
        };
        assert_eq!(names(&opened(&written)), names(&files));
        assert!(!run(JAN, &admin).status.success(), "it is there already");
        std::fs::remove_file(&written).expect("our own file");
        for (person, admin) in
            [("niemand@elders.test", admin.as_str()), (JAN, "cees@example.test"), (JAN, "nee@example.test")]
        {
            assert!(!run(person, admin).status.success(), "{person} {admin}");
            assert!(!written.exists(), "{person} {admin}");
        }
        let output = run(&colleague, &admin);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let files = opened(&written);
        let data: Value = serde_json::from_str(&files["data.json"]).expect("JSON");
        assert_eq!(data["user"]["email"], json!("cees@example.test"));
        assert!(
            data["log"].as_array().is_some_and(|log| log.iter().any(|line| line["action"] == "user.made")),
            "{data}"
        );
        assert!(!files["data.json"].contains("argon2"), "{data}");
        program.serve_again();
        assert!(program.api.get(&format!("/accounts/{info}")).is_object());
    }
}
