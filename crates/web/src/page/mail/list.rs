//! The list of conversations: what is wanted, and a line for each.

use super::{
    Say,
    conversation::{Here, being},
    mailbox::Mailbox,
};
use crate::{
    AppState,
    page::{
        habit::{Habit, Moment},
        route::percent,
        visitor::{Visitor, initials},
    },
    problem::Problem,
};
use mail::{AccountKey, Address, ConversationKey, FolderKey, MessageKey, UserKey, query};
use serde::Deserialize;
use store::{
    Viewer,
    conversation::{self, Standing},
    message::Filter,
    presence,
};

/// So many conversations make a page.
const PAGE: usize = 50;

/// Which conversations are wanted, as the address of the page says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    pub(super) account: Option<AccountKey>,
    pub(super) folder: Option<FolderKey>,
    pub(super) view: Option<View>,
    #[serde(default)]
    pub(super) q: String,
    before: Option<MessageKey>,
    /// A message to open besides those that open by themselves.
    pub(super) message: Option<MessageKey>,
    /// The message whose pictures from elsewhere are to be shown.
    pub(super) pictures: Option<MessageKey>,
    /// The conversation that is read; part of the path, not of the query.
    #[serde(skip)]
    pub(super) open: Option<ConversationKey>,
}

/// What the team has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum View {
    /// What the reader does.
    Mine,
    /// What nobody does yet.
    Unassigned,
    /// What is out of sight for now.
    Snoozed,
    /// What is done.
    Closed,
}

impl View {
    pub(super) const ALL: [View; 4] = [View::Mine, View::Unassigned, View::Snoozed, View::Closed];

    /// Its name in an address.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            View::Mine => "mine",
            View::Unassigned => "unassigned",
            View::Snoozed => "snoozed",
            View::Closed => "closed",
        }
    }

    pub(super) fn name(self, say: &Say) -> &'static str {
        match self {
            View::Mine => say.view_mine(),
            View::Unassigned => say.view_unassigned(),
            View::Snoozed => say.view_snoozed(),
            View::Closed => say.view_closed(),
        }
    }
}

/// Who does it.
pub(super) struct Assignee {
    pub(super) name: String,
    pub(super) initials: String,
}

/// One conversation in the list.
pub(super) struct Line {
    pub(super) conversation: ConversationKey,
    pub(super) who: String,
    pub(super) subject: String,
    pub(super) preview: String,
    pub(super) at: Moment,
    pub(super) unread: bool,
    pub(super) flagged: bool,
    pub(super) private: bool,
    pub(super) has_attachment: bool,
    pub(super) assignee: Option<Assignee>,
    pub(super) dossier: Option<String>,
    pub(super) closed: bool,
    /// Until when it is out of sight.
    pub(super) snoozed: Option<String>,
    pub(super) present: Vec<Here>,
}

impl Wanted {
    /// What to call it; `None` inside when it is everything, and outside when there is no such mailbox or folder.
    pub(super) fn title(&self, mailboxes: &[Mailbox]) -> Option<Option<String>> {
        let shelves = || mailboxes.iter().flat_map(|mailbox| mailbox.folders.iter().map(move |it| (mailbox, it)));
        match (self.folder, self.account) {
            (Some(folder), _) => shelves().find(|(_, shelf)| shelf.id == folder).map(|(_, it)| Some(it.name.clone())),
            (None, Some(account)) => mailboxes.iter().find(|it| it.id == account).map(|it| Some(it.name.clone())),
            (None, None) => Some(None),
        }
    }

    /// Nothing in particular is asked for.
    pub(super) fn is_everything(&self) -> bool {
        self.account.is_none() && self.folder.is_none() && self.view.is_none()
    }

    /// This view is asked for.
    pub(super) fn is_view(&self, view: &View) -> bool {
        self.view == Some(*view)
    }

