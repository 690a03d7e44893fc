//! The form of a dossier, to make one and to change one.

use super::{Say, one};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        linked, origin,
        visitor::{Person, Visitor},
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
use mail::{ContactKey, DossierKey};
use mailroom::{people, words::FieldError};
use serde::Deserialize;
use store::{
    contact,
    dossier::{Dossier, DossierPatch, NewDossier},
};

/// What stands in the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    kind: String,
    source: String,
    external_id: String,
    /// Who comes in at once; a new one only.
    contact: Option<ContactKey>,
    /// Where to go when it is done.
    back: String,
}

#[derive(Template)]
#[template(path = "dossiers/edit.html")]
struct Page {
    frame: Frame,
    say: Say,
    /// Which one, unless it is new.
    id: Option<DossierKey>,
    typed: Typed,
    /// The name of who comes in.
    with: Option<String>,
    errors: Errors,
    cancel: String,
}

impl Typed {
    fn of(dossier: Dossier) -> Typed {
        let (source, external_id) = dossier.external.map(|it| (it.source, it.id)).unwrap_or_default();
        Typed { name: dossier.name, kind: dossier.kind, source, external_id, ..Typed::default() }
    }
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: Option<DossierKey>,
    typed: Typed,
    errors: &[FieldError],
) -> Result<Page, Problem> {
    let with = match typed.contact {
        Some(key) => {
            let organisation = person.viewer.organisation;
            let read = state.read(move |tx| Box::pin(async move { contact::get(tx, organisation, key).await }));
            Some(read.await?.name)
        }
        None => None,
    };
    let cancel = match (typed.back.is_empty(), id, typed.contact) {
        (false, ..) => origin::onward(Some(&typed.back)).to_owned(),
        (true, Some(id), _) => format!("/dossiers/{id}"),
        (true, None, Some(contact)) => format!("/contacts/{contact}"),
        (true, None, None) => "/dossiers".to_owned(),
    };
    let (frame, say) = (Frame::new(visitor, Place::Dossiers), Say(visitor.language));
    Ok(Page { frame, say, id, typed, with, errors: Errors::new(errors, visitor.language), cancel })
}

pub(super) async fn new(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Query(typed): Query<Typed>,
) -> Shown {
    shown(&page(&state, &visitor, &person, None, typed, &[]).await?)
}

pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<DossierKey>,
) -> Shown {
    let typed = Typed::of(one::get(&state, &person, id).await?);
    shown(&page(&state, &visitor, &person, Some(id), typed, &[]).await?)
}

pub(super) async fn create(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Form(typed): Form<Typed>,
) -> Shown {
    let new = NewDossier {
        name: typed.name.clone(),
        kind: typed.kind.clone(),
        contacts: typed.contact.into_iter().collect(),
        external: linked::external(&typed.source, &typed.external_id),
    };
    match people::dossier::create(&state.room, &person.viewer, new).await {
        Ok(made) => Ok(linked::made(&format!("/dossiers/{}", made.id), &made.name, &typed.back)),
        Err(refusal) => {
            let page = page(&state, &visitor, &person, None, typed, &field_errors(refusal)?).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

pub(super) async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<DossierKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let patch = DossierPatch {
        name: Some(typed.name.clone()),
        kind: Some(typed.kind.clone()),
        external: Some(linked::external(&typed.source, &typed.external_id)),
        ..DossierPatch::default()
    };
    match people::dossier::change(&state.room, &person.viewer, id, patch).await {
        Ok(_) => Ok(Redirect::to(&format!("/dossiers/{id}?done=saved")).into_response()),
        Err(refusal) => {
            let errors = field_errors(refusal)?;
            one::get(&state, &person, id).await?;
            let page = page(&state, &visitor, &person, Some(id), typed, &errors).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
