//! The ways in.

use super::{
    Lying, Mailbox,
    exchange::Exchange,
    granted::Granted,
    held,
    pushed::Pushed,
    servers::{Collected, Followed, Labelled},
    with_each,
};
use crate::fetch::text;
use crate::program::{Program, wait_until};
use serde_json::{Value, json};
use testkit::{Append, corpus, digest};

macro_rules! every_mailbox {
    ($story:ident) => {
        with_each! {
            $story:
            imap_on_dovecot = super::Followed::dovecot(),
            imap_on_cyrus = super::Followed::cyrus(),
            imap_on_courier = super::Followed::courier(),
            imap_on_gmail = super::Labelled::at_gmail(),
            pop3_on_dovecot = super::Collected::dovecot(),
            pop3_on_cyrus = super::Collected::cyrus(),
            pop3_on_courier = super::Collected::courier(),
            microsoft = super::Granted::at_microsoft(),
            google = super::Granted::at_google(),
            ews_on_the_simulator = super::Exchange::by_ntlm(),
            mailgun = super::Pushed::by_mailgun(),
            own_address = super::Pushed::by_smtp(),
        }
    };
}

every_mailbox!(what_lies_there_comes_once_as_it_is);
every_mailbox!(what_is_done_on_one_side_shows_on_the_other_as_far_as_it_can);

/// Letters of every kind, every second one read and every third flagged where that can be.
fn letters(mailbox: &dyn Mailbox, seed: u64, count: usize) -> Vec<Append> {
    let flags = |n: usize| {
        let all = [(n.is_multiple_of(2), "\\Seen"), (n.is_multiple_of(3), "\\Flagged")];
        all.into_iter().filter(|(has, _)| *has && mailbox.is_followed()).map(|(_, flag)| flag.to_owned()).collect()
    };
    let raws = corpus::messages(seed, count).into_iter().enumerate();
    raws.map(|(n, raw)| Append { raw, flags: flags(n), date: None }).collect()
}

