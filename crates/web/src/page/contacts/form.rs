//! The form of a contact, to make one and to change one.

use super::{Say, one};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        linked, origin,
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::ContactKey;
use mailroom::people;
use serde::Deserialize;
use store::{
    UserRole,
    contact::{Contact, ContactPatch, NewContact},
};

/// What stands in the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    kind: String,
    /// One a line.
    addresses: String,
    /// Ticked.
    hidden: Option<String>,
    /// The box was there to be ticked.
    hidden_asked: Option<String>,
    source: String,
    external_id: String,
    /// Where to go when it is done.
    back: String,
}

#[derive(Template)]
#[template(path = "contacts/edit.html")]
struct Page {
    frame: Frame,
    say: Say,
    /// Which one, unless it is new.
    id: Option<ContactKey>,
    typed: Typed,
    errors: Errors,
    /// Lines that are no addresses, each with why.
    wrong: Vec<String>,
    may_hide: bool,
    cancel: String,
}

impl Typed {
    fn of(contact: Contact) -> Typed {
        let (source, external_id) = contact.external.map(|it| (it.source, it.id)).unwrap_or_default();
        Typed {
            name: contact.name,
            kind: contact.kind,
            addresses: contact.addresses.join("\n"),
            hidden: contact.hidden.then(String::new),
            source,
            external_id,
            ..Typed::default()
        }
    }

    fn addresses(&self) -> Vec<String> {
        let pieces = self.addresses.split(['\n', ',', ';']).map(str::trim);
        pieces.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    }

    fn hidden(&self) -> Option<bool> {
        self.hidden_asked.as_ref().map(|_| self.hidden.is_some())
    }
}

fn page(visitor: &Visitor, person: &Person, id: Option<ContactKey>, typed: Typed, errors: Errors) -> Page {
    let cancel = match (typed.back.is_empty(), id) {
        (false, _) => origin::onward(Some(&typed.back)).to_owned(),
        (true, Some(id)) => format!("/contacts/{id}"),
        (true, None) => "/contacts".to_owned(),
    };
    Page {
        frame: Frame::new(visitor, Place::Contacts),
        say: Say(visitor.language),
        id,
        wrong: errors.of_lines("addresses", &typed.addresses()),
        typed,
        errors,
        may_hide: person.viewer.role == UserRole::Administrator,
        cancel,
    }
}

pub(super) async fn new(visitor: Visitor, person: Person, Query(typed): Query<Typed>) -> Shown {
    shown(&page(&visitor, &person, None, typed, Errors::default()))
}

pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ContactKey>,
) -> Shown {
    let contact = one::get(&state, &person, id).await?;
    shown(&page(&visitor, &person, Some(id), Typed::of(contact), Errors::default()))
}

pub(super) async fn create(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Form(typed): Form<Typed>,
) -> Shown {
    let new = NewContact {
        name: typed.name.clone(),
        kind: typed.kind.clone(),
        addresses: typed.addresses(),
        hidden: typed.hidden().unwrap_or(false),
        external: linked::external(&typed.source, &typed.external_id),
    };
    match people::contact::create(&state.room, &person.viewer, new).await {
        Ok(made) => Ok(linked::made(&format!("/contacts/{}", made.id), &made.name, &typed.back)),
        Err(refusal) => {
            let errors = Errors::new(&field_errors(refusal)?, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, &person, None, typed, errors))
        }
    }
}

pub(super) async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ContactKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let patch = ContactPatch {
        name: Some(typed.name.clone()),
        kind: Some(typed.kind.clone()),
        addresses: Some(typed.addresses()),
        hidden: typed.hidden(),
        external: Some(linked::external(&typed.source, &typed.external_id)),
    };
    match people::contact::change(&state.room, &person.viewer, id, patch).await {
        Ok(_) => Ok(Redirect::to(&format!("/contacts/{id}?done=saved")).into_response()),
        Err(refusal) => {
            let errors = Errors::new(&field_errors(refusal)?, visitor.language);
            one::get(&state, &person, id).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, &person, Some(id), typed, errors))
        }
    }
}
