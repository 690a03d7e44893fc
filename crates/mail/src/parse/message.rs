//! From the fields of a header to a [`Message`].

use super::{
    field::{Field, Header},
    word,
};
use crate::{
    Address, Message, MessageId,
    address::mailboxes,
    message::{Defect, Origin},
};
use mail_parser::{HeaderValue, parsers::MessageStream};

/// Addresses that are kept of one message.
const ADDRESS_LIMIT: usize = 1000;
/// Message-IDs that are kept of one field.
const ID_LIMIT: usize = 1000;
/// Results of checks that are kept.
const RESULT_LIMIT: usize = 50;

/// Everything that the header says; texts and attachments are left empty.
pub(super) fn of_header(header: &Header) -> Message {
    let mut message = Message::default();
    let mut reading = Reading { addresses_left: ADDRESS_LIMIT, ..Reading::default() };
    for field in &header.fields {
        reading.take(field, &mut message);
    }
    message.origin = reading.origin();
    let mut defect = |wrong: bool, defect: Defect| {
        if wrong {
            message.defects.push(defect);
        }
    };
    defect(header.fields.is_empty(), Defect::NoHeader);
    defect(header.cut || reading.cut, Defect::TooComplex);
    defect(!message.from.iter().any(|address| address.address.contains('@')), Defect::NoSender);
    defect(reading.from_fields > 1 || message.from.len() > 1, Defect::SeveralSenders);
    defect(message.date.is_none(), Defect::NoDate);
    message
}

#[derive(Default)]
struct Reading {
    addresses_left: usize,
    cut: bool,
    from_fields: usize,
    has_subject: bool,
    automatic_reply: bool,
    report: bool,
    null_path: bool,
    bulk: bool,
}

impl Reading {
    fn take(&mut self, field: &Field, message: &mut Message) {
        let mut lower = [0u8; 32];
        let Some(name) = lower.get_mut(..field.name.len()) else { return };
        name.copy_from_slice(field.name);
        name.make_ascii_lowercase();
        match &*name {
            b"subject" if !self.has_subject => {
                self.has_subject = true;
                message.subject = word::decode(&field.text());
            }
            b"from" => {
                self.from_fields += 1;
                self.people(field, &mut message.from);
            }
            b"to" => self.people(field, &mut message.to),
            b"cc" => self.people(field, &mut message.cc),
            b"bcc" => self.people(field, &mut message.bcc),
            b"reply-to" => self.people(field, &mut message.reply_to),
            b"sender" if message.sender.is_none() => {
                let mut sender = Vec::new();
                self.people(field, &mut sender);
                message.sender = sender.into_iter().next();
            }
            b"date" if message.date.is_none() => message.date = date(field.value),
            b"message-id" if message.message_id.is_none() => message.message_id = ids(&field.text()).into_iter().next(),
            b"in-reply-to" => message.in_reply_to.extend(ids(&field.text())),
            b"references" => message.references.extend(ids(&field.text())),
            b"list-id" if message.list_id.is_none() => message.list_id = list_id(&field.text()),
            b"authentication-results" if message.authentication_results.len() < RESULT_LIMIT => {
                // Nothing in it is encoded (RFC 8601 §2.2), and what looks so is an address that a stranger chose: decoded it
                // could end the quotes that it stands in.
                message.authentication_results.push(word::one_line(&field.text()));
            }
            _ => {}
        }
        self.weigh(name, field);
    }

    /// Notes what tells a machine's mail from a person's (RFC 3834 §2, and what programs did before it and besides it).
    fn weigh(&mut self, name: &[u8], field: &Field) {
        let value = || field.text().trim().to_ascii_lowercase();
        match name {
            b"auto-submitted" => {
                let value = value();
                self.automatic_reply |= value.starts_with("auto-replied") || value.starts_with("auto-notified");
                self.bulk |= value.starts_with("auto-generated");
            }
            b"x-autoreply" | b"x-autorespond" | b"x-autoreply-from" | b"x-mail-autoreply" => {
                self.automatic_reply |= value() != "no";
            }
            b"precedence" => match value().as_str() {
                "auto_reply" => self.automatic_reply = true,
                "bulk" | "junk" | "list" => self.bulk = true,
                _ => {}
            },
            b"x-auto-response-suppress" => {
                self.bulk |= value().split(',').any(|kind| matches!(kind.trim(), "all" | "autoreply" | "oof"));
            }
            b"list-id" | b"list-unsubscribe" | b"list-post" | b"feedback-id" => self.bulk = true,
            b"x-failed-recipients" => self.report = true,
            b"return-path" => self.null_path |= value() == "<>",
            b"content-type" => self.report |= value().starts_with("multipart/report"),
            _ => {}
        }
    }

    fn origin(&self) -> Origin {
        // Delivery reports say `auto-replied` too, and automatic replies have an empty return path as well.
        if self.report {
            Origin::Report
        } else if self.automatic_reply {
            Origin::AutoReply
        } else if self.null_path {
            Origin::Report
        } else if self.bulk {
            Origin::Bulk
        } else {
            Origin::Person
        }
    }

    fn people(&mut self, field: &Field, list: &mut Vec<Address>) {
        for mailbox in mailboxes(&field.text()) {
            if mailbox.address.is_empty() || mailbox.address.len() > 998 {
                continue;
            }
            if self.addresses_left == 0 {
                self.cut = true;
                return;
            }
            self.addresses_left -= 1;
            let name = word::decode(&mailbox.name);
            list.push(Address { name: (!name.is_empty()).then_some(name), address: mailbox.address });
        }
    }
}

/// The instant of a `Date` field, when it is one between 1970 and 3000.
pub(super) fn date(value: &[u8]) -> Option<i64> {
    let value = &value[..value.len().min(1000)];
    match MessageStream::new(value).parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() || date.second == 60 => {
            let seconds = date.to_timestamp();
            (0..32_503_680_000).contains(&seconds).then_some(seconds * 1000)
        }
        _ => None,
    }
}

/// The ids of a field: what stands in angle brackets, or, where there are none, what looks like an id.
pub(crate) fn ids(text: &str) -> Vec<MessageId> {
    let mut found = Vec::new();
    let mut keep = |id: &str| {
        let clean: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        if !clean.is_empty() && clean.len() <= 998 && found.len() < ID_LIMIT {
            found.push(MessageId(clean));
        }
    };
    if !text.contains('<') {
        text.split([' ', '\t', '\r', '\n', ',']).filter(|word| word.contains('@')).for_each(&mut keep);
        return found;
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, after)) = after.split_once('>') else {
            keep(after);
            break;
        };
        keep(id.rsplit('<').next().unwrap_or(id));
        rest = after;
    }
    found
}

fn list_id(text: &str) -> Option<String> {
    let text = word::decode(text);
    let id = text.rsplit_once('<').map_or(text.as_str(), |(_, id)| id.trim_end_matches('>')).trim();
    (!id.is_empty() && id.len() < 1000).then(|| id.to_owned())
}
