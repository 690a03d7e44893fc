//! The mail of a contact or dossier, in and out, from every mailbox that the viewer may read, newest first.

use super::{Named, Say, names_for};
use crate::{
    AppState,
    page::{
        habit::{Habit, Moment},
        route::percent,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use mail::{AccountKey, Address, ConversationKey, MessageKey, query};
use serde::Deserialize;
use std::collections::{HashMap, hash_map::Entry};
use store::{
    account,
    link::{self, Link, Target},
    message::{self, Filter, Summary},
};

/// Letters on a page.
const PAGE: usize = 50;

/// Which of the mail is wanted, as the address of the page says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// What was typed to search for.
    pub(crate) mail: String,
    /// Older than this.
    before: Option<MessageKey>,
}

/// The mail as the page shows it.
pub(crate) struct Letters {
    pub(crate) say: Say,
    /// The page that it is on.
    pub(crate) path: String,
    pub(crate) asked: String,
    pub(crate) lines: Vec<Letter>,
    pub(crate) older: Option<String>,
    /// This is not the first page.
    pub(crate) is_later: bool,
}

/// One letter.
pub(crate) struct Letter {
    pub(crate) id: MessageKey,
    pub(crate) conversation: ConversationKey,
    pub(crate) outgoing: bool,
    pub(crate) who: String,
    pub(crate) subject: String,
    pub(crate) preview: String,
    pub(crate) mailbox: String,
    pub(crate) why: Option<String>,
    pub(crate) at: Moment,
    pub(crate) private: bool,
    pub(crate) has_files: bool,
}

/// Reads a page of it; `path` is the page that shows it.
pub(crate) async fn of(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    target: Target,
    asked: Asked,
    path: String,
) -> Result<Letters, Problem> {
    let (habit, say) = (visitor.habit(), Say(visitor.language));
    let now = query::Now { at_ms: visitor.now, offset_seconds: habit.offset_seconds(visitor.now) };
    let typed = asked.mail.trim().to_owned();
    let mut filter = Filter { query: (!typed.is_empty()).then(|| query::parse(&typed, now)), ..Filter::default() };
    match target {
        Target::Contact(key) => filter.contact = Some(key),
        Target::Dossier(key) => filter.dossier = Some(key),
    }
    let (viewer, before) = (person.viewer, asked.before);
    let (found, next, links, named, mailboxes) = state
        .read(move |tx| {
            Box::pin(async move {
                let (found, next) = message::list(tx, &viewer, &filter, before, PAGE).await?;
                let keys: Vec<MessageKey> = found.iter().map(|it| it.id).collect();
                let links = link::links_of(tx, viewer.organisation, &keys).await?;
                let named = names_for(tx, &viewer, links.iter().flatten()).await?;
                let mut mailboxes: HashMap<AccountKey, String> = HashMap::new();
                for summary in &found {
                    if let Entry::Vacant(unknown) = mailboxes.entry(summary.account) {
                        let settings = account::get(tx, &viewer, summary.account).await?.settings;
                        let name = Some(settings.display_name).filter(|name| !name.is_empty());
                        unknown.insert(name.unwrap_or(settings.address));
                    }
                }
                Ok((found, next, links, named, mailboxes))
            })
        })
        .await?;
    let lines = found.into_iter().zip(&links).map(|(summary, links)| {
        let mailbox = mailboxes.get(&summary.account).cloned().unwrap_or_default();
        letter(summary, mailbox, why(target, links, &named, say, &habit), say, &habit)
    });
    let search = if typed.is_empty() { String::new() } else { format!("mail={}&", percent(&typed)) };
    Ok(Letters {
        say,
        lines: lines.collect(),
        older: next.map(|before| format!("{path}?{search}before={before}#mail")),
        is_later: before.is_some(),
        asked: typed,
        path,
    })
}

fn why(target: Target, links: &[Link], named: &Named, say: Say, habit: &Habit) -> Option<String> {
    links.iter().find(|link| link.target == target).map(|link| named.why(link, links, say, habit))
}

fn letter(summary: Summary, mailbox: String, why: Option<String>, say: Say, habit: &Habit) -> Letter {
    let name = |one: &Address| one.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| one.address.clone());
    let who = match summary.outgoing {
        true => summary.people.to.first().map(|to| say.to(name(to))),
        false => summary.people.from.first().map(name),
    };
    Letter {
        id: summary.id,
        conversation: summary.conversation,
        outgoing: summary.outgoing,
        who: who.unwrap_or_else(|| say.nobody().to_owned()),
        subject: Some(summary.subject).filter(|it| !it.is_empty()).unwrap_or_else(|| say.no_subject().to_owned()),
        preview: summary.preview,
        mailbox,
        why,
        at: habit.moment(summary.received_at),
        private: summary.private,
        has_files: summary.attachments > 0,
    }
}
