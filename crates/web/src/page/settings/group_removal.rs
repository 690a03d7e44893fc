//! Before a group goes: what hangs on it, and which mailbox needs another owner first.

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::Tab,
        visitor::{Person, Visitor},
        words::words,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::GroupKey;
use mailroom::people::{
    self,
    group::{hanging, remove},
};
use serde::Deserialize;
use store::{
    group::{self, Owned},
    owner::Rights,
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/groups/{id}/remove", Who::Administrators, ask).post(
        "/settings/groups/{id}/remove",
        Who::Administrators,
        take_away,
    )
}

words! {
    Say {
        title(name) "Groep {name} verwijderen?" "Remove the group {name}?";
        what_stays "De mail, de mailboxen en de mensen blijven. De leden verliezen wat ze door deze groep mochten." "The mail, the mailboxes and the people stay. The members lose what they could do by this group.";
        members(n) "Er is {n} lid.|Er zijn {n} leden." "There is {n} member.|There are {n} members.";
        no_mailboxes "Deze groep is van geen enkele mailbox eigenaar." "This group owns no mailbox.";
        mailboxes "Mailboxen van deze groep" "Mailboxes of this group";
        read "lezen" "read";
        send "verzenden" "send";
        manage "beheren" "manage";
        others "anderen beheren hem ook" "others manage it too";
        alone "niemand anders beheert deze mailbox" "nobody else manages this mailbox";
        owners "Andere eigenaar kiezen" "Choose another owner";
        assigned(n) "{n} open gesprek dat aan een lid is toegewezen wordt weer van niemand, omdat dat lid het niet meer ziet.|{n} open gesprekken die aan leden zijn toegewezen worden weer van niemand, omdat die leden ze niet meer zien." "{n} open conversation that is assigned to a member becomes nobody's again, because that member sees it no longer.|{n} open conversations that are assigned to members become nobody's again, because those members see them no longer.";
        first "Geef eerst elke mailbox die niemand anders beheert een andere eigenaar met het recht Beheren. Daarna kunt u de groep verwijderen." "First give each mailbox that nobody else manages another owner with the right to manage. Then you can remove the group.";
        yes "Groep verwijderen" "Remove the group";
        cancel "Toch niet" "Not after all";
    }
}

#[derive(Template)]
#[template(path = "settings/group_removal.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    errors: Errors,
    id: GroupKey,
    name: String,
    members: usize,
    accounts: Vec<Line>,
    assigned: usize,
    possible: bool,
    asks: bool,
}

struct Line {
    id: String,
    address: String,
    rights: String,
    managed_by_others: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    password: String,
}

async fn ask(State(state): State<AppState>, visitor: Visitor, person: Person, Named(key): Named<GroupKey>) -> Shown {
    shown(&page(&state, &visitor, &person, Errors::default(), key).await?)
}

async fn take_away(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<GroupKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let mut removed = people::be_sure(&state.room, &person.session, &typed.password).await;
    if removed.is_ok() {
        removed = remove(&state.room, &person.viewer, key).await;
    }
    match removed {
        Ok(()) => Ok(Redirect::to("/settings/groups?saved=1").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&state, &visitor, &person, errors, key).await?)
        }
    }
}

fn rights(say: Say, rights: Rights) -> String {
    let all = [(rights.read, say.read()), (rights.send, say.send()), (rights.manage, say.manage())];
    all.into_iter().filter(|(granted, _)| *granted).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    key: GroupKey,
) -> Result<Page, Problem> {
    let (say, organisation) = (Say(visitor.language), person.viewer.organisation);
    let group = state.read(move |tx| Box::pin(async move { group::get(tx, organisation, key).await })).await?;
    let hung = hanging(&state.room, &person.viewer, key).await?;
    let line = |owned: Owned| Line {
        id: owned.account.to_string(),
        address: owned.address,
        rights: rights(say, owned.rights),
        managed_by_others: owned.managed_by_others,
    };
    let accounts: Vec<Line> = hung.accounts.into_iter().map(line).collect();
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        say,
        tabs: bar(visitor, person, "/settings/groups"),
        errors,
        id: key,
        name: group.name,
        members: group.members.len(),
        possible: accounts.iter().all(|line| line.managed_by_others),
        accounts,
        assigned: hung.assigned.len(),
        asks: !people::is_sure(&state.room, &person.session),
    })
}
