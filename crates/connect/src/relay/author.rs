//! Whether the sender that is judged is the one that a reader sees.
//!
//! Two programs that read a broken head differently see two senders in it: one that is proven, and one that is shown. So
//! what was proven counts only for a head that both read alike.

use mail::{parse::Author, sender::domain_of};
use mail_auth::AuthenticatedMessage;

/// Leaves to be judged what a reader will see, and says whether signatures and the envelope may speak for it. Where they may
/// not, its domain is judged as that of a letter for which nothing speaks.
pub(super) fn settle(message: &mut AuthenticatedMessage<'_>, author: &Author) -> bool {
    if is_read_alike(message, author) {
        return true;
    }
    message.from = author.addresses.iter().find(|address| domain_of(address).is_some()).cloned().into_iter().collect();
    leave_unsigned(message);
    false
}

/// Takes away every signature and seal.
pub(super) fn leave_unsigned(message: &mut AuthenticatedMessage<'_>) {
    message.dkim_headers.clear();
    message.ams_headers.clear();
    message.as_headers.clear();
    message.aar_headers.clear();
    message.errors.clear();
    (message.has_dkim_errors, message.has_arc_errors) = (false, false);
}

fn is_read_alike(message: &AuthenticatedMessage<'_>, author: &Author) -> bool {
    // What has no domain is nobody's address, and nobody is asked about it.
    let with_domain = |all: Vec<String>| all.into_iter().filter(|one| domain_of(one).is_some()).collect::<Vec<_>>();
    let shown = with_domain(author.addresses.clone());
    let judged = with_domain(message.froms().iter().map(|address| mail::address::fold_address(address)).collect());
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let mut domains = shown.iter().map(|address| domain(address));
    let first = domains.next().flatten().unwrap_or_default();
    // Spelled otherwise, another name may be asked for: with a dot at its end, say.
    let is_asked =
        |address: &String| domain(address).is_some_and(|raw| mail_auth::common::to_a_label(&raw) == first.as_str());
    !author.cut
        && author.body == message.body_offset()
        && shown == judged
        && domains.all(|other| other.as_deref() == Some(first.as_str()))
        && message.froms().iter().filter(|address| domain_of(address).is_some()).all(is_asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is read alike, and whose domain is judged.
    fn settled(raw: &str) -> (bool, Vec<String>) {
        let mut message = AuthenticatedMessage::parse(raw.as_bytes()).unwrap_or_default();
        let is_proven = settle(&mut message, &mail::parse::author(raw.as_bytes()));
        (is_proven, message.from)
    }

    #[test]
    fn a_head_as_people_and_programs_write_it_is_read_alike() {
        for from in [
            "jan@elders.nl",
            "<jan@elders.nl>",
            "Jan Smit <Jan@Elders.NL>",
            "\"Smit, Jan\" <jan@elders.nl>",
            "Smit, Jan <jan@elders.nl>",
            "\"x@y.nl\" <jan@elders.nl>",
            "=?utf-8?q?Jan_=C3=AB?= <jan@elders.nl>",
            "jan@elders.nl (Jan (de) Smit)",
            "Jan\r\n <jan@elders.nl>",
            "Jan <jan@elders.nl>, Els <els@elders.nl>",
            "",
        ] {
            let (alike, judged) = settled(&format!("Received: x\r\nFrom: {from}\r\nSubject: a\r\n b\r\n\r\ntekst\r\n"));
            assert!(alike, "{from}: {judged:?}");
        }
        assert!(settled("Subject: x\r\nFrom: jan@elders.nl\r\n").0, "no body");
    }

    #[test]
    fn a_head_that_can_be_read_in_two_ways_is_judged_by_the_sender_that_is_shown_and_nothing_speaks_for_it() {
        for head in [
            "From: <ceo@bank.nl>\r\nContent-Type: multipart/mixed; boundary=b\r\nx y: z\r\nFrom: x@evil.example\r\n",
            "From: <ceo@bank\u{1}.nl>\r\n",
            "From: <ceo@bank.nl.>\r\n",
            "From: ceo@bank.nl, x@evil.example\r\n",
            "From: ceo@bank.nl\r\nx y: z\r\nSubject: the body\r\n",
            "From: ceo@bank.nl\r\nno colon\r\n",
            " x\r\nFrom: ceo@bank.nl\r\n",
            " From: x@evil.example\r\nFrom: ceo@bank.nl\r\n",
            "From: ceo@bank.nl\r\nF rom: x@evil.example\r\n",
        ] {
            let (alike, judged) = settled(&format!("{head}\r\ntekst\r\n"));
            assert_eq!((alike, judged), (false, vec!["ceo@bank.nl".to_owned()]), "{head:?}");
        }
        let long = format!("From: ceo@bank.nl,{}\r\n x@evil.example\r\n\r\n", " ".repeat(70_000));
        assert_eq!(settled(&long).1, ["ceo@bank.nl"]);
    }
}
