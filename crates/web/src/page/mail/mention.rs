//! The notes in which colleagues call the reader.

use super::{Say, conversation::names};
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        visitor::{Person, Visitor, initials},
    },
};
use askama::Template;
use axum::extract::State;
use mail::ConversationKey;
use store::{conversation, mention};

/// So many are shown, the newest first.
const SHOWN: usize = 100;

struct Call {
    conversation: ConversationKey,
    subject: String,
    who: String,
    initials: String,
    text: String,
    at: Moment,
    unread: bool,
}

#[derive(Template)]
#[template(path = "mail/mentions.html")]
struct Page {
    frame: Frame,
    say: Say,
    calls: Vec<Call>,
}

pub(super) async fn list(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let viewer = person.viewer;
    let (found, names) = state
        .read(move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for it in mention::list(tx, &viewer, false, None, SHOWN).await?.0 {
                    let subject = conversation::get(tx, &viewer, it.conversation).await?.head.subject;
                    found.push((it, subject));
                }
                let authors = found.iter().map(|(it, _)| it.note.author).collect();
                let names = names(tx, &viewer, authors).await?;
                Ok((found, names))
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let call = |(it, subject): (mention::Mention, String)| {
        let who = names.get(&it.note.author).cloned().unwrap_or_default();
        Call {
            conversation: it.conversation,
            subject: if subject.is_empty() { say.no_subject().to_owned() } else { subject },
            initials: initials(&who),
            who,
            text: it.note.text,
            at: habit.moment(it.note.written_at),
            unread: it.read_at.is_none(),
        }
    };
    let calls = found.into_iter().map(call).collect();
    shown(&Page { frame: Frame::new(&visitor, Place::Mail), say, calls })
}
