//! The tab Owners: who reads the mailbox, who sends as it, who manages it (features M16).

use super::{After, Head, Tab, fields::Fields, managed, saved_at, sent::Sent, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor, initials},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use mail::AccountKey;
use mailroom::accounts::{self, OwnerInput};
use std::collections::BTreeMap;
use store::{
    UserRole,
    account::Account,
    group,
    owner::{self, Owner, Party, Rights},
    user,
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/owners", Who::Everybody, show).post("/mailboxes/{id}/owners", Who::Everybody, save)
}

#[derive(Template)]
#[template(path = "mailboxes/owners.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    errors: Errors,
    owners: Vec<OwnerRow>,
}

/// Somebody who owns the mailbox or could.
pub(super) struct OwnerRow {
    /// The key of the user or group.
    pub(super) id: String,
    pub(super) name: String,
    /// The address of a user, the size of a group.
    pub(super) detail: String,
    pub(super) initials: String,
    pub(super) read: bool,
    pub(super) send: bool,
    pub(super) manage: bool,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let owners = owners_of(&state, &person, &account).await?;
    let head = Head::new(&account, Tab::Owners, &after, &visitor);
    let frame = Frame::new(&visitor, Place::Mailboxes);
    shown(&Page { frame, say: Say(visitor.language), head, errors: Errors::default(), owners })
}

async fn save(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let typed = typed(&fields);
    match accounts::set_owners(&state.room, &person.viewer, id, &typed).await {
        Ok(_) => Ok(saved_at(&format!("/mailboxes/{id}/owners"))),
        Err(refusal) => {
            let errors = Errors::new(&field_errors(refusal)?, visitor.language);
            let mut owners = owners_of(&state, &person, &account).await?;
            tick(&mut owners, &fields);
            let head = Head::new(&account, Tab::Owners, &After::default(), &visitor);
            let frame = Frame::new(&visitor, Place::Mailboxes);
            let page = Page { frame, say: Say(visitor.language), head, errors, owners };
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// The rows as they were ticked, for who has to mend something else.
pub(super) fn tick(owners: &mut [OwnerRow], fields: &Fields) {
    for row in owners {
        let has = |right: &str| fields.is_on(&format!("{right}.{}", row.id));
        (row.read, row.send, row.manage) = (has("read"), has("send"), has("manage"));
    }
}

/// The owners that were ticked: `read.KEY`, `send.KEY`, `manage.KEY`.
pub(super) fn typed(fields: &Fields) -> Vec<OwnerInput> {
    let mut rights: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for right in ["read.", "send.", "manage."] {
        for (key, _) in fields.after(right) {
            rights.entry(key).or_default().push(right.trim_end_matches('.').to_owned());
        }
    }
    let owner = |(key, rights): (&str, Vec<String>)| match key.starts_with("grp_") {
        true => OwnerInput { user: None, group: Some(key.to_owned()), rights },
        false => OwnerInput { user: Some(key.to_owned()), group: None, rights },
    };
    rights.into_iter().map(owner).collect()
}

/// Everybody who owns the mailbox or could. Whole groups are for those who keep mailboxes for all.
pub(super) async fn owners_of(state: &AppState, person: &Person, account: &Account) -> Result<Vec<OwnerRow>, Problem> {
    const MANY: usize = 1000;
    let (organisation, key) = (account.organisation, account.id);
    let (owners, users, groups) = state
        .read(move |tx| {
            Box::pin(async move {
                let owners = owner::list(tx, organisation, key).await?;
                let users = user::list(tx, organisation, None, MANY).await?.0;
                Ok((owners, users, group::list(tx, organisation, None, MANY).await?.0))
            })
        })
        .await?;
    let rights = |party: Party| {
        let found = owners.iter().find(|Owner { party: one, .. }| *one == party);
        found.map(|owner| owner.rights)
    };
    let row = |id: String, name: String, detail: String, rights: Rights| OwnerRow {
        initials: initials(&name),
        id,
        name,
        detail,
        read: rights.read,
        send: rights.send,
        manage: rights.manage,
    };
    let is_member = person.viewer.role == UserRole::Member;
    let mut rows = Vec::new();
    for group in groups {
        let owned = rights(Party::Group(group.id));
        if !is_member || owned.is_some() {
            let detail = Say(person.language).members(group.members.len());
            rows.push(row(group.id.to_string(), group.name, detail, owned.unwrap_or_default()));
        }
    }
    for user in users.into_iter().filter(|user| user.active) {
        let owned = rights(Party::User(user.id)).unwrap_or_default();
        let name = user.called().to_owned();
        rows.push(row(user.id.to_string(), name, user.email, owned));
    }
    // Who has rights comes first.
    rows.sort_by_key(|row| !(row.read || row.send || row.manage));
    Ok(rows)
}
