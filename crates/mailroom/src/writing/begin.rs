//! What a reply or a forward begins with.

use super::answer;
use crate::{MailRoom, words::Refusal};
use bytes::Bytes;
use mail::{
    Message, MessageKey,
    compose::Attached,
    display::{self, Language},
    parse,
};
use store::{Viewer, account, draft::Letter, message, message::Stored};

/// How the person writes dates.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// The language of the line above a quotation.
    pub language: Language,
    /// How far their clock is ahead of UTC, in seconds.
    pub offset_seconds: i32,
}

/// What a reply or a forward begins with. Nothing of it is kept yet.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The recipients, the subject, the account.
    pub letter: Letter,
    /// What goes below it, as text.
    pub quote: String,
    /// Names and sizes in bytes of the files that go with it.
    pub files: Vec<(String, i64)>,
}

/// A message with its content.
pub(super) struct Source {
    pub(super) stored: Stored,
    pub(super) raw: Bytes,
    pub(super) read: Message,
}

/// A message that the viewer may see, read.
pub(super) async fn source(room: &MailRoom, viewer: &Viewer, key: MessageKey) -> Result<Source, Refusal> {
    let who = *viewer;
    let stored = room.store.db.read(move |tx| Box::pin(async move { message::get(tx, &who, key).await })).await?;
    let raw = room.store.raw(viewer.organisation, stored.digest).await?;
    let read = parse::parse(&raw);
    Ok(Source { stored, raw, read })
}

/// An answer to the message, to its sender or to all.
pub async fn reply(
    room: &MailRoom,
    viewer: &Viewer,
    key: MessageKey,
    all: bool,
    manner: Manner,
) -> Result<Begun, Refusal> {
    let source = source(room, viewer, key).await?;
    let (sendable, own) = own(room, viewer).await?;
    let answer::Recipients { to, cc } = answer::recipients(&source.read, &own, all);
    let account = Some(source.stored.account).filter(|account| sendable.contains(account));
    let subject = answer::reply_subject(&source.read.subject);
    let letter =
        Letter { account, to, cc, subject, source: Some(key), quotes: true, forwards: false, ..Letter::default() };
    let quote = display::quote_reply(&source.read, manner.language, manner.offset_seconds);
    Ok(Begun { letter, quote, files: Vec::new() })
}

/// The message for somebody else, with its files.
pub async fn forward(room: &MailRoom, viewer: &Viewer, key: MessageKey, manner: Manner) -> Result<Begun, Refusal> {
    let source = source(room, viewer, key).await?;
    let (sendable, _) = own(room, viewer).await?;
    let account = Some(source.stored.account).filter(|account| sendable.contains(account));
    let subject = answer::forward_subject(&source.read.subject);
    let letter = Letter { account, subject, source: Some(key), quotes: true, forwards: true, ..Letter::default() };
    let quote = display::forwarded(&source.read, manner.language, manner.offset_seconds);
    let files = source.read.attachments.iter().filter(|one| !one.inline);
    let files = files.map(|one| (one.name.clone(), one.size as i64)).collect();
    Ok(Begun { letter, quote, files })
}

/// The accounts that the viewer may send by, and their folded addresses.
async fn own(room: &MailRoom, viewer: &Viewer) -> Result<(Vec<mail::AccountKey>, Vec<String>), Refusal> {
    let viewer = *viewer;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let sendable = viewer.rights(tx).await?.send;
            let mut own = Vec::new();
            for key in &sendable {
                let account = account::load(tx, viewer.organisation, *key).await?;
                own.push(mail::address::fold_address(&account.settings.address));
            }
            Ok((sendable, own))
        })
    });
    Ok(read.await?)
}

/// What of the source goes with a letter that begins with it: all files of one that is passed on, and the pictures that a
/// quotation shows.
pub(super) fn files_of(source: &Source, letter: &Letter) -> Vec<Attached> {
    let html = source.read.html.as_deref().map(display::safe_html).unwrap_or_default();
    let shown = |id: &Option<String>| id.as_ref().is_some_and(|id| html.contains(&format!("\"cid:{id}\"")));
    let goes = |one: &&mail::Attachment| letter.forwards || letter.quotes && shown(&one.content_id);
    let file = |one: &mail::Attachment| {
        let bytes = parse::attachment(&source.raw, one.n)?.bytes;
        let content_id = one.content_id.clone().filter(|_| shown(&one.content_id));
        Some(Attached { name: one.name.clone(), content_type: one.content_type.clone(), bytes, content_id })
    };
    source.read.attachments.iter().filter(goes).filter_map(file).collect()
}
