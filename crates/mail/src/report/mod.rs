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
    /// Where reports on that mail were to come back, folded, where a complaint says so (`Original-Mail-From`).
    pub original_return_path: Option<String>,
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
    let copy = part(&[
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/global-headers",
        "message/rfc822-headers",
    ]);
    if report.original_message_id.is_none() {
        report.original_message_id = copy.and_then(|copy| parse::parse(copy.as_bytes()).message_id);
    }
    if report.original_message_id.is_none() {
        report.original_message_id = thread::ancestors(message).next().cloned();
    }
    Some(report)
}

/// What it means that a mail came to an address where only reports come, when [`read`] can't read it: that ours came
/// back, or is late, if a mail system wrote it. `None` when somebody else did: an automatic answer, say, which goes to
/// the same address with as empty a return path (RFC 3834 §4).
pub fn unread(message: &Message, raw: &[u8]) -> Option<Action> {
    let names_itself = parse::header_fields(raw).iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.trim_start().to_ascii_lowercase().starts_with("multipart/report")
    });
    let of_system = message.sender_address().is_none_or(|from| bounce::is_mail_system(&from.address));
    if !names_itself && !of_system {
        return None;
    }
    let contents = parse::contents(raw);
    let text = contents.iter().find(|(kind, _)| kind == "text/plain");
    let text = text.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
    Some(bounce::unread(message, text.as_deref()))
}

/// Whether a machine made the message, so that no automatic answer may go to it (RFC 3834 §2).
pub fn is_automatic(message: &Message) -> bool {
    message.origin != Origin::Person
        || message.from.iter().chain(&message.sender).any(|address| is_machine(&address.address))
}

/// Whether an address is one that nobody reads.
fn is_machine(address: &str) -> bool {
    let folded = crate::address::fold_address(address);
    let local = folded.rsplit_once('@').map_or(folded.as_str(), |(local, _)| local);
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let exact = [
        "mailerdaemon",
        "postmaster",
        "daemon",
        "bounce",
        "bounces",
        "listserv",
        "majordomo",
        "mailman",
        "root",
        "nobody",
    ];
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
        for machine in [
            "no-reply@x.nl",
            "MAILER-DAEMON",
            "noreply.facturen@x.nl",
            "owner-lijst@x.nl",
            "lijst-request@x.nl",
            "do_not_reply@x.nl",
        ] {
            assert!(is_automatic(&from(machine)), "{machine}");
        }
        for person in ["jan@x.nl", "reply@x.nl", "daemonique@x.nl", "info@noreply.nl"] {
            assert!(!is_automatic(&from(person)), "{person}");
        }
        for field in [
            "Auto-Submitted: auto-generated",
            "Precedence: bulk",
            "List-Id: <a.b>",
            "X-Auto-Response-Suppress: DR, OOF",
            "Return-Path: <>",
        ] {
            assert!(is_automatic(&parse::parse(format!("From: a@x.nl\n{field}\n\nx").as_bytes())), "{field}");
        }
        assert!(!is_automatic(&parse::parse(b"From: a@x.nl\nAuto-Submitted: no\n\nx")));
    }

    #[test]
    fn a_letter_is_no_report() {
        let raw = b"From: jan@x.nl\nSubject: Mail delivery failed\n\nIk kreeg dit: <a@b.nl>:\n550 no such user\n";
        assert_eq!(read(&parse::parse(raw), raw), None);
    }

    macro_rules! story {
        ($name:literal) => {{
            let raw = include_bytes!(concat!("../../../../testdata/mail/", $name, ".eml")).as_slice();
            read(&parse::parse(raw), raw).expect("a report")
        }};
    }

    /// Address, action, status and diagnostic in one line.
    fn told(report: &Report) -> Vec<String> {
        let line = |recipient: &Recipient| {
            let status = recipient.status.as_deref().unwrap_or("-");
            format!(
                "{} {:?} {status} {}",
                recipient.address,
                recipient.action,
                recipient.diagnostic.as_deref().unwrap_or("-")
            )
        };
        report.recipients.iter().map(line).collect()
    }

    #[test]
    fn a_report_of_postfix_names_everyone_and_the_mail() {
        let report = story!("dsn_postfix");
        assert_eq!(
            told(&report),
            [
                "oud@klant.example Failed 5.1.1 550 5.1.1 <weg@klant.example>: Recipient address rejected",
                "traag@klant.example Delayed 4.4.1 -"
            ]
        );
        assert_eq!(report.recipients[0].final_address.as_deref(), Some("weg@klant.example"));
        assert_eq!(report.recipients[0].server.as_deref(), Some("mx.klant.example"));
        assert_eq!((report.kind, report.reporter.as_deref()), (Kind::Delivery, Some("mx.voorbeeld.nl")));
        assert_eq!(report.envelope_id.as_deref(), Some("out_0000000000042"));
        assert_eq!(report.original_message_id, Some(MessageId("offerte-42@voorbeeld.nl".into())));
    }

    #[test]
    fn a_report_of_exchange_is_read() {
        let report = story!("dsn_exchange");
        assert_eq!(told(&report), ["piet@kantoor.example Failed 5.2.2 554 5.2.2 mailbox full;"]);
        assert_eq!(report.original_message_id, Some(MessageId("offerte-44@voorbeeld.nl".into())));
    }

    #[test]
    fn bounces_in_prose_are_read() {
        let exim = story!("dsn_exim_prose");
        assert_eq!(
            told(&exim),
            [
                "weg@klant.example Failed 5.1.1 host mx.klant.example [192.0.2.7] SMTP error from remote mail server after RCPT \
             TO:<weg@klant.example>: 550 5.1.1 User unknown"
            ]
        );
        assert_eq!(exim.original_message_id, Some(MessageId("offerte-43@voorbeeld.nl".into())));
        let qmail = story!("dsn_qmail_prose");
        assert_eq!(told(&qmail), ["weg@oud.example Failed 5.1.1 Sorry, no mailbox here by that name. (#5.1.1)"]);
        assert_eq!(qmail.original_message_id, Some(MessageId("offerte-45@voorbeeld.nl".into())));
    }

    #[test]
    fn what_nobody_can_read_came_back_when_a_mail_system_wrote_it() {
        let of = |text: &str| unread(&parse::parse(text.as_bytes()), text.as_bytes());
        let odd = "From: Mail System <MAILER-DAEMON@mx.x.nl>\nSubject: ongeldig\n\nBrief niet besteld.\n";
        assert_eq!(of(odd), Some(Action::Failed));
        let late = "From: postmaster@mx.x.nl\nSubject: Delivery delayed\n\nIt will be retried.\n";
        assert_eq!(of(late), Some(Action::Delayed));
        let bare = "Content-Type: multipart/report; boundary=x\nFrom: kaput@x.nl\n\n--x--\n";
        assert_eq!(of(bare), Some(Action::Failed));
        let away = "From: Els <els@x.nl>\nAuto-Submitted: auto-replied\nSubject: Afwezig\n\nIk ben er niet.\n";
        assert_eq!(of(away), None);
    }

    #[test]
    fn a_complaint_names_the_mail() {
        let report = story!("complaint");
        assert_eq!(
            (report.kind, told(&report)),
            (Kind::Complaint, vec!["lezer@post.example Delivered - abuse".to_owned()])
        );
        assert_eq!(report.original_message_id, Some(MessageId("nieuws-7@voorbeeld.nl".into())));
        assert_eq!(report.original_return_path.as_deref(), Some("nieuws@voorbeeld.nl"));
    }
}
