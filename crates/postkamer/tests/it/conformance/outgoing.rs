//! The ways out.

use super::{
    Way,
    exchange::Exchange,
    granted::Granted,
    own_hand,
    posted::Posted,
    servers::{Submission, Unsure},
    with_each,
};
use crate::fetch::text;
use crate::post_office::{file, header, recipient, send, when};
use crate::program::wait_until;
use serde_json::{Value, json};

macro_rules! every_way_that_fails_when_asked {
    ($story:ident) => {
        with_each! {
            $story:
            smtp = super::Unsure::server(),
            microsoft = super::Granted::at_microsoft(),
            google = super::Granted::at_google(),
            ews = super::Exchange::by_ntlm(),
            mailgun = super::Posted::by_mailgun(),
        }
    };
}

with_each! {
    a_letter_arrives_once_with_everybody_it_is_for_and_lies_among_the_sent_mail_once:
    smtp_to_postfix = super::Submission::to_postfix(),
    smtp_beside_pop3 = super::Unsure::server(),
    microsoft = super::Granted::at_microsoft(),
    google = super::Granted::at_google(),
    ews = super::Exchange::by_ntlm(),
    mailgun = super::Posted::by_mailgun(),
}
every_way_that_fails_when_asked!(a_lost_answer_sends_nothing_twice);
every_way_that_fails_when_asked!(what_is_put_off_goes_later_and_once);

/// Our own hand needs an internet of its own, and is told about inside it.
macro_rules! by_our_own_hand {
    ($($story:ident),+ $(,)?) => {
        mod by_our_own_hand {
            $(#[test]
            fn $story() {
                let named = concat!("conformance::outgoing::by_our_own_hand::", stringify!($story));
                if testkit::inside_internet(named) {
                    super::stories::$story(&super::own_hand::OwnHand::in_an_internet());
                }
            })+
        }
    };
}
by_our_own_hand!(
    a_letter_arrives_once_with_everybody_it_is_for_and_lies_among_the_sent_mail_once,
    a_lost_answer_sends_nothing_twice,
    what_is_put_off_goes_later_and_once,
);

pub(super) fn letter(account: &str, [to, cc, bcc]: &[String; 3], subject: &str) -> Value {
    json!({
        "account": account, "subject": subject, "to": [{ "name": "Zoë Łódź", "address": to }],
        "cc": [{ "address": cc }], "bcc": [{ "address": bcc }],
        "text": "Beste lezer,\n.\nTot ziens, één keer.", "html": "<p>Beste <b>lezer</b>,</p>",
        "attachments": [file("offerte €.pdf", "application/pdf", &[0, 13, 10, 46, 13, 10, 255])],
    })
}

pub(super) fn arrivals(way: &dyn Way, address: &str, subject: &str) -> Vec<Vec<u8>> {
    let is_it = |raw: &Vec<u8>| header(raw, "Subject").is_some_and(|found| found == subject);
    way.arrived(address).into_iter().filter(is_it).collect()
}

mod stories {
    use super::*;

    pub(super) fn a_letter_arrives_once_with_everybody_it_is_for_and_lies_among_the_sent_mail_once(way: &dyn Way) {
        let program = way.program();
        let id = way.connect(&program);
        let people = way.people();
        let sent = send(&program.api, &letter(&id, &people, "Offerte"));
        let submission = when(&program.api, &sent, way.ends());
        let message_id = format!("<{}>", text(&submission["message_id"]));
        for address in &people {
            assert_eq!(recipient(&submission, address).0, way.ends(), "{submission}");
            let came = wait_until(&format!("{address} has it"), || {
                Some(arrivals(way, address, "Offerte")).filter(|came| !came.is_empty())
            });
            assert_eq!(came.len(), 1, "{address}");
            let came = &came[0];
            assert_eq!(header(came, "Message-ID").as_deref(), Some(message_id.as_str()), "ours, whoever sends it");
            assert_eq!(header(came, "Bcc"), None);
            assert!(!String::from_utf8_lossy(came).contains(&people[2]) || *address == people[2], "nobody sees a Bcc");
        }
        // It can be found here, once, also after the provider's folder was looked at.
        let copy = || program.api.list(&format!("/messages?account={id}&role=sent"));
        wait_until("a copy is here", || {
            // Who keeps the copies itself is not always told of at once.
            program.fetch(&id);
            (!copy().is_empty()).then_some(())
        });
        if let Some(copies) = way.copies() {
            wait_until("a copy is there", || way.copies().filter(|copies| !copies.is_empty()));
            program.fetch(&id);
            let copies = way.copies().unwrap_or(copies);
            assert_eq!(copies.len(), 1, "there is one copy");
            assert_eq!(header(&copies[0], "Message-ID").as_deref(), Some(message_id.as_str()));
        }
        assert_eq!(copy().len(), 1, "{:?}", copy());
        for address in &people {
            assert_eq!(arrivals(way, address, "Offerte").len(), 1, "nothing was sent again to {address}");
        }
    }

    pub(super) fn a_lost_answer_sends_nothing_twice(way: &dyn Way) {
        let program = way.program();
        let id = way.connect(&program);
        let people = way.people();
        way.lose_the_next_answer();
        let sent = send(&program.api, &letter(&id, &people, "Kwijt"));
        let ends = if way.can_settle() { way.ends() } else { "uncertain" };
        when(&program.api, &sent, ends);
        // Whatever comes after it has gone its way by the time that another letter has.
        let next = send(&program.api, &letter(&id, &people, "Daarna"));
        when(&program.api, &next, way.ends());
        wait_until("the other one arrived", || arrivals(way, &people[0], "Daarna").pop());
        for address in &people {
            assert_eq!(arrivals(way, address, "Kwijt").len(), 1, "{address}");
        }
        assert_eq!(program.api.get(&format!("/outbox/{sent}"))["state"], json!(ends));
    }

    pub(super) fn what_is_put_off_goes_later_and_once(way: &dyn Way) {
        let program = way.program();
        let id = way.connect(&program);
        let people = way.people();
        way.put_off_the_next();
        let sent = send(&program.api, &letter(&id, &people, "Straks"));
        when(&program.api, &sent, way.ends());
        for address in &people {
            wait_until("it arrived", || arrivals(way, address, "Straks").pop());
            assert_eq!(arrivals(way, address, "Straks").len(), 1, "{address}");
        }
    }
}