    /// What to call a list that is no mailbox and no folder.
    pub(super) fn view_name(&self, say: Say) -> &'static str {
        self.view.map_or_else(|| say.all_mail(), |view| view.name(&say))
    }

    /// What an empty list says, and what would fill it.
    pub(super) fn nothing(&self, say: &Say) -> (&'static str, &'static str) {
        match self.view {
            None => (say.nothing_here(), say.nothing_here_why()),
            Some(View::Mine) => (say.nothing_mine(), say.nothing_mine_why()),
            Some(View::Unassigned) => (say.nothing_unassigned(), say.nothing_unassigned_why()),
            Some(View::Snoozed) => (say.nothing_snoozed(), say.nothing_snoozed_why()),
            Some(View::Closed) => (say.nothing_closed(), say.nothing_closed_why()),
        }
    }

    /// How conversations must stand to be on the list. What is out of sight is found by searching, and where it is asked
    /// for.
    fn standing(&self, user: UserKey, now: i64) -> Option<Standing> {
        let any = Standing { state: None, assignee: None, snoozed: Some(false), now };
        let open = Standing { state: Some(conversation::State::Open), ..any };
        match self.view {
            None if self.is_search() => None,
            None => Some(any),
            Some(View::Mine) => Some(Standing { assignee: Some(Some(user)), ..open }),
            Some(View::Unassigned) => Some(Standing { assignee: Some(None), ..open }),
            Some(View::Snoozed) => Some(Standing { snoozed: Some(true), ..any }),
            Some(View::Closed) => Some(Standing { state: Some(conversation::State::Closed), snoozed: None, ..any }),
        }
    }

    /// The list may show mail of this mailbox.
    pub(super) fn concerns(&self, mailbox: &Mailbox) -> bool {
        match (self.folder, self.account) {
            (Some(folder), _) => mailbox.folders.iter().any(|shelf| shelf.id == folder),
            (None, Some(account)) => mailbox.id == account,
            (None, None) => true,
        }
    }

    /// This whole mailbox is asked for.
    pub(super) fn is_account(&self, account: &AccountKey) -> bool {
        self.account == Some(*account)
    }

    /// This folder is asked for.
    pub(super) fn is_folder(&self, folder: &FolderKey) -> bool {
        self.folder == Some(*folder)
    }

    /// Something was typed to search for.
    pub(super) fn is_search(&self) -> bool {
        !self.q.trim().is_empty()
    }

    /// The reader asked for the pictures of this message.
    pub(super) fn shows_pictures(&self, message: &MessageKey) -> bool {
        self.pictures == Some(*message)
    }

    /// This conversation is being read.
    pub(super) fn is_open(&self, conversation: &ConversationKey) -> bool {
        self.open == Some(*conversation)
    }

    /// The address of a conversation, with this list beside it.
    pub(super) fn to(&self, conversation: &ConversationKey) -> String {
        format!("/mail/{conversation}{}", self.query(None))
    }

    /// The address of this list.
    pub(super) fn list_link(&self) -> String {
        format!("/mail{}", self.query(None))
    }

    /// Whether the addresses above end in a query already.
    pub(super) fn has_query(&self) -> bool {
        !self.query(None).is_empty()
    }

    fn query(&self, before: Option<MessageKey>) -> String {
        let pairs = [
            self.account.map(|key| format!("account={key}")),
            self.folder.map(|key| format!("folder={key}")),
            self.view.map(|view| format!("view={}", view.as_str())),
            (!self.q.is_empty()).then(|| format!("q={}", percent(&self.q))),
            before.map(|key| format!("before={key}")),
        ];
        let query: Vec<String> = pairs.into_iter().flatten().collect();
        if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) }
    }
}

/// One page of the list, and the address of the next.
pub(super) async fn lines(
    state: &AppState,
    visitor: &Visitor,
    viewer: &Viewer,
    wanted: &Wanted,
) -> Result<(Vec<Line>, Option<String>), Problem> {
    let habit = visitor.habit();
    let now = query::Now { at_ms: visitor.now, offset_seconds: habit.offset_seconds(visitor.now) };
    let asked = wanted.q.trim();
    let filter = Filter {
        account: wanted.account,
        folder: wanted.folder,
        standing: wanted.standing(viewer.user, visitor.now),
        query: (!asked.is_empty()).then(|| query::parse(asked, now)),
        ..Filter::default()
    };
    let (viewer, before) = (*viewer, wanted.before);
    let (now_ms, say) = (visitor.now, Say(visitor.language));
    let (found, present, more, names) = state
        .read(move |tx| {
            Box::pin(async move {
                let (found, more) = conversation::list(tx, &viewer, &filter, before, PAGE).await?;
                let keys: Vec<ConversationKey> = found.iter().map(|line| line.head.id).collect();
                let present = presence::others_at(tx, &viewer, &keys, now_ms).await?;
                let people = found.iter().filter_map(|line| line.head.assignee);
                let people = people.chain(present.iter().flatten().map(|it| it.user)).collect();
                let names = super::conversation::names(tx, &viewer, people).await?;
                Ok((found, present, more, names))
            })
        })
        .await?;
    let name = |key: &UserKey| names.get(key).cloned().unwrap_or_default();
    let lines = found.into_iter().zip(present).map(|(found, present)| {
        let assignee = found.head.assignee.map(|key| name(&key));
        let snoozed = found.head.snoozed_until_at.filter(|until| *until > now_ms).map(|until| habit.precise(until));
        let present = present.iter().map(|it| being(it, name(&it.user))).collect();
        Line { snoozed, present, ..line(found, assignee, say, &habit) }
    });
    Ok((lines.collect(), more.map(|before| format!("/mail{}", wanted.query(Some(before))))))
}

fn line(found: conversation::Line, assignee: Option<String>, say: Say, habit: &Habit) -> Line {
    let newest = found.newest;
    let who = match newest.outgoing {
        true => newest.people.to.first().map(|to| say.to(name_of(to))),
        false => newest.people.from.first().map(name_of),
    };
    let who = who.unwrap_or_else(|| say.nobody().to_owned());
    Line {
        conversation: found.head.id,
        who: if found.messages > 1 { format!("{who} ({})", habit.number(found.messages)) } else { who },
        subject: if newest.subject.is_empty() { say.no_subject().to_owned() } else { newest.subject },
        preview: newest.preview,
        at: habit.moment(newest.received_at),
        unread: found.unread > 0,
        flagged: newest.flagged,
        private: found.private,
        has_attachment: found.has_attachment,
        assignee: assignee.map(|name| Assignee { initials: initials(&name), name }),
        dossier: found.dossiers.into_iter().next().map(|(_, name)| name),
        closed: found.head.state == conversation::State::Closed,
        snoozed: None,
        present: Vec::new(),
    }
}

/// What to call somebody: their name, or their address when they gave none.
pub(super) fn name_of(address: &Address) -> String {
    address.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| address.address.clone())
}
