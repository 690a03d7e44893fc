//! What a browser tells while a page is open: new mail in the mailboxes that somebody chose, and that a colleague calls them.
//! Of private mail it says no more than that it is there: others may see the screen.

use super::Say;
use crate::api::ChangeShown;
use mail::{AccountKey, MessageKey, NoteKey, Role};
use mailroom::words::Language;
use serde::Serialize;
use std::collections::BTreeMap;
use store::{
    StoreError, Tx, Viewer, account, mention,
    message::{self, Summary},
    notification, user,
};

/// Older notes that were not read are told on the page.
const CALLED_AT_MOST: usize = 20;
/// Past so many, new mail is counted by what came, not by what of it was read meanwhile.
const COUNTED_AT_MOST: usize = 50;

/// A notice, as the script shows it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Notice {
    title: String,
    body: String,
    /// A later one of the same takes its place; so does that of another page of ours.
    tag: String,
    /// The page to open when it is pressed.
    path: String,
}

/// The notices for what happened, of which the viewer may hear.
pub(super) async fn of(
    tx: &mut Tx,
    viewer: &Viewer,
    happened: &[ChangeShown],
    language: Language,
) -> Result<Vec<Notice>, StoreError> {
    let choice = notification::get(tx, viewer).await?;
    let (mut notices, say) = (Vec::new(), Say(language));
    let mut came: BTreeMap<AccountKey, Vec<MessageKey>> = BTreeMap::new();
    let mut written: Vec<NoteKey> = Vec::new();
    for change in happened {
        match change.kind.as_str() {
            "message.received" if !change.is_old() => {
                let (Some(account), Some(message)) = (change.account, change.message) else { continue };
                if choice.notice_accounts.contains(&account) {
                    came.entry(account).or_default().push(message);
                }
            }
            "conversation.noted" if choice.notice_when_called => written.extend(change.key::<NoteKey>("note")),
            _ => {}
        }
    }
    if !written.is_empty() {
        notices.extend(calls(tx, viewer, &written, say).await?);
    }
    for (account, messages) in came {
        notices.extend(new_mail(tx, viewer, account, &messages, say).await?);
    }
    Ok(notices)
}

/// A notice for each of these notes in which a colleague calls the viewer.
async fn calls(tx: &mut Tx, viewer: &Viewer, written: &[NoteKey], say: Say) -> Result<Vec<Notice>, StoreError> {
    let mut notices = Vec::new();
    for call in mention::list(tx, viewer, true, None, CALLED_AT_MOST).await?.0 {
        if !written.contains(&call.note.id) || call.note.author == viewer.user {
            continue;
        }
        let author = user::get(tx, viewer.organisation, call.note.author).await?;
        let subject = notification::open_subject(tx, viewer, call.conversation).await?;
        notices.push(Notice {
            title: say.notice_called(author.called()),
            body: subject.map_or_else(|| say.notice_private().to_owned(), |subject| named(subject, say)),
            tag: call.note.id.to_string(),
            path: format!("/mail/{}", call.conversation),
        });
    }
    Ok(notices)
}

/// One notice for what came into a mailbox: what it is when it is one message, else how many.
async fn new_mail(
    tx: &mut Tx,
    viewer: &Viewer,
    account: AccountKey,
    messages: &[MessageKey],
    say: Say,
) -> Result<Option<Notice>, StoreError> {
    let some = &messages[..messages.len().min(COUNTED_AT_MOST)];
    let read = message::summaries(tx, viewer, some).await?;
    // What a rule of the server put elsewhere, or what was read on a telephone meanwhile, is no news.
    let is_news = |it: &Summary| !it.seen && !it.outgoing && it.role == Role::Inbox;
    let news: Vec<Summary> = read.into_iter().filter(is_news).collect();
    let address = account::load(tx, viewer.organisation, account).await?.settings.address;
    let (tag, folder) = (account.to_string(), news.first().and_then(|it| it.folder));
    Ok(match &news[..] {
        [] => None,
        [one] if one.private => Some(Notice {
            title: address,
            body: say.notice_private().to_owned(),
            tag,
            path: format!("/mail/{}", one.conversation),
        }),
        [one] => Some(Notice {
            title: one.people.from.first().map_or_else(|| say.nobody().to_owned(), super::list::name_of),
            body: named(one.subject.clone(), say),
            tag,
            path: format!("/mail/{}", one.conversation),
        }),
        many => Some(Notice {
            title: address,
            body: say.notice_many(many.len() + messages.len() - some.len()),
            tag,
            path: folder.map_or_else(|| "/mail".to_owned(), |folder| format!("/mail?folder={folder}")),
        }),
    })
}

fn named(subject: String, say: Say) -> String {
    if subject.is_empty() { say.no_subject().to_owned() } else { subject }
}
