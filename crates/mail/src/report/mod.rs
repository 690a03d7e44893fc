//! Mail that tells about other mail: delivery reports, complaints, automatic answers.

mod bounce;
mod status;

use crate::{Message, MessageId, message::Origin, parse, thread};

/// What kind of report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What became of a delivery (RFC 3464).
    Delivery,
    /// Someone called our mail unwanted (RFC 5965).
    Complaint,
    /// Our mail was shown, deleted, ... (RFC 8098).
    Disposition,
}

/// What happened for a recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still trying.
    Delayed,
    /// In the recipient's mailbox.
    Delivered,
    /// Handed to a server that sends no reports.
    Relayed,
    /// Delivered to the members of a list.
    Expanded,
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The recipient, folded; the one we sent to where the report names it (`Original-Recipient`), else the final one.
    pub address: String,
    /// `Final-Recipient`, folded, when it is another one.
    pub final_address: Option<String>,
    /// What happened.
    pub action: Action,
    /// `5.1.1` and the like (RFC 3463).
    pub status: Option<String>,
    /// The words of the server that refused.
    pub diagnostic: Option<String>,
    /// The server that refused.
    pub server: Option<String>,
}

/// A report as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What kind.
    pub kind: Kind,
    /// The `Message-ID` of the mail that it is about.
    pub original_message_id: Option<MessageId>,
    /// The ENVID that we gave (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
    /// The server that reports.
    pub reporter: Option<String>,
    /// What happened, per recipient. In a complaint or a disposition the action is [`Action::Delivered`]: who complains
    /// or reads has the mail.
    pub recipients: Vec<Recipient>,
}

/// The report in a message, if it is one.
///
/// The machine-readable part decides (RFC 3464, RFC 5965, RFC 8098). Without one, the text of the servers that write
/// none (qmail, Exim, old Exchange) is read, but only of a sender that is a mail system.
pub fn read(message: &Message, raw: &[u8]) -> Option<Report> {
    let contents = parse::contents(raw);
    let part = |kinds: &[&str]| {
        let found = contents.iter().find(|(kind, _)| kinds.contains(&kind.as_str()));
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    };
    let mut report = if let Some(text) = part(&["message/delivery-status", "message/global-delivery-status"]) {
        status::delivery(&text)
    } else if let Some(text) = part(&["message/feedback-report"]) {
        status::complaint(&text)
    } else if let Some(text) = part(&["message/disposition-notification", "message/global-disposition-notification"]) {
        status::disposition(&text)
    } else {
        bounce::read(message, raw, part(&["text/plain"]).as_deref())?
    };
    let copy = part(&["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers"]);
    if report.original_message_id.is_none() {
        report.original_message_id = copy.and_then(|copy| parse::parse(copy.as_bytes()).message_id);
    }
    if report.original_message_id.is_none() {
        report.original_message_id = thread::ancestors(message).next().cloned();
    }
    Some(report)
}

/// Whether a machine made the message, so that no automatic answer may go to it (RFC 3834 §2).
pub fn is_automatic(message: &Message) -> bool {
    message.origin != Origin::Person || message.from.iter().chain(&message.sender).any(|address| is_machine(&address.address))
}

/// Whether an address is one that nobody reads.
fn is_machine(address: &str) -> bool {
    let folded = crate::address::fold_address(address);
    let local = folded.rsplit_once('@').map_or(folded.as_str(), |(local, _)| local);
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let exact = ["mailerdaemon", "postmaster", "daemon", "bounce", "bounces", "listserv", "majordomo", "mailman", "root", "nobody"];
    let inside = ["noreply", "donotreply", "nietbeantwoorden", "geenantwoord", "noresponse"];
    exact.contains(&plain.as_str())
        || inside.iter().any(|word| plain.contains(word))
        || local.starts_with("owner-")
        || local.ends_with("-request")
        || local.ends_with("-owner")
        || local.starts_with("bounce-")
        || local.starts_with("bounces+")
        || local.starts_with("bounce+")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn no_machine_gets_an_automatic_answer() {
        let from = |address: &str| Message { from: vec![Address::bare(address)], ..Message::default() };
        for machine in ["no-reply@x.nl", "MAILER-DAEMON", "noreply.facturen@x.nl", "owner-lijst@x.nl", "lijst-request@x.nl", "do_not_reply@x.nl"] {
            assert!(is_automatic(&from(machine)), "{machine}");
        }
        for person in ["jan@x.nl", "reply@x.nl", "daemonique@x.nl", "info@noreply.nl"] {
            assert!(!is_automatic(&from(person)), "{person}");
        }
        for field in ["Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <a.b>", "X-Auto-Response-Suppress: DR, OOF", "Return-Path: <>"] {
            assert!(is_automatic(&parse::parse(format!("From: a@x.nl\n{field}\n\nx").as_bytes())), "{field}");
        }
        assert!(!is_automatic(&parse::parse(b"From: a@x.nl\nAuto-Submitted: no\n\nx")));
    }

    #[test]
    fn a_letter_is_no_report() {
        let raw = b"From: jan@x.nl\nSubject: Mail delivery failed\n\nIk kreeg dit: <a@b.nl>:\n550 no such user\n";
        assert_eq!(read(&parse::parse(raw), raw), None);
    }
}
