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
use mail::{ContactKey, ConversationKey, DossierKey, FolderKey, MessageKey, Role, UserKey};
use mailroom::desk::doubt;
use std::collections::{BTreeMap, BTreeSet};
use store::{
    activity::Activity,
    contact,
    conversation::{self, State},
    dossier, folder, mention,
    message::{self, Summary},
    presence::{self, Doing, Presence},
    user,
};

/// So many messages are opened at once; the others unfold when asked.
const OPENED: usize = 6;

/// What the pane shows.
pub(super) struct Conversation {
    pub(super) id: ConversationKey,
    pub(super) subject: String,
    pub(super) closed: bool,
    pub(super) assignee: Option<(UserKey, String)>,
    /// Until when it is out of sight.
    pub(super) snoozed: Option<String>,
    pub(super) entries: Vec<Entry>,
    /// The message that a reply answers.
    pub(super) newest: MessageKey,
    /// What is shown open and was not read yet.
    pub(super) unread: Vec<MessageKey>,
    /// A note calls the reader and was not read yet.
    pub(super) called: bool,
    pub(super) contacts: Vec<(ContactKey, String)>,
    pub(super) dossiers: Vec<(DossierKey, String)>,
    /// Notes and deeds of colleagues, oldest first.
    pub(super) story: Vec<Told>,
    /// Everybody who sees it, the reader first.
    pub(super) colleagues: Vec<(UserKey, String)>,
    pub(super) folders: Vec<(FolderKey, String)>,
    pub(super) present: Vec<Here>,
    /// What is wrong with what was asked,
    pub(super) notice: Option<String>,
    /// and the note that was not taken.
    pub(super) note: String,
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

/// What colleagues told each other, or did.
pub(super) enum Told {
    Note(Note),
    Deed { words: String, at: Moment },
}

/// What a colleague wrote for colleagues.
pub(super) struct Note {
    pub(super) who: String,
    pub(super) initials: String,
    pub(super) text: String,
    pub(super) at: Moment,
    /// The reader is called in it.
    pub(super) calls: bool,
}

/// A colleague who is there now.
#[derive(Clone)]
pub(super) struct Here {
    pub(super) name: String,
    pub(super) initials: String,
    /// `looking` or `replying`.
    pub(super) doing: &'static str,
}

impl Here {
    /// They write an answer.
    pub(super) fn replies(&self) -> bool {
        self.doing == Doing::Replying.as_str()
    }
}

/// The conversation as the person sees it, with this message open besides the newest and the unread ones. Nothing counts
/// as read by being fetched: that is for [`super::team::seen`].
pub(super) async fn read(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: ConversationKey,
    asked: Option<MessageKey>,
) -> Result<Conversation, Problem> {
    let viewer = person.viewer;
    let (found, summaries, known) = state
        .read(move |tx| {
            Box::pin(async move {
                let found = conversation::get(tx, &viewer, id).await?;
                let summaries = message::summaries(tx, &viewer, &found.messages).await?;
                let known = doubt::Around::read(tx, &viewer, &summaries).await?;
                Ok((found, summaries, known))
            })
        })
        .await?;
    let newest = *found.messages.last().ok_or_else(Problem::not_found)?;
    let unread = summaries.iter().rev().filter(|it| !it.seen && it.id != newest).map(|it| it.id).take(OPENED - 1);
    let open: BTreeSet<MessageKey> = unread.chain([newest]).chain(asked).collect();
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let mut entries = Vec::new();
    for summary in &summaries {
        entries.push(match open.contains(&summary.id) {
            true => Entry::Open(Box::new(super::message::open(state, visitor, person, summary.id, &known).await?)),
            false => Entry::Folded(folded(summary, say, &habit)),
        });
    }
    let mut whole = around(state, visitor, person, found, entries).await?;
    whole.unread = summaries.iter().filter(|it| !it.seen && open.contains(&it.id)).map(|it| it.id).collect();
    Ok(whole)
}

/// What belongs to a conversation.
struct Around {
    names: BTreeMap<UserKey, String>,
    contacts: Vec<(ContactKey, String)>,
    dossiers: Vec<(DossierKey, String)>,
    folders: Vec<(FolderKey, Role, String)>,
    colleagues: Vec<(UserKey, String)>,
    present: Vec<Presence>,
    called: bool,
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
    let (id, now) = (found.head.id, visitor.now);
    let mut people: BTreeSet<UserKey> = found.notes.iter().map(|note| note.author).chain(found.head.assignee).collect();
    people.extend(found.activities.iter().flat_map(|done| [Some(done.by), assigned(done)]).flatten());
    let belongs = state
        .read(move |tx| {
            Box::pin(async move {
                let present = presence::others(tx, &viewer, id, now).await?;
                people.extend(present.iter().map(|it| it.user));
                let stored = message::get(tx, &viewer, newest).await?;
                let mut belongs = Around {
                    names: names(tx, &viewer, people).await?,
                    contacts: Vec::new(),
                    dossiers: Vec::new(),
                    folders: Vec::new(),
                    colleagues: conversation::who_sees(tx, &viewer, id).await?,
                    present,
                    called: mention::waits(tx, &viewer, id).await?,
                };
                for key in stored.contacts {
                    belongs.contacts.push((key, contact::get(tx, viewer.organisation, key).await?.name));
                }
                for key in stored.dossiers {
                    belongs.dossiers.push((key, dossier::get(tx, viewer.organisation, key).await?.name));
                }
                for it in folder::list(tx, viewer.organisation, stored.account).await? {
                    let takes = it.selectable && !matches!(it.role, Role::Sent | Role::Drafts);
                    if takes && Some(it.id) != stored.folder {
                        belongs.folders.push((it.id, it.role, it.name));
                    }
                }
                Ok(belongs)
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let name = |key: &UserKey| belongs.names.get(key).cloned().unwrap_or_default();
    let mut colleagues = belongs.colleagues;
    colleagues.sort_by_key(|(key, _)| *key != viewer.user);
    let mut story: Vec<(i64, Told)> = Vec::new();
    for note in found.notes {
        let who = name(&note.author);
        let (initials, at) = (initials(&who), habit.moment(note.written_at));
        let calls = note.mentions.contains(&viewer.user);
        story.push((note.written_at, Told::Note(Note { initials, who, text: note.text, at, calls })));
    }
    for done in found.activities {
        if let Some(words) = deed(&done, &name, say, &habit) {
            story.push((done.done_at, Told::Deed { words, at: habit.moment(done.done_at) }));
        }
    }
    story.sort_by_key(|(at, _)| *at);
    let head = found.head;
    let folder = |(key, role, name): (FolderKey, Role, String)| (key, super::mailbox::folder_name(role, &name, say));
    Ok(Conversation {
        id: head.id,
        subject: if head.subject.is_empty() { say.no_subject().to_owned() } else { head.subject },
        closed: head.state == State::Closed,
        assignee: head.assignee.map(|key| (key, name(&key))),
        snoozed: head.snoozed_until_at.filter(|until| *until > now).map(|until| habit.precise(until)),
        entries,
        newest,
        unread: Vec::new(),
        called: belongs.called,
        contacts: belongs.contacts,
        dossiers: belongs.dossiers,
        story: story.into_iter().map(|(_, told)| told).collect(),
        colleagues,
        folders: belongs.folders.into_iter().map(folder).collect(),
        present: belongs.present.iter().map(|it| being(it, name(&it.user))).collect(),
        notice: None,
        note: String::new(),
    })
}

/// What these people are called.
pub(super) async fn names(
    tx: &mut store::Tx,
    viewer: &store::Viewer,
    people: BTreeSet<UserKey>,
) -> Result<BTreeMap<UserKey, String>, store::StoreError> {
    let mut names = BTreeMap::new();
    for key in people {
        let user = user::get(tx, viewer.organisation, key).await?;
        names.insert(key, user.called().to_owned());
    }
    Ok(names)
}

/// These colleagues, as the page shows them.
pub(super) async fn here(state: &AppState, person: &Person, found: Vec<Presence>) -> Result<Vec<Here>, Problem> {
    let (viewer, people) = (person.viewer, found.iter().map(|it| it.user).collect());
    let names = state.read(move |tx| Box::pin(async move { names(tx, &viewer, people).await })).await?;
    Ok(found.iter().map(|it| being(it, names.get(&it.user).cloned().unwrap_or_default())).collect())
}

/// A colleague who is there.
pub(super) fn being(found: &Presence, name: String) -> Here {
    Here { initials: initials(&name), name, doing: found.doing.as_str() }
}

fn assigned(done: &Activity) -> Option<UserKey> {
    done.detail.get("assignee").and_then(|key| serde_json::from_value(key.clone()).ok()).flatten()
}

/// What a colleague did, in words.
fn deed(done: &Activity, name: &impl Fn(&UserKey) -> String, say: Say, habit: &Habit) -> Option<String> {
    let who = name(&done.by);
    let words = match done.kind.as_str() {
        "assigned" => match assigned(done) {
            Some(key) if key == done.by => say.did_take(who),
            Some(key) => say.did_assign(who, name(&key)),
            None => say.did_unassign(who),
        },
        "closed" => say.did_close(who),
        "opened" => say.did_open(who),
        "snoozed" => {
            say.did_snooze(who, done.detail["until_at"].as_i64().map(|at| habit.precise(at)).unwrap_or_default())
        }
        "woken" => say.did_wake(who),
        "merged" => say.did_merge(who),
        "split" => say.did_split(who),
        "joined" => say.did_join(who),
        "left" => say.did_leave(who),
        _ => return None,
    };
    Some(words)
}

fn folded(summary: &Summary, say: Say, habit: &Habit) -> Folded {
    let from = summary.people.from.first();
    let who = from.map(super::list::name_of).unwrap_or_else(|| say.nobody().to_owned());
    Folded { id: summary.id, who, preview: summary.preview.clone(), at: habit.moment(summary.received_at) }
}
