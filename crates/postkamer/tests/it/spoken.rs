//! The command line in Dutch and in English: who speaks Dutch is answered in Dutch, with the same codes and exit status.

use crate::program::{Backing, Program, account, imap, none, set_up};
use serde_json::Value;
use std::process::Output;
use testkit::{Dovecot, DovecotOptions, Installation};

/// What was said, on whichever side, and the exit status.
fn said(output: &Output) -> (String, i32) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.code().unwrap_or(-1))
}

/// The command in English and, by the system's language, in Dutch.
fn both(installation: &Installation, name: &str, arguments: &[&str]) -> [(String, i32); 2] {
    let english = installation.run(name, arguments);
    let dutch = installation.command(name).args(arguments).env("LANG", "nl_NL.UTF-8").output().expect("it starts");
    [said(&english), said(&dutch)]
}

#[test]
fn who_speaks_dutch_is_refused_and_helped_in_dutch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = set_up(&folder, Backing::Disk, &[]);
    let file = folder.path().join("zwak");
    std::fs::write(&file, "kort").expect("our own file");
    let weak =
        ["--organisation", "Tweede", "--admin", "anna@voorbeeld.test", "--password-file", &file.display().to_string()]
            .map(str::to_owned);
    let weak: Vec<&str> = weak.iter().map(String::as_str).collect();
    let missing = folder.path().join("weg").display().to_string();
    let missing = ["--organisation", "Tweede", "--admin", "anna@voorbeeld.test", "--password-file", &missing];
    for (command, arguments, status, english, dutch) in [
        ("setup", &weak[..], 1, "Choose a password of at least", "Kies een wachtwoord van minstens"),
        ("setup", &missing, 1, "could not be read: does not exist", "kon niet worden gelezen: bestaat niet"),
        ("fetch", &["--account", "nobody@x.test"], 1, "No mailbox has the address", "Er is geen mailbox met het adres"),
        ("token", &["--user", "nobody@x.test", "--name", "x"], 1, "No user has", "Er is geen gebruiker met"),
        ("discover", &["iemand@gmail.com"], 0, "from our list of providers", "uit onze lijst van providers"),
        ("rotate-keys", &[], 0, "secrets are sealed", "geheimen zijn met nieuwe sleutels"),
        ("doctor", &["--http", "127.0.0.1:0"], 0, "the key opens this", "de sleutel past op deze"),
        ("fetch", &["--help"], 0, "Usage: postkamer fetch [OPTIONS]", "Gebruik: postkamer fetch [OPTIES]"),
        ("fetch", &[], 2, "required arguments were not", "dit ontbreekt: --account <ADRES>"),
        ("serve", &["--allow-network", "hier"], 2, "is no network like", "is geen netwerk zoals"),
        ("serve", &["--http", "hier"], 2, "invalid value 'hier'", "'hier' past niet bij '--http <ADRES:POORT>'"),
    ] {
        let expected = [(english, dutch), (dutch, english)];
        for (told, (wanted, other)) in both(&installation, command, arguments).iter().zip(expected) {
            assert_eq!(told.1, status, "{command}: {}", told.0);
            assert!(told.0.contains(wanted) && !told.0.contains(other), "{command}: {wanted:?} in {}", told.0);
        }
    }
}

#[test]
fn the_language_that_was_asked_for_wins_over_the_systems_and_codes_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = set_up(&folder, Backing::Disk, &[("LANG", "nl_BE.UTF-8")]);
    let arguments = ["--account", "nobody@x.test", "--json"];
    let of = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["error"].clone();
    let dutch = of(&installation.run("fetch", &arguments));
    let english = of(&installation.run("fetch", &["--language", "en", arguments[0], arguments[1], arguments[2]]));
    let variable = installation.command("fetch").args(arguments).env("POSTKAMER_LANGUAGE", "en").output();
    assert_eq!(dutch["message"], "Er is geen mailbox met het adres nobody@x.test.");
    assert_eq!(english["message"], "No mailbox has the address nobody@x.test.");
    assert_eq!(of(&variable.expect("it starts")), english);
    assert_eq!(dutch["code"], english["code"]);
    assert_eq!(said(&installation.run("fetch", &["--all", "--language", "fr"])).1, 2);
}

#[test]
fn a_mailbox_that_does_not_work_is_explained_in_the_readers_language() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let mut program = Program::start(Backing::Disk);
    program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "niet-dit"), none()));
    assert!(program.stop().success());
    let arguments = ["--account", "anna@voorbeeld.test"];
    let [english, dutch] = both(&program.installation, "fetch", &arguments);
    assert!(english.0.contains("The server refuses the user name or the password."), "{}", english.0);
    assert!(dutch.0.contains("De server weigert de gebruikersnaam of het wachtwoord."), "{}", dutch.0);
    assert_eq!((english.1, dutch.1), (1, 1));
}
