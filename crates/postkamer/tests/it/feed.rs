//! The feed: everything that happened, in order, readable again from any cursor, and told at once to who listens.

use crate::fetch::text;
use crate::post_office::{PostOffice, letter, send, when};
use crate::program::{Backing, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::SmtpClient;

on_every_backing!(everything_that_happened_can_be_read_again_from_any_cursor);

mod stories {
    use super::*;

    pub(super) fn everything_that_happened_can_be_read_again_from_any_cursor(backing: Backing) {
        let office = PostOffice::open();
        let (mut program, id) = office.tenant(backing);
        let told = program.api.events();
        let post = SmtpClient { port: office.postfix.smtp_port, ..SmtpClient::default() };
        for number in 0..12 {
            let raw = format!(
                "From: klant@elders.test\r\nSubject: Vraag {number}\r\nMessage-ID: <{number}@elders.test>\r\n\r\nx\r\n"
            );
            assert_eq!(post.send("klant@elders.test", &["info@example.test"], raw.as_bytes()), Ok(json!({})));
        }
        wait_until("all are here", || (program.api.search("subject:vraag").len() == 12).then_some(()));
        let first = text(&program.api.search("subject:vraag")[0]["id"]);
        program.api.patch(&format!("/messages/{first}"), &json!({ "flagged": true }));
        program.api.post("/contacts", &json!({ "name": "Klant", "addresses": ["klant@elders.test"] }));
        when(&program.api, &send(&program.api, &letter(&id, &["anna@example.test"], "Antwoord")), "accepted");
        wait_until("the sent copy is here", || {
            (program.api.list(&format!("/messages?account={id}&role=sent")).len() == 1).then_some(())
        });

        let all = wait_until("the feed is complete", || {
            let all = program.api.list("/changes");
            let has = |kind: &str| all.iter().filter(|change| change["kind"] == json!(kind)).count();
            let complete = has("message.received") == 12
                && has("message.sent") == 1
                && has("message.linked") >= 1
                && has("message.updated") >= 1
                && has("outbox.accepted") == 1
                && has("account.created") == 1;
            complete.then_some(all)
        });
        let cursors: Vec<i64> = all.iter().map(|change| text(&change["cursor"]).parse().expect("a number")).collect();
        assert!(cursors.windows(2).all(|pair| pair[0] < pair[1]), "{cursors:?}");

        // From any place, in any page size, the same rest follows.
        for from in (0..all.len()).step_by(5) {
            let mut rest: Vec<Value> = Vec::new();
            let mut since = text(&all[from]["cursor"]);
            loop {
                let page = program.api.get(&format!("/changes?since={since}&limit=3"));
                rest.extend(page["items"].as_array().cloned().unwrap_or_default());
                match page["next"].as_str() {
                    Some(next) => since = next.to_owned(),
                    None => break,
                }
            }
            assert!(rest.starts_with(&all[from + 1..]), "from {from}");
        }

        // Who listened heard the same, in the same order.
        let (mut heard, last) = (Vec::new(), &all[all.len() - 1]["cursor"]);
        while heard.last().is_none_or(|facts: &Value| facts["cursor"] != *last) {
            heard.push(told.recv_timeout(Duration::from_secs(60)).expect("everything is told").facts);
        }
        let begin = all.iter().position(|change| change["cursor"] == heard[0]["cursor"]).expect("it is in the feed");
        assert!(heard.starts_with(&all[begin..]), "{} heard, {} in the feed", heard.len(), all.len() - begin);

        // And it is all still there after a new start.
        assert!(program.stop().success());
        program.serve_again();
        let again = program.api.list("/changes");
        assert!(again.starts_with(&all));
    }
}

#[test]
fn a_listener_who_was_cut_off_goes_on_where_it_stopped() {
    let office = PostOffice::open();
    let (mut program, id) = office.tenant(Backing::Disk);
    let before = text(&program.api.get("/changes?limit=200")["latest"]);
    assert!(program.stop().success());
    program.serve_again();
    program.api.patch(&format!("/accounts/{id}"), &json!({ "display_name": "Anders" }));
    let missed = program.api.list(&format!("/changes?since={before}"));
    assert!(missed.iter().any(|change| change["kind"] == "account.changed"), "{missed:?}");
    let wrong = program.api.call("GET", "/changes?since=morgen", None, &[]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
}
