//! Whom an answer goes to, and what it is called.

use mail::{Address, Message};
use std::collections::HashSet;

/// The recipients of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
}

/// Whom an answer goes to: where the sender wants answers (RFC 5322 §3.6.2), else to the sender; for all of them also to
/// the other recipients. `own` are the folded addresses that the person writes from: nobody answers themselves. What
/// one sent oneself is answered to those it went to.
pub fn recipients(message: &Message, own: &[String], all: bool) -> Recipients {
    let is_own = |address: &Address| own.contains(&address.folded());
    let from_us = message.from.first().is_some_and(is_own);
    let wanted = if message.reply_to.is_empty() { &message.from } else { &message.reply_to };
    let first = if from_us { &message.to } else { wanted };
    let mut seen: HashSet<String> = HashSet::new();
    let mut to: Vec<Address> = first.iter().filter(|one| seen.insert(one.folded())).cloned().collect();
    if to.len() > 1 || from_us {
        let others: Vec<Address> = to.iter().filter(|one| !is_own(one)).cloned().collect();
        to = if others.is_empty() { to } else { others };
    }
    if !all {
        return Recipients { to, cc: Vec::new() };
    }
    let mut fresh = |one: &&Address| seen.insert(one.folded()) && !is_own(one);
    to.extend(message.to.iter().filter(&mut fresh).cloned().collect::<Vec<_>>());
    let cc = message.cc.iter().filter(&mut fresh).cloned().collect();
    Recipients { to, cc }
}

/// `Re: ` and the subject, once, however often and in whichever language it was answered before. Marks of ticket systems
/// (`[Zaak 12]`) stay.
pub fn reply_subject(subject: &str) -> String {
    marked("Re:", subject, &["re", "antw", "antwoord", "aw", "sv", "rép"])
}

/// `Fwd: ` and the subject.
pub fn forward_subject(subject: &str) -> String {
    marked("Fwd:", subject, &["fwd", "fw", "doorst", "wg", "tr"])
}

fn marked(mark: &str, subject: &str, known: &[&str]) -> String {
    let mut rest = subject.trim();
    while let Some((before, after)) = rest.split_once(':')
        && known.contains(&before.trim().to_lowercase().as_str())
    {
        rest = after.trim_start();
    }
    format!("{mark} {rest}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(addresses: &[&str]) -> Vec<Address> {
        addresses.iter().copied().map(Address::bare).collect()
    }

    fn mail(from: &str, reply_to: &[&str], to: &[&str], cc: &[&str]) -> Message {
        Message { from: list(&[from]), reply_to: list(reply_to), to: list(to), cc: list(cc), ..Message::default() }
    }

    fn own() -> Vec<String> {
        vec!["info@ons.nl".to_owned(), "balie@ons.nl".to_owned()]
    }

    #[test]
    fn an_answer_goes_where_the_sender_wants_it() {
        let message = mail("jan@x.nl", &["zaak@x.nl"], &["info@ons.nl"], &["els@x.nl"]);
        assert_eq!(recipients(&message, &own(), false).to, list(&["zaak@x.nl"]));
    }

    #[test]
    fn an_answer_to_all_leaves_out_who_answers_and_names_nobody_twice() {
        let message =
            mail("jan@x.nl", &[], &["Info@ONS.nl", "els@x.nl", "JAN@x.nl"], &["balie@ons.nl", "piet@x.nl", "Els@x.nl"]);
        let found = recipients(&message, &own(), true);
        assert_eq!(found.to, list(&["jan@x.nl", "els@x.nl"]));
        assert_eq!(found.cc, list(&["piet@x.nl"]));
    }

    #[test]
    fn what_we_sent_is_answered_to_whom_it_went() {
        let message = mail("info@ons.nl", &["info@ons.nl"], &["jan@x.nl", "balie@ons.nl"], &["els@x.nl"]);
        assert_eq!(recipients(&message, &own(), false).to, list(&["jan@x.nl"]));
        assert_eq!(recipients(&message, &own(), true).cc, list(&["els@x.nl"]));
        let note = mail("info@ons.nl", &[], &["info@ons.nl"], &[]);
        assert_eq!(recipients(&note, &own(), false).to, list(&["info@ons.nl"]));
    }

    #[test]
    fn a_subject_is_not_answered_twice() {
        assert_eq!(reply_subject("Antw: RE: [Zaak 12] Offerte"), "Re: [Zaak 12] Offerte");
        assert_eq!(reply_subject("Re: Re:Fwd: Offerte"), "Re: Fwd: Offerte");
        assert_eq!(forward_subject("Offerte"), "Fwd: Offerte");
        assert_eq!(reply_subject(""), "Re:");
    }
}
