//! What lies behind a message: who can see it and why, and every field of its head as it came.

use super::Say;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        visitor::{Person, Visitor, initials},
    },
};
use askama::Template;
use axum::extract::State;
use mail::{ConversationKey, MessageKey};
use store::{account, folder, message};

/// More of a head is not shown, in bytes; the whole is in the original.
const HEAD_MAX: usize = 256 << 10;

struct Watcher {
    name: String,
    initials: String,
    why: String,
}

/// A field of the head.
struct Field {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "mail/details.html")]
struct Page {
    frame: Frame,
    say: Say,
    id: MessageKey,
    conversation: ConversationKey,
    subject: String,
    mailbox: String,
    folder: Option<String>,
    received: Moment,
    fetched: Moment,
    size: String,
    /// Why it is private; nothing when it is not.
    private: Option<&'static str>,
    watchers: Vec<Watcher>,
    fields: Vec<Field>,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
) -> Shown {
    let viewer = person.viewer;
    let (stored, watchers, account, lies) = state
        .read(move |tx| {
            Box::pin(async move {
                let stored = message::get(tx, &viewer, key).await?;
                let watchers = message::watchers(tx, &viewer, key).await?;
                let account = account::get(tx, &viewer, stored.account).await?;
                let folders = folder::list(tx, viewer.organisation, stored.account).await?;
                let lies = folders.into_iter().find(|it| Some(it.id) == stored.folder);
                Ok((stored, watchers, account, lies))
            })
        })
        .await?;
    let raw = state.room.store.raw(viewer.organisation, stored.digest).await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let why = |watcher: &message::Watcher| {
        let mut why: Vec<String> = Vec::new();
        if stored.private && !watcher.manages {
            why.push(say.made_it_private().to_owned());
        }
        if watcher.owns {
            why.push(say.owns_mailbox().to_owned());
        }
        why.extend(watcher.groups.iter().map(|group| say.by_group(group)));
        if watcher.manages {
            why.push(say.manages_mailbox().to_owned());
        }
        why.join(" · ")
    };
    let private = stored.private.then_some(match stored.private_reason.as_deref() {
        Some("person") => say.private_by_person(),
        Some("subject") => say.private_by_subject(),
        _ => say.private_by_rule(),
    });
    let folder = lies.map(|it| super::mailbox::folder_name(it.role, &it.name, say));
    let shown_watchers = watchers
        .iter()
        .map(|it| Watcher { name: it.name.clone(), initials: initials(&it.name), why: why(it) })
        .collect();
    shown(&Page {
        frame: Frame::new(&visitor, Place::Mail),
        say,
        id: key,
        conversation: stored.conversation,
        subject: if stored.subject.is_empty() { say.no_subject().to_owned() } else { stored.subject.clone() },
        mailbox: account.settings.address,
        folder,
        received: habit.moment(stored.received_at),
        fetched: habit.moment(stored.fetched_at),
        size: habit.size(stored.size),
        private,
        watchers: shown_watchers,
        fields: fields(&raw),
    })
}

/// The fields of the head as they came, folded lines together, what is no text made visible.
fn fields(raw: &[u8]) -> Vec<Field> {
    let raw = &raw[..raw.len().min(HEAD_MAX)];
    let mut fields: Vec<Field> = Vec::new();
    for line in raw.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() {
            break;
        }
        let line: String = line.chars().map(visible).collect();
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some(field), _) => field.value = format!("{}\n{}", field.value, line.trim()),
            (_, _, Some((name, value))) => {
                fields.push(Field { name: name.trim().to_owned(), value: value.trim().to_owned() });
            }
            _ => fields.push(Field { name: String::new(), value: line.clone() }),
        }
    }
    fields
}

/// Signs that nobody sees, or that turn the words around them, as a sign that is seen.
fn visible(sign: char) -> char {
    match sign {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '\u{fffd}',
        sign if sign.is_control() => '\u{fffd}',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn a_head_is_shown_field_by_field_with_what_is_hidden_in_it() {
        let raw =
            b"Received: from a\r\n\tby b\r\nSubject: fac\xe2\x80\xaetxt.exe\x07\r\nzonder naam\r\n\r\nBody: nee\r\n";
        let found = fields(raw);
        let found: Vec<(&str, &str)> = found.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        let wanted = [("Received", "from a\nby b"), ("Subject", "fac\u{fffd}txt.exe\u{fffd}"), ("", "zonder naam")];
        assert_eq!(found, wanted);
    }
}
