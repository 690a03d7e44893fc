//! Mailboxes that send by another server than the one that they lie at: the copy lies there all the same, once.

use super::{Mailbox, exchange::Exchange, granted::Granted, with_each};
use crate::fetch::text;
use crate::post_office::{PASSWORD, PostOffice, letter, send, when};
use crate::program::{smtp, wait_until};
use serde_json::json;

/// Where it dies on the way of a copy: `make soak` tries them all, as each costs the minute for which the dead one had it.
const POINTS: [&str; 5] =
    ["copy.after_append", "copy.after_lease", "copy.before_look", "copy.before_append", "copy.before_done"];

with_each! {
    what_is_sent_by_another_server_lies_there_once:
    google = super::Granted::at_google(),
    exchange = super::Exchange::by_ntlm(),
}

mod stories {
    use super::*;

    pub(super) fn what_is_sent_by_another_server_lies_there_once(mailbox: &dyn Mailbox) {
        let office = PostOffice::open();
        let mut program = mailbox.program();
        let id = mailbox.connect(&program);
        program.fetch(&id);
        let outgoing = smtp(office.postfix.submission_port, "info@example.test", PASSWORD);
        program.api.patch(&format!("/accounts/{id}"), &json!({ "outgoing": outgoing }));
        let out = send(&program.api, &letter(&id, &["anna@example.test"], "Langs een andere weg"));
        when(&program.api, &out, "accepted");
        assert_eq!(office.delivered("anna", 1).len(), 1);
        wait_until("the copy to be there", || (mailbox.lying("sent").len() == 1).then_some(()));

        let points = if std::env::var_os("STORM_KILLS").is_some() { &POINTS[..] } else { &POINTS[..1] };
        for (n, point) in points.iter().enumerate() {
            assert!(program.stop().success());
            program.serve_until(point);
            let letter = letter(&id, &["anna@example.test"], point);
            let key = [("Idempotency-Key", *point)];
            // It may die before it has answered.
            let _ = program.api.try_call("POST", "/outbox", Some(&letter), &key);
            wait_until(&format!("it dies at {point}"), || program.is_dead().then_some(()));
            program.killed();
            program.serve_again();
            let again = program.api.call("POST", "/outbox", Some(&letter), &key);
            when(&program.api, &text(&again.json()["id"]), "accepted");
            wait_until(&format!("the copy to be there after {point}"), || {
                (mailbox.lying("sent").len() == n + 2).then_some(())
            });
            assert_eq!(office.delivered("anna", n + 2).len(), n + 2, "{point}");
        }
        let all = points.len() + 1;
        assert!(mailbox.lying("sent").iter().all(|(_, seen, _)| *seen), "nobody has to read what they wrote");
        program.fetch(&id);
        assert_eq!(program.api.list(&format!("/messages?account={id}&role=sent")).len(), all);
        assert_eq!((mailbox.lying("sent").len(), mailbox.lying("inbox").len()), (all, 0));
    }
}
