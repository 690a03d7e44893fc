//! From what a person or a program wants to send to a draft and its envelope, with everything that is wrong said at once.

use super::template;
use crate::words::{FieldError, Language, Phrase, Refusal, all_well, field};
use mail::{
    AccountKey, Address, DossierKey, DraftKey, MessageId, MessageKey, TemplateKey,
    address::fold_address,
    compose::{self, Attached, ComposeError, Draft},
};
use std::collections::{BTreeMap, HashSet};
use store::{account::AccountSettings, outbox::Field};

/// Recipients of one message at most; more is a mailing.
const RECIPIENTS_MAX: usize = 1000;
const SUBJECT_MAX: usize = 2000;
const NAME_MAX: usize = 1000;

/// What somebody wants to send, as the API takes it.
#[derive(Debug, Clone, Default)]
pub struct NewMail {
    /// By which account it leaves.
    pub account: Option<AccountKey>,
    /// The sender; the account's own address unless said.
    pub from: Option<Address>,
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
    /// Recipients that the others do not see.
    pub bcc: Vec<Address>,
    /// `Subject`.
    pub subject: String,
    /// The text.
    pub text: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attached>,
    /// The message that it answers.
    pub reply_to_message: Option<MessageKey>,
    /// The template that subject and texts come from, where the mail has none of its own.
    pub template: Option<TemplateKey>,
    /// What the template's holes are filled with.
    pub values: BTreeMap<String, String>,
    /// Not before this moment, in milliseconds since 1970.
    pub send_at: Option<i64>,
    /// The dossier that it belongs to.
    pub dossier: Option<DossierKey>,
    /// The draft that it was written as, and in which version: handed over with it, or not at all.
    pub draft: Option<(DraftKey, i64)>,
}

/// What a template gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Pattern {
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

/// What the answered message says of its conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered {
    pub(super) message_id: Option<MessageId>,
    pub(super) references: Vec<MessageId>,
}

/// Fills in the template, once, over all of the mail's texts.
pub(super) fn fill(mail: &mut NewMail, pattern: Option<Pattern>) -> Result<(), Refusal> {
    let Some(pattern) = pattern else { return Ok(()) };
    let mut errors = Vec::new();
    let mut filled = |text: &str, html| template::filled(text, &mail.values, html, &mut errors);
    let subject = filled(&pattern.subject, false);
    let text = pattern.text.as_deref().map(|text| filled(text, false));
    let html = pattern.html.as_deref().map(|html| filled(html, true));
    all_well(errors)?;
    if mail.subject.is_empty() {
        mail.subject = subject;
    }
    if mail.text.is_none() && mail.html.is_none() {
        (mail.text, mail.html) = (text, html);
    }
    Ok(())
}

/// The draft. Whether the sender may be used is decided here as well (features S2): only the account's own address, since
/// for any other the receiving side would see a forgery.
pub(super) fn draft(
    mail: NewMail,
    settings: &AccountSettings,
    answered: Answered,
    message_id: MessageId,
    now: i64,
) -> Result<Draft, Refusal> {
    let mut errors = Vec::new();
    let from = mail.from.unwrap_or_else(|| Address::bare(settings.address.clone()));
    check_address("from", &from, &mut errors);
    for (name, list) in [("to", &mail.to), ("cc", &mail.cc), ("bcc", &mail.bcc)] {
        for (n, address) in list.iter().enumerate() {
            check_address(&format!("{name}.{n}"), address, &mut errors);
        }
    }
    let recipients = mail.to.len() + mail.cc.len() + mail.bcc.len();
    if recipients == 0 {
        errors.push(FieldError::new("to", field::NO_RECIPIENT));
    } else if recipients > RECIPIENTS_MAX {
        errors.push(FieldError::new("to", field::TOO_MANY));
    }
    check_line("subject", &mail.subject, &mut errors);
    if mail.subject.chars().count() > SUBJECT_MAX {
        errors.push(FieldError::new("subject", field::TOO_LONG));
    }
    for (n, attached) in mail.attachments.iter().enumerate() {
        check_line(&format!("attachments.{n}.name"), &attached.name, &mut errors);
        check_line(&format!("attachments.{n}.content_type"), &attached.content_type, &mut errors);
    }
    all_well(errors)?;
    if from.folded() != fold_address(&settings.address) {
        return Err(Refusal::forbidden("from", field::SENDER_REFUSED));
    }
    let name = from.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| settings.display_name.clone());
    let name = Some(name).filter(|name| !name.is_empty() && *name != settings.address);
    let mut references = answered.references;
    references.retain(|reference| Some(reference) != answered.message_id.as_ref());
    references.extend(answered.message_id.clone());
    Ok(Draft {
        message_id: Some(message_id),
        date_ms: mail.send_at.unwrap_or(now).max(now),
        from: Address { name, address: settings.address.clone() },
        to: mail.to,
        cc: mail.cc,
        bcc: mail.bcc,
        subject: mail.subject,
        text: mail.text.or_else(|| mail.html.is_none().then(String::new)),
        html: mail.html,
        attachments: mail.attachments,
        in_reply_to: answered.message_id.into_iter().collect(),
        references,
        ..Draft::default()
    })
}

/// The envelope: every recipient once, where it stands first, and the account's own copy address (features M23).
pub(super) fn envelope(draft: &Draft, mailbox_bcc: Option<&str>) -> Vec<(String, Field)> {
    let named = [(&draft.to, Field::To), (&draft.cc, Field::Cc), (&draft.bcc, Field::Bcc)];
    let named = named.into_iter().flat_map(|(list, field)| list.iter().map(move |one| (one.address.clone(), field)));
    let mut seen = HashSet::new();
    named
        .chain(mailbox_bcc.map(|address| (address.to_owned(), Field::MailboxBcc)))
        .filter(|(address, _)| seen.insert(fold_address(address)))
        .collect()
}

/// The final bytes.
pub(super) fn frozen(draft: &Draft, limit_bytes: u64) -> Result<Vec<u8>, Refusal> {
    let bytes = compose::write(draft).map_err(|ComposeError { field, why }| {
        let message = Phrase { nl: why.say(Language::Dutch), en: why.say(Language::English) };
        Refusal::Invalid { errors: vec![FieldError { field, code: "not_writable", message }] }
    })?;
    if bytes.len() as u64 > limit_bytes {
        return Err(Refusal::field("attachments", field::TOO_LARGE));
    }
    Ok(bytes)
}

fn check_address(name: &str, address: &Address, errors: &mut Vec<FieldError>) {
    if let Some(shown) = &address.name {
        check_line(&format!("{name}.name"), shown, errors);
        if shown.chars().count() > NAME_MAX {
            errors.push(FieldError::new(format!("{name}.name"), field::TOO_LONG));
        }
    }
    let typed = &address.address;
    if has_line_break(typed) {
        errors.push(FieldError::new(format!("{name}.address"), field::LINE_BREAK));
    } else if !Address::parse(typed).is_some_and(|read| read.name.is_none() && read.address == *typed) {
        errors.push(FieldError::new(format!("{name}.address"), field::NOT_AN_ADDRESS));
    }
}

fn check_line(name: &str, text: &str, errors: &mut Vec<FieldError>) {
    if has_line_break(text) {
        errors.push(FieldError::new(name, field::LINE_BREAK));
    }
}

/// What could end a header field: CR, LF, NUL, every other control character but the tab, and Unicode's own line ends
/// (reliability case 40).
fn has_line_break(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\t' || matches!(c, '\u{2028}' | '\u{2029}'))
}
