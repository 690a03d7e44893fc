//! The mailboxes of a person, with their folders and how they do.

use super::Say;
use crate::{AppState, page::habit::Habit, problem::Problem};
use mail::{AccountKey, FolderKey, Role};
use store::{
    Viewer,
    account::{self, Account, Colour},
    folder::{self, Folder},
};

/// One mailbox, as the list at the left shows it.
pub(super) struct Mailbox {
    pub(super) id: AccountKey,
    pub(super) name: String,
    /// The class of the dot.
    pub(super) colour: &'static str,
    /// The same in words, for who does not see colours.
    pub(super) health: &'static str,
    pub(super) folders: Vec<Shelf>,
}

/// One folder.
pub(super) struct Shelf {
    pub(super) id: FolderKey,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) is_inbox: bool,
    /// As the reader writes numbers; nothing when everything is read.
    pub(super) unread: Option<String>,
}

/// The mailboxes that the person may read, each with its folders.
pub(super) async fn all(state: &AppState, viewer: &Viewer, say: Say, habit: &Habit) -> Result<Vec<Mailbox>, Problem> {
    const MANY: usize = 500;
    let viewer = *viewer;
    let found = state
        .read(move |tx| {
            Box::pin(async move {
                let readable = viewer.rights(tx).await?.read;
                let mut found = Vec::new();
                for account in account::list(tx, &viewer, None, MANY).await?.0 {
                    if readable.contains(&account.id) {
                        let folders = folder::list(tx, viewer.organisation, account.id).await?;
                        found.push((account, folders));
                    }
                }
                Ok(found)
            })
        })
        .await?;
    Ok(found.into_iter().map(|(account, folders)| mailbox(account, folders, say, habit)).collect())
}

fn mailbox(account: Account, folders: Vec<Folder>, say: Say, habit: &Habit) -> Mailbox {
    let health = match account.health.colour {
        Colour::Green => say.health_green(),
        Colour::Amber => say.health_amber(),
        Colour::Red => say.health_red(),
    };
    let mut folders: Vec<Shelf> = folders
        .into_iter()
        .filter(|folder| folder.selectable)
        .map(|folder| Shelf {
            name: folder_name(folder.role, &folder.name, say),
            id: folder.id,
            role: folder.role,
            is_inbox: folder.role == Role::Inbox,
            unread: (folder.unread > 0).then(|| habit.number(folder.unread)),
        })
        .collect();
    folders.sort_by_key(|folder| order(folder.role));
    let name = account.settings.called().to_owned();
    Mailbox { id: account.id, name, colour: account.health.colour.as_str(), health, folders }
}

/// The folders that everybody has go by one name, whatever the server calls them.
pub(super) fn folder_name(role: Role, name: &str, say: Say) -> String {
    match role {
        Role::Inbox => say.inbox().to_owned(),
        Role::Sent => say.sent().to_owned(),
        Role::Drafts => say.drafts().to_owned(),
        Role::Junk => say.junk().to_owned(),
        Role::Trash => say.trash().to_owned(),
        Role::Archive => say.archive().to_owned(),
        Role::None => name.to_owned(),
    }
}

fn order(role: Role) -> usize {
    [Role::Inbox, Role::Drafts, Role::Sent, Role::Archive, Role::None, Role::Junk, Role::Trash]
        .iter()
        .position(|ranked| *ranked == role)
        .unwrap_or(usize::MAX)
}