pub(super) fn one(subject: &str) -> Append {
    let raw = format!(
        "From: Jan Jansen <jan@elders.test>\r\nTo: info@voorbeeld.test\r\nMessage-ID: <{subject}@elders.test>\r\n\
         Subject: {subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\r\nDag\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

fn sorted(mut lying: Vec<Lying>) -> Vec<Lying> {
    lying.sort();
    lying
}

pub(super) fn is_as_there(program: &Program, account: &str, mailbox: &dyn Mailbox) {
    for role in mailbox.roles() {
        let (here, there) = (held(program, account, role, mailbox), sorted(mailbox.lying(role)));
        assert_eq!(here.len(), there.len(), "{role}");
        assert!(here == there, "{role} differs: {here:?} here, {there:?} there");
    }
}

/// Nothing is missing by the ledger; gives how many letters the server had when it was last asked to count them.
pub(super) fn nothing_is_missing(program: &Program, account: &str, mailbox: &dyn Mailbox) -> i64 {
    let rows = program.api.list(&format!("/accounts/{account}/ledger"));
    let sum = |column: &str| rows.iter().map(|row| row[column].as_i64().unwrap_or_default()).sum::<i64>();
    let there: usize = mailbox.roles().iter().map(|role| mailbox.lying(role).len()).sum();
    assert_eq!(sum("missing"), 0, "{rows:?}");
    assert_eq!(sum("quarantined"), 0, "{rows:?}");
    assert_eq!(sum("stored"), there as i64, "{rows:?}");
    sum("on_server")
}

pub(super) fn line_of(program: &Program, account: &str, subject: &str) -> Option<Value> {
    let lines = program.api.list(&format!("/messages?account={account}"));
    lines.into_iter().find(|line| line["subject"] == json!(subject))
}

mod stories {
    use super::*;

    pub(super) fn what_lies_there_comes_once_as_it_is(mailbox: &dyn Mailbox) {
        for (n, role) in mailbox.roles().iter().enumerate() {
            mailbox.put(role, &letters(mailbox, 60 + n as u64, if n == 0 { 60 } else { 15 }));
        }
        let program = mailbox.program();
        let id = mailbox.connect(&program);
        program.fetch(&id);
        is_as_there(&program, &id, mailbox);
        let counted = nothing_is_missing(&program, &id, mailbox);
        let there = mailbox.roles().iter().map(|role| mailbox.lying(role).len()).sum::<usize>();
        assert!(!mailbox.is_counted() || counted as usize == there, "{counted} of {there}");
        let folders = program.api.list(&format!("/accounts/{id}/folders"));
        for role in mailbox.roles() {
            assert!(folders.iter().any(|folder| folder["role"] == json!(role)), "{role}: {folders:?}");
        }
        assert_eq!(program.api.get(&format!("/accounts/{id}"))["health"]["colour"], json!("green"));

        // Nothing comes a second time, not even when all is asked for again.
        assert_eq!(program.fetch(&id)["fetched"], json!(0));
        mailbox.put("inbox", &[one("later")]);
        program.fetch(&id);
        is_as_there(&program, &id, mailbox);
        let again = json!({ "since": "2020-01-01T00:00:00Z", "confirm": true });
        assert_eq!(program.api.post(&format!("/accounts/{id}/restore?wait=true"), &again)["fetched"], json!(0));
        is_as_there(&program, &id, mailbox);
        let read = line_of(&program, &id, "later").expect("it came");
        assert_eq!(read["from"], json!({ "name": "Jan Jansen", "address": "jan@elders.test" }));
    }

    pub(super) fn what_is_done_on_one_side_shows_on_the_other_as_far_as_it_can(mailbox: &dyn Mailbox) {
        mailbox.put("inbox", &[one("gelezen"), one("weg"), one("hier"), one("naar-archief"), one("prullenbak")]);
        let program = mailbox.program();
        let id = mailbox.connect(&program);
        program.fetch(&id);
        is_as_there(&program, &id, mailbox);
        let message = |subject: &str| {
            let line = line_of(&program, &id, subject).unwrap_or_else(|| panic!("{subject} is here"));
            format!("/messages/{}", text(&line["id"]))
        };
        let folders = program.api.list(&format!("/accounts/{id}/folders"));
        let of = |role: &str| folders.iter().find(|folder| folder["role"] == role).expect("a folder")["id"].clone();
        let there = |role: &str, subject: &str| {
            let wanted = digest(&one(subject).raw);
            mailbox.lying(role).into_iter().find(|(digest, _, _)| *digest == wanted)
        };
        let digest_of = |subject: &str| digest(&one(subject).raw);

        mailbox.remove("inbox", &digest_of("weg"));
        if mailbox.is_followed() {
            mailbox.mark("inbox", &digest_of("gelezen"));
            program.fetch(&id);
            is_as_there(&program, &id, mailbox);
            let read = program.api.get(&message("gelezen"));
            assert_eq!((&read["seen"], &read["flagged"]), (&json!(true), &json!(true)));
        }
        program.api.patch(&message("hier"), &json!({ "seen": true, "flagged": true }));
        program.api.patch(&message("naar-archief"), &json!({ "folder": of("archive") }));
        program.api.patch(&message("prullenbak"), &json!({ "folder": of("trash") }));
        if mailbox.is_followed() {
            wait_until("flags show there", || there("inbox", "hier").filter(|(_, seen, flagged)| *seen && *flagged));
            wait_until("it moved there", || there("archive", "naar-archief"));
            wait_until("it is thrown away there", || there("trash", "prullenbak"));
            // Some servers show a moved letter at its new place a moment before it is gone from the old one.
            wait_until("a move leaves nothing", || {
                there("inbox", "naar-archief").or(there("inbox", "prullenbak")).is_none().then_some(())
            });
        }
        program.fetch(&id);
        let all = program.api.list(&format!("/messages?account={id}"));
        assert_eq!(
            all.iter().filter(|line| line["subject"] == "naar-archief").count(),
            1,
            "our own deeds bring no mail"
        );
        match mailbox.is_followed() {
            true => {
                is_as_there(&program, &id, mailbox);
                nothing_is_missing(&program, &id, mailbox);
            }
            false => {
                assert_eq!(mailbox.lying("inbox").len(), 4, "nothing was done there");
                assert_eq!(program.api.list(&format!("/messages?account={id}")).len(), 5, "what left stays here");
            }
        }
        assert_eq!(program.api.get(&message("naar-archief"))["role"], json!("archive"));
        assert_eq!(program.api.get(&message("prullenbak"))["role"], json!("trash"));
    }
}
