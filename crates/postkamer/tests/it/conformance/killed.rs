//! Killed on the way in, on the way out and in a deed, at providers that are asked over the web: what the storm does with a
//! mailbox of IMAP and SMTP, once at each point.

use super::{
    Mailbox, Way,
    exchange::Exchange,
    granted::Granted,
    held,
    incoming::{is_as_there, nothing_is_missing, one},
    outgoing::{arrivals, letter},
    with_each,
};
use crate::fetch::text;
use crate::post_office::when;
use crate::program::{Program, wait_until};
use serde_json::{Value, json};

/// Where it dies: on the way of a message into the store, of a deed to the provider and of a letter out.
const POINTS: [&str; 16] = [
    "receive.before_blob",
    "receive.after_blob",
    "receive.in_commit",
    "receive.after_commit",
    "receive.before_ledger",
    "edit.before_command",
    "edit.after_command",
    "edit.before_settle",
    "submit.in_commit",
    "submit.after_commit",
    "send.after_lease",
    "send.after_mark",
    "send.after_reply",
    "send.before_finish",
    "send.in_finish",
    "send.after_finish",
];

with_each! {
    wherever_it_is_killed_nothing_is_lost_and_nothing_is_doubled:
    microsoft = super::Granted::at_microsoft(),
    google = super::Granted::at_google(),
    ews = super::Exchange::by_ntlm(),
}

/// What is asked of the program while it lives, which is not for long: a letter goes, mail comes, a deed is done.
fn live(program: &Program, account: &str, (letter, key): (&Value, &str), flagged: bool) {
    let call = |method, path: &str, body: Option<&Value>, headers: &[(&str, &str)]| {
        Some(program.api.try_call(method, path, body, headers).ok()?.json())
    };
    call("POST", "/outbox", Some(letter), &[("Idempotency-Key", key)]);
    call("POST", &format!("/accounts/{account}/fetch"), Some(&json!({})), &[]);
    let path = format!("/messages?account={account}&role=inbox&limit=1");
    let Some(page) = call("GET", &path, None, &[]) else { return };
    let path = format!("/messages/{}", text(&page["items"][0]["id"]));
    call("PATCH", &path, Some(&json!({ "flagged": flagged })), &[]);
}

mod stories {
    use super::*;

    pub(super) fn wherever_it_is_killed_nothing_is_lost_and_nothing_is_doubled<P: Mailbox + Way>(provider: &P) {
        Mailbox::put(provider, "inbox", &[one("eerste")]);
        let mut program = Mailbox::program(provider);
        let id = Mailbox::connect(provider, &program);
        program.fetch(&id);
        let people = provider.people();
        let mut sent = Vec::new();
        for point in POINTS {
            assert!(program.stop().success());
            Mailbox::put(provider, "inbox", &[one(&format!("bij {point}"))]);
            program.serve_until(point);
            let subject = format!("Zending {point}");
            let letter = letter(&id, &people, &subject);
            let mut turns = 0;
            wait_until(&format!("it comes to {point}"), || {
                turns += 1;
                live(&program, &id, (&letter, point), turns % 2 == 1);
                program.is_dead().then_some(())
            });
            program.killed();
            program.serve_again();
            // Whoever got no answer asks again with the same key.
            let again = program.api.call("POST", "/outbox", Some(&letter), &[("Idempotency-Key", point)]);
            assert_eq!(again.status, 202, "{point}: {}", again.text());
            sent.push((subject, text(&again.json()["id"])));
        }
        for (subject, out) in &sent {
            let path = format!("/outbox/{out}");
            // What has gone is found by the program itself; whether what never went shall go is for a person to say.
            let state = wait_until(&format!("it is known what became of {subject}"), || {
                let state = text(&program.api.get(&path)["state"]);
                let never_went = state == "uncertain" && arrivals(provider, &people[0], subject).is_empty();
                (state == "accepted" || never_went).then_some(state)
            });
            if state == "uncertain" {
                program.api.post(&format!("{path}/resolve"), &json!({ "action": "resend" }));
            }
            when(&program.api, out, "accepted");
            for address in &people {
                assert_eq!(arrivals(provider, address, subject).len(), 1, "{subject} for {address}");
            }
        }
        wait_until("every letter is here, and everything is done there", || {
            program.fetch(&id);
            let copies = program.api.list(&format!("/messages?account={id}&role=sent"));
            let mut there = provider.lying("inbox");
            there.sort();
            (copies.len() == sent.len() && held(&program, &id, "inbox", provider) == there).then_some(())
        });
        program.fetch(&id);
        is_as_there(&program, &id, provider);
        nothing_is_missing(&program, &id, provider);
    }
}
