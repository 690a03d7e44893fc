//! The list of conversations: what is wanted, and a line for each.

use super::{Say, mailbox::Mailbox};
use crate::{
    AppState,
    page::{
        habit::{Habit, Moment},
        route::percent,
        visitor::Visitor,
    },
    problem::Problem,
};
use mail::{AccountKey, Address, ConversationKey, FolderKey, MessageKey, query};
use serde::Deserialize;
use std::collections::HashSet;
use store::{
    Viewer,
    message::{Filter, Summary},
};

/// So many conversations make a page.
const PAGE: usize = 50;

/// Which conversations are wanted, as the address of the page says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    pub(super) account: Option<AccountKey>,
    pub(super) folder: Option<FolderKey>,
    #[serde(default)]
    pub(super) q: String,
    before: Option<MessageKey>,
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
    pub(super) attachments: i64,
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
        self.account.is_none() && self.folder.is_none()
    }

    /// This whole mailbox is asked for.
    pub(super) fn is_account(&self, account: &AccountKey) -> bool {
        self.account == Some(*account)
    }

    /// This folder is asked for.
    pub(super) fn is_folder(&self, folder: &FolderKey) -> bool {
        self.folder == Some(*folder)
    }

    /// The address of this list, with more asked for.
    pub(super) fn link(&self, before: Option<MessageKey>) -> String {
        let pairs = [
            self.account.map(|key| format!("account={key}")),
            self.folder.map(|key| format!("folder={key}")),
            (!self.q.is_empty()).then(|| format!("q={}", percent(&self.q))),
            before.map(|key| format!("before={key}")),
        ];
        let query: Vec<String> = pairs.into_iter().flatten().collect();
        if query.is_empty() { "/mail".to_owned() } else { format!("/mail?{}", query.join("&")) }
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
        query: (!asked.is_empty()).then(|| query::parse(asked, now)),
        ..Filter::default()
    };
    let (viewer, mut before) = (*viewer, wanted.before);
    let (summaries, more) = state
        .read(move |tx| {
            Box::pin(async move {
                let (mut known, mut found) = (HashSet::new(), Vec::new());
                loop {
                    let (page, next) = store::message::list(tx, &viewer, &filter, before, 2 * PAGE).await?;
                    for summary in page {
                        if found.len() == PAGE && !known.contains(&summary.conversation) {
                            return Ok((found, before));
                        }
                        before = Some(summary.id);
                        if known.insert(summary.conversation) {
                            found.push(summary);
                        }
                    }
                    if next.is_none() {
                        return Ok((found, None));
                    }
                }
            })
        })
        .await?;
    let say = Say(visitor.language);
    let lines = summaries.into_iter().map(|summary| line(summary, say, &habit)).collect();
    Ok((lines, more.map(|before| wanted.link(Some(before)))))
}

fn line(summary: Summary, say: Say, habit: &Habit) -> Line {
    let name = |address: &Address| address.name.clone().filter(|it| !it.is_empty()).unwrap_or(address.address.clone());
    let who = match summary.outgoing {
        true => summary.people.to.first().map(|to| say.to(name(to))),
        false => summary.people.from.first().map(name),
    };
    Line {
        conversation: summary.conversation,
        who: who.unwrap_or_else(|| say.nobody().to_owned()),
        subject: if summary.subject.is_empty() { say.no_subject().to_owned() } else { summary.subject },
        preview: summary.preview,
        at: habit.moment(summary.received_at),
        unread: !summary.seen,
        flagged: summary.flagged,
        private: summary.private,
        attachments: summary.attachments,
    }
}
