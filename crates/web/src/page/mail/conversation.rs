//! The conversation that is read: its messages, the newest and the unread ones open, and what belongs to it.

use super::{Say, message::Opened};
use crate::{
    AppState,
    page::{
        habit::{Habit, Moment},
        visitor::{Person, Visitor, initials},
    },
    problem::Problem,
};
use mail::{ContactKey, ConversationKey, DossierKey, MessageKey, UserKey};
use mailroom::desk::{self, message::MessagePatch};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    contact,
    conversation::{self, State},
    dossier,
    message::{self, Summary},
    user,
};

/// So many messages are opened at once; the others unfold when asked.
const OPENED: usize = 6;

/// What the pane shows.
pub(super) struct Conversation {
    pub(super) id: ConversationKey,
    pub(super) subject: String,
    pub(super) closed: bool,
    pub(super) assignee: Option<String>,
    pub(super) entries: Vec<Entry>,
    /// The message that a reply answers.
    pub(super) newest: MessageKey,
    pub(super) contacts: Vec<(ContactKey, String)>,
    pub(super) dossiers: Vec<(DossierKey, String)>,
    pub(super) notes: Vec<Note>,
}

/// A message in it.
pub(super) enum Entry {
    /// To be read now.
    Open(Box<Opened>),
    /// One line.
    Folded(Folded),
}

/// A message that is folded.
pub(super) struct Folded {
    pub(super) id: MessageKey,
    pub(super) who: String,
    pub(super) preview: String,
    pub(super) at: Moment,
}

/// What a colleague wrote for colleagues.
pub(super) struct Note {
    pub(super) who: String,
    pub(super) initials: String,
    pub(super) text: String,
    pub(super) at: Moment,
}

/// The conversation as the person sees it, with these messages open besides the newest and the unread ones. What is
/// shown open counts as read from here on.
pub(super) async fn read(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: ConversationKey,
    asked: Option<MessageKey>,
) -> Result<Conversation, Problem> {
    let viewer = person.viewer;
    let (found, summaries) = state
        .read(move |tx| {
            Box::pin(async move {
                let found = conversation::get(tx, &viewer, id).await?;
                let summaries = message::summaries(tx, &viewer, &found.messages).await?;
                Ok((found, summaries))
            })
        })
        .await?;
    let newest = *found.messages.last().ok_or_else(Problem::not_found)?;
    let unread = summaries.iter().rev().filter(|it| !it.seen && it.id != newest).map(|it| it.id).take(OPENED - 1);
    let open: BTreeSet<MessageKey> = unread.chain([newest]).chain(asked).collect();
    for unread in summaries.iter().filter(|it| !it.seen && open.contains(&it.id)) {
        let patch = MessagePatch { seen: Some(true), ..MessagePatch::default() };
        desk::message::change(&state.room, &viewer, unread.id, patch).await?;
    }
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let mut entries = Vec::new();
    for summary in &summaries {
        entries.push(match open.contains(&summary.id) {
            true => Entry::Open(Box::new(super::message::open(state, visitor, person, summary.id).await?)),
            false => Entry::Folded(folded(summary, say, &habit)),
        });
    }
    around(state, visitor, person, found, entries).await
}

/// The conversation with what belongs to it: who does it, its notes, the newest message's contacts and dossiers.
async fn around(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    found: conversation::Conversation,
    entries: Vec<Entry>,
) -> Result<Conversation, Problem> {
    let (viewer, newest) = (person.viewer, *found.messages.last().ok_or_else(Problem::not_found)?);
    let authors: BTreeSet<_> = found.notes.iter().map(|note| note.author).chain(found.head.assignee).collect();
    let (names, contacts, dossiers) = state
        .read(move |tx| {
            Box::pin(async move {
                let mut names = BTreeMap::new();
                for author in authors {
                    let user = user::get(tx, viewer.organisation, author).await?;
                    names.insert(author, if user.name.is_empty() { user.email } else { user.name });
                }
                let stored = message::get(tx, &viewer, newest).await?;
                let (mut contacts, mut dossiers) = (Vec::new(), Vec::new());
                for key in stored.contacts {
                    contacts.push((key, contact::get(tx, viewer.organisation, key).await?.name));
                }
                for key in stored.dossiers {
                    dossiers.push((key, dossier::get(tx, viewer.organisation, key).await?.name));
                }
                Ok((names, contacts, dossiers))
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let name = |key: &UserKey| names.get(key).cloned().unwrap_or_default();
    let note = |note: store::note::Note| Note {
        initials: initials(&name(&note.author)),
        who: name(&note.author),
        text: note.text,
        at: habit.moment(note.written_at),
    };
    Ok(Conversation {
        id: found.head.id,
        subject: if found.head.subject.is_empty() { say.no_subject().to_owned() } else { found.head.subject },
        closed: found.head.state == State::Closed,
        assignee: found.head.assignee.as_ref().map(name),
        entries,
        newest,
        contacts,
        dossiers,
        notes: found.notes.into_iter().map(note).collect(),
    })
}

fn folded(summary: &Summary, say: Say, habit: &Habit) -> Folded {
    let from = summary.people.from.first();
    let who = from.map(super::list::name_of).unwrap_or_else(|| say.nobody().to_owned());
    Folded { id: summary.id, who, preview: summary.preview.clone(), at: habit.moment(summary.received_at) }
}
