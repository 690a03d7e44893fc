//! The tab Folders: what each folder is for (features M18), and the proof that nothing is missing.

use super::{After, Head, Tab, fields::Fields, managed, saved_at, sent::Sent, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::{Habit, Moment},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::extract::{Query, State};
use mail::{AccountKey, FolderKey, Role};
use mailroom::{accounts, words::field};
use store::folder::Folder;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/folders", Who::Everybody, show).post("/mailboxes/{id}/folders", Who::Everybody, save)
}

#[derive(Template)]
#[template(path = "mailboxes/folders.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    folders: Vec<FolderRow>,
    /// The server knows none.
    ours: bool,
}

/// One folder.
pub(super) struct FolderRow {
    pub(super) id: FolderKey,
    pub(super) name: String,
    /// Every role with its word, and whether it is the one; first the one that is found by itself.
    pub(super) roles: Vec<RoleChoice>,
    pub(super) messages: String,
    pub(super) on_server: Option<String>,
    /// How many we should hold and don't.
    pub(super) missing: Option<String>,
    pub(super) checked: Option<Moment>,
    /// Why it can't be opened.
    pub(super) parked: Option<String>,
    /// The inbox is what it is.
    pub(super) fixed: bool,
}

/// One role to choose.
pub(super) struct RoleChoice {
    pub(super) value: &'static str,
    pub(super) label: String,
    pub(super) chosen: bool,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let folders = roles_of(&state, &person, &visitor, key).await?;
    let head = Head::new(&account, Tab::Folders, &after, &visitor);
    let ours = account.settings.incoming.has_own_folders();
    shown(&Page { frame: Frame::new(&visitor, Place::Mailboxes), say: Say(visitor.language), head, folders, ours })
}

async fn save(Sent { state, person, account, fields, .. }: Sent) -> Shown {
    let id = account.id;
    accounts::choose_roles(&state.room, &person.viewer, id, typed(&fields)?).await?;
    Ok(saved_at(&format!("/mailboxes/{id}/folders")))
}

/// The roles that were chosen: `role.KEY`, empty for what is found by itself.
pub(super) fn typed(fields: &Fields) -> Result<Vec<(FolderKey, Option<Role>)>, Problem> {
    let wrong = |key: &str, (code, text): field::Why| Problem::invalid(format!("role.{key}"), code, text);
    let read = |(key, role): (&str, &str)| {
        let folder = key.parse().map_err(|_| wrong(key, field::UNKNOWN_FOLDER))?;
        let role = match role {
            "" => None,
            name => Some(Role::from_name(name).ok_or_else(|| wrong(key, field::UNKNOWN_ROLE))?),
        };
        Ok((folder, role))
    };
    fields.after("role.").map(read).collect()
}

/// The rows as they were chosen, for who has to mend something else.
pub(super) fn choose(folders: &mut [FolderRow], fields: &Fields) {
    for row in folders {
        let name = format!("role.{}", row.id);
        if fields.is_on(&name) {
            row.roles.iter_mut().for_each(|role| role.chosen = role.value == fields.of(&name));
        }
    }
}

/// The folders of the mailbox with what they are for.
pub(super) async fn roles_of(
    state: &AppState,
    person: &Person,
    visitor: &Visitor,
    key: AccountKey,
) -> Result<Vec<FolderRow>, Problem> {
    let folders = accounts::folders(&state.room, &person.viewer, key).await?;
    let habit = visitor.habit();
    let rows = folders.into_iter().filter(|folder| folder.selectable);
    Ok(rows.map(|folder| row(folder, Say(visitor.language), &habit)).collect())
}

fn row(folder: Folder, say: Say, habit: &Habit) -> FolderRow {
    let by_itself = match folder.declared_role {
        Role::None => mail::role::guess(&folder.name, None),
        declared => declared,
    };
    let by_itself = if folder.chosen_role.is_none() { folder.role } else { by_itself };
    let mut roles = vec![RoleChoice {
        value: "",
        label: say.by_itself(role_name(by_itself, say)),
        chosen: folder.chosen_role.is_none(),
    }];
    let all = [Role::Sent, Role::Drafts, Role::Junk, Role::Trash, Role::Archive, Role::None];
    roles.extend(all.into_iter().map(|role| RoleChoice {
        value: role.as_str(),
        label: role_name(role, say).to_owned(),
        chosen: folder.chosen_role == Some(role),
    }));
    FolderRow {
        id: folder.id,
        fixed: folder.role == Role::Inbox && folder.chosen_role.is_none(),
        name: folder.name,
        roles,
        messages: habit.number(folder.messages),
        on_server: folder.on_server.map(|count| habit.number(count)),
        missing: folder.missing.filter(|count| *count > 0).map(|count| habit.number(count)),
        checked: folder.checked_at.map(|moment| habit.moment(moment)),
        parked: folder.parked,
    }
}

fn role_name(role: Role, say: Say) -> &'static str {
    match role {
        Role::Inbox => say.role_inbox(),
        Role::Sent => say.role_sent(),
        Role::Drafts => say.role_drafts(),
        Role::Junk => say.role_junk(),
        Role::Trash => say.role_trash(),
        Role::Archive => say.role_archive(),
        Role::None => say.role_none(),
    }
}
