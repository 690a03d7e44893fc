//! The tab Groups (*werkgroepen*): who shares mailboxes with whom (features U1).

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
        words::words,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::{GroupKey, UserKey};
use mailroom::{
    people::{
        self,
        group::{GroupPatch, change, create},
    },
    words::{Refusal, field},
};
use store::{
    group::{self, Group},
    user::{self, User},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/settings/groups", Who::Administrators, list)
        .post("/settings/groups", Who::Administrators, make)
        .get("/settings/groups/new", Who::Administrators, ask)
        .get("/settings/groups/{id}", Who::Administrators, show)
        .post("/settings/groups/{id}", Who::Administrators, save)
}

words! {
    Say {
        title "Groepen" "Groups";
        none "Nog geen groepen" "No groups yet";
        none_why "Een groep is eigenaar van mailboxen: wie erbij hoort, leest en schrijft mee. Zo hoeft u niet iedereen bij elke mailbox te zetten." "A group owns mailboxes: who is in it reads and writes along. So you need not add everybody to every mailbox.";
        new_group "Groep toevoegen" "Add a group";
        name "Naam van de groep" "Name of the group";
        members "Leden" "Members";
        members_why "Leden krijgen de rechten die de groep op mailboxen heeft." "Members get the rights that the group has on mailboxes.";
        count(n) "{n} lid|{n} leden" "{n} member|{n} members";
        inactive "uitgeschakeld" "switched off";
        add "Toevoegen" "Add";
        save "Bewaren" "Save";
        saved "Bewaard." "Saved.";
        back "Alle groepen" "All groups";
        remove "Groep verwijderen" "Remove the group";
        removed "De groep is verwijderd. De mail en de mailboxen zijn gebleven." "The group was removed. The mail and the mailboxes stayed.";
    }
}

#[derive(Template)]
#[template(path = "settings/groups.html")]
struct List {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    removed: bool,
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    count: String,
    names: String,
}

#[derive(Template)]
#[template(path = "settings/group.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    /// Where the form goes: an empty key makes a new group.
    id: Option<String>,
    name: String,
    people: Vec<Colleague>,
    asks: bool,
}

struct Colleague {
    id: String,
    name: String,
    email: String,
    active: bool,
    is_member: bool,
}

/// The form: a name, and a field `members` for each who was ticked.
type Fields = Vec<(String, String)>;

struct Typed {
    name: String,
    members: Vec<UserKey>,
    password: String,
}

fn read(fields: &Fields) -> Result<Typed, Refusal> {
    let of =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let ticked = fields.iter().filter(|(key, _)| key == "members").map(|(_, value)| value.parse());
    let members = ticked.collect::<Result<_, _>>().map_err(|_| Refusal::field("members", field::UNKNOWN_USER))?;
    Ok(Typed { name: of("name"), members, password: of("password") })
}

async fn users(state: &AppState, person: &Person) -> Result<Vec<User>, Problem> {
    let organisation = person.viewer.organisation;
    let read = state.read(move |tx| Box::pin(async move { user::list(tx, organisation, None, super::MANY).await }));
    let mut users = read.await?.0;
    users.sort_by_key(|user| (!user.active, user.called().to_lowercase()));
    Ok(users)
}

async fn list(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let (say, organisation) = (Say(visitor.language), person.viewer.organisation);
    let read = state.read(move |tx| Box::pin(async move { group::list(tx, organisation, None, super::MANY).await }));
    let (groups, users) = (read.await?.0, users(&state, &person).await?);
    let names = |group: &Group| {
        let members = users.iter().filter(|user| group.members.contains(&user.id));
        members.map(User::called).collect::<Vec<_>>().join(", ")
    };
    let line = |group: Group| Line {
        id: group.id.to_string(),
        count: say.count(group.members.len()),
        names: names(&group),
        name: group.name,
    };
    let lines = groups.into_iter().map(line).collect();
    let (frame, tabs) = (Frame::new(&visitor, Place::Settings), bar(&visitor, &person, "/settings/groups"));
    shown(&List { frame, say, tabs, removed: after.is_saved(), lines })
}

async fn ask(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let named = (None, String::new(), Vec::new());
    shown(&page(&state, &visitor, &person, Errors::default(), named, false).await?)
}

async fn load(state: &AppState, person: &Person, key: GroupKey) -> Result<Group, Problem> {
    let organisation = person.viewer.organisation;
    state.read(move |tx| Box::pin(async move { group::get(tx, organisation, key).await })).await
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<GroupKey>,
    Query(after): Query<After>,
) -> Shown {
    let found = load(&state, &person, key).await?;
    let named = (Some(key), found.name, found.members);
    shown(&page(&state, &visitor, &person, Errors::default(), named, after.is_saved()).await?)
}

async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, Form(fields): Form<Fields>) -> Shown {
    let typed = read(&fields)?;
    let made = match people::be_sure(&state.room, &person.session, &typed.password).await {
        Ok(()) => create(&state.room, &person.viewer, &typed.name, typed.members.clone()).await,
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(made) => Ok(Redirect::to(&format!("/settings/groups/{}?saved=1", made.id)).into_response()),
        Err(refusal) => again(&state, &visitor, &person, refusal, None, typed).await,
    }
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<GroupKey>,
    Form(fields): Form<Fields>,
) -> Shown {
    load(&state, &person, key).await?;
    let typed = read(&fields)?;
    let patch = GroupPatch { name: Some(typed.name.clone()), members: Some(typed.members.clone()) };
    let saved = match people::be_sure(&state.room, &person.session, &typed.password).await {
        Ok(()) => change(&state.room, &person.viewer, key, patch).await,
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(_) => Ok(Redirect::to(&format!("/settings/groups/{key}?saved=1")).into_response()),
        Err(refusal) => again(&state, &visitor, &person, refusal, Some(key), typed).await,
    }
}

async fn again(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    refusal: Refusal,
    key: Option<GroupKey>,
    typed: Typed,
) -> Shown {
    let errors = Errors::told(refusal, visitor.language)?;
    let page = page(state, visitor, person, errors, (key, typed.name, typed.members), false).await?;
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    (key, name, members): (Option<GroupKey>, String, Vec<UserKey>),
    saved: bool,
) -> Result<Page, Problem> {
    let colleague = |user: User| Colleague {
        id: user.id.to_string(),
        name: user.called().to_owned(),
        active: user.active,
        is_member: members.contains(&user.id),
        email: user.email,
    };
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(visitor, person, "/settings/groups"),
        saved,
        errors,
        id: key.map(|key| key.to_string()),
        name,
        people: users(state, person).await?.into_iter().map(colleague).collect(),
        asks: !people::is_sure(&state.room, &person.session),
    })
}
