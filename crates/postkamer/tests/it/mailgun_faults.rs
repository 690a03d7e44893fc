//! What goes wrong at Mailgun, while a letter is sent and while one that it keeps is fetched: nothing is lost, nothing doubled,
//! and the state is told in words.

use crate::mailgun::{ADDRESS, retry, state_of};
use crate::page::mailgun::{at_mailgun, connected, receive, subjects};
use crate::post_office::{letter, recipient, send, when};
use crate::program::{Backing, wait_until};
use serde_json::json;
use simulator::{Fault, Kind};

#[test]
fn each_fault_of_sending_loses_nothing_and_doubles_nothing() {
    let (_runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (domain, account) = connected(&program);
    let lost = [Kind::DoneThen503, Kind::DoneThen504, Kind::DoneThenCut, Kind::Half].map(|kind| (kind, 0));
    let put_off = [Kind::Throttled, Kind::Unavailable, Kind::Slow].map(|kind| (kind, 1));
    for (n, (kind, seconds)) in lost.into_iter().chain(put_off).enumerate() {
        let to = format!("els{n}@klant.test");
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST messages.mime").seconds(seconds)));
        let out = send(&program.api, &letter(&account, &[&to], "Storing"));
        when(&program.api, &out, "delivered");
        let times = simulator.with(|cloud| cloud.sent.iter().filter(|sent| sent.recipients.contains(&to)).count());
        assert_eq!(times, 1, "{kind:?}");
    }

    // A webhook that is lost is made up for by the log; a complaint is told of.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::LostNotification, "mailgun post").times(0)));
    let out = send(&program.api, &letter(&account, &["weg@klant.test", "klaagt@klant.test"], "Stil"));
    when(&program.api, &out, "accepted");
    wait_until("the log to have it", || {
        program.api.post(&format!("/mailgun-domains/{domain}/check"), &json!({}));
        (state_of(&program, &out, "weg@klant.test") == "bounced").then_some(())
    });
    let shown = program.api.get(&format!("/outbox/{out}"));
    assert_eq!(
        recipient(&shown, "klaagt@klant.test"),
        ("delivered".to_owned(), "spam complaint".to_owned()),
        "{shown}"
    );
    assert!(recipient(&shown, "weg@klant.test").1.contains("5.1.1"));
}

#[test]
fn what_does_not_pass_while_sending_is_told_in_words_and_leaves_once_when_it_is_mended() {
    let (_runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (_, account) = connected(&program);
    let times = |to: &str| simulator.with(|cloud| cloud.sent.iter().filter(|sent| sent.recipients == [to]).count());
    let goes_wrong = |kind| simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST messages.mime").times(0)));
    goes_wrong(Kind::TokenExpired);
    let out = send(&program.api, &letter(&account, &["jan@klant.test"], "Sleutel ingetrokken"));
    wait_until("it is told of", || {
        let said = recipient(&program.api.get(&format!("/outbox/{out}")), "jan@klant.test").1;
        (!said.is_empty()).then_some(())
    });
    assert_eq!(times("jan@klant.test"), 0);
    simulator.with(|cloud| cloud.faults.clear());
    // Somebody saved the mailbox again.
    program.api.patch(&format!("/accounts/{account}"), &json!({}));
    when(&program.api, &out, "delivered");
    assert_eq!(times("jan@klant.test"), 1);
    // What Mailgun does not allow comes to an end, and whoever wrote it hears why.
    goes_wrong(Kind::Denied);
    let out = send(&program.api, &letter(&account, &["piet@klant.test"], "Mag niet"));
    let shown = when(&program.api, &out, "failed");
    assert!(recipient(&shown, "piet@klant.test").1.contains("403"), "{shown}");
    simulator.with(|cloud| cloud.faults.clear());
    assert_eq!(times("piet@klant.test"), 0);
}

#[test]
fn a_sending_that_nobody_took_and_nobody_answered_is_a_persons_to_decide_and_leaves_once() {
    let (_runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (_, account) = connected(&program);
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, "POST messages.mime")));
    let out = send(&program.api, &letter(&account, &["els@klant.test"], "Niemand weet het"));
    let shown = when(&program.api, &out, "uncertain");
    assert!(!recipient(&shown, "els@klant.test").1.is_empty(), "{shown}");
    assert_eq!(simulator.with(|cloud| cloud.sent.len()), 0);
    program.api.post(&format!("/outbox/{out}/resolve"), &json!({ "action": "resend" }));
    when(&program.api, &out, "delivered");
    let to = |sent: &simulator::Sent| sent.recipients == ["els@klant.test"];
    assert_eq!(simulator.with(|cloud| cloud.sent.iter().filter(|sent| to(sent)).count()), 1);
}

#[test]
fn whatever_goes_wrong_while_a_stored_mail_is_fetched_it_comes_once() {
    let (runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (domain, _) = connected(&program);
    let hook = format!("{}/hooks/mailgun/{domain}/mime", program.url());
    simulator.with(|cloud| cloud.mailgun.routes[0].actions = vec![format!("store(notify=\"{hook}?stored\")")]);
    let faults = [
        Kind::TokenExpired,
        Kind::Denied,
        Kind::Throttled,
        Kind::Unavailable,
        Kind::Timeout,
        Kind::DoneThen504,
        Kind::DoneThenCut,
        Kind::Half,
        Kind::Slow,
    ];
    for (n, kind) in faults.into_iter().enumerate() {
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "GET messages/").seconds(1)));
        let raw =
            format!("Message-ID: <{n}@klant.test>\r\nFrom: els@klant.test\r\nSubject: Bewaard {n}\r\n\r\nDag\r\n");
        receive(&runtime, &simulator, ADDRESS, raw.as_bytes());
        assert!(simulator.with(|cloud| cloud.faults.is_empty()), "{kind:?} was not met");
        let answers = simulator.with(|cloud| cloud.mailgun.posted.last().expect("a post").answers.clone());
        assert_ne!(answers, [406], "{kind:?}: refused for good, so that nobody would post it again");
        retry(&runtime, &simulator);
        wait_until(&format!("it came after {kind:?}"), || {
            subjects(&program).contains(&format!("Bewaard {n}")).then_some(())
        });
        assert_eq!(subjects(&program).len(), n + 1, "{kind:?}");
    }
}
