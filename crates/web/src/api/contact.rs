//! Contacts: people and companies that mail is with. The whole organisation knows them; knowing one opens no mail.

use super::{
    form::{ExternalForm, named_alike},
    id,
    instant::Instant,
    page::{self, Page},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named, NamedPair, or_null},
    handler::routes,
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use mail::ContactKey;
use mailroom::people;
use serde::{Deserialize, Serialize};
use store::contact::{self, Contact, ContactPatch, NewContact, Order};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change)).routes(routes!(upsert))
}

/// A person or company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
struct ContactShown {
    #[schema(value_type = id::ContactId)]
    id: ContactKey,
    name: String,
    addresses: Vec<String>,
    /// What they are to the organisation: customer, supplier, whatever the business has.
    kind: String,
    /// Mail with this contact is private.
    hidden: bool,
    /// How the business software calls it.
    #[schema(required)]
    external: Option<ExternalForm>,
    created_at: Instant,
    updated_at: Instant,
}

/// A contact to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactForm, example = json!({"name": "Jan Jansen", "addresses": ["jan@voorbeeld.nl"], "external": {"source": "crm", "id": "1042"}}))]
struct ContactForm {
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    #[serde(default)]
    #[schema(max_items = 1000)]
    addresses: Vec<String>,
    /// What they are to the organisation.
    #[serde(default)]
    #[schema(max_length = 100)]
    kind: String,
    /// Mail with this contact is private; only an administrator decides that.
    #[serde(default)]
    hidden: bool,
    external: Option<ExternalForm>,
}

/// What changes about a contact; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactChange)]
struct ContactChange {
    #[schema(min_length = 1, max_length = 500)]
    name: Option<String>,
    /// All its addresses.
    #[schema(max_items = 1000)]
    addresses: Option<Vec<String>>,
    /// What they are to the organisation.
    #[schema(max_length = 100)]
    kind: Option<String>,
    /// Mail with this contact is private; only an administrator decides that.
    hidden: Option<bool>,
    /// How the business software calls it; null: not any more.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<ExternalForm>)]
    external: Option<Option<ExternalForm>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only those of whom a word of the name, an address or its domain begins with this.
    #[param(max_length = 500)]
    q: Option<String>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// The contacts.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(Wanted),
    responses((status = 200, description = "One page, oldest first.", body = Page<ContactShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<ContactShown>>, Problem> {
    let after = page::cursor::<ContactKey>(wanted.cursor.as_deref())?;
    let query = page::query(wanted.q.as_deref(), 500)?.map(str::to_owned);
    let organisation = caller.viewer.organisation;
    let found = state
        .read(move |tx| {
            Box::pin(async move {
                contact::list(tx, organisation, query.as_deref(), Order::Made, after, wanted.limit).await
            })
        })
        .await?;
    Ok(Json(Page::of(found, ContactShown::from)))
}

/// Makes a contact; mail that is there already is linked to it.
#[utoipa::path(post, path = "/contacts", tag = "contacts", params(KeyParam), request_body = ContactForm,
    responses((status = 201, description = "The contact.", body = ContactShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: OnceKey,
    Given { value, digest }: Given<ContactForm>,
) -> Result<Response, Problem> {
    let verb = people::contact::create(&state.room, &caller.viewer, value.into());
    once::create::<_, ContactShown>(&state, &caller, key, digest, verb).await
}

/// One contact.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = id::ContactId, Path)),
    responses((status = 200, description = "The contact.", body = ContactShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ContactKey>,
) -> Result<Json<ContactShown>, Problem> {
    let organisation = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { contact::get(tx, organisation, key).await })).await?;
    Ok(Json(found.into()))
}

/// Changes a contact. New addresses find their mail, and mail that was here only by one that is gone leaves.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = id::ContactId, Path)),
    request_body = ContactChange,
    responses(
        (status = 200, description = "The contact as it is now.", body = ContactShown),
        (status = 409, description = "Another contact has this id of the other software.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ContactKey>,
    Given { value, .. }: Given<ContactChange>,
) -> Result<Json<ContactShown>, Problem> {
    let ContactChange { name, addresses, kind, hidden, external } = value;
    let external = external.map(|it| it.map(ExternalForm::into));
    let patch = ContactPatch { name, addresses, kind, hidden, external };
    Ok(Json(people::contact::change(&state.room, &caller.viewer, key, patch).await?.into()))
}

/// What a contact of the business software shall be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactUpsert)]
struct ContactUpsert {
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    /// All its addresses; left out, those of a known contact stay.
    #[schema(max_items = 1000)]
    addresses: Option<Vec<String>>,
    /// What they are to the organisation.
    #[schema(max_length = 100)]
    kind: Option<String>,
    /// Mail with this contact is private; only an administrator decides that.
    hidden: Option<bool>,
    /// May be named here too; it must be the one of the path.
    external: Option<ExternalForm>,
}

/// Makes the contact that the business software calls so, or changes it.
#[utoipa::path(put, path = "/contacts/by-external/{source}/{id}", tag = "contacts",
    params(
        ("source" = String, Path, description = "Which software.", min_length = 1, max_length = 100),
        ("id" = String, Path, description = "Its own id there.", min_length = 1, max_length = 200),
    ),
    request_body = ContactUpsert,
    responses(
        (status = 200, description = "It was known; this is what it is now.", body = ContactShown),
        (status = 201, description = "It is new.", body = ContactShown),
        (status = 409, description = "It clashes with another.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn upsert(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(source, id): NamedPair<String, String>,
    Given { value, .. }: Given<ContactUpsert>,
) -> Result<Response, Problem> {
    let external = named_alike(source, id, value.external.as_ref())?;
    let ContactUpsert { name, addresses, kind, hidden, .. } = value;
    let patch = ContactPatch { name: Some(name), addresses, kind, hidden, external: None };
    let (saved, is_new) = people::contact::put(&state.room, &caller.viewer, external, patch).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ContactShown::from(saved))).into_response())
}

impl From<Contact> for ContactShown {
    fn from(contact: Contact) -> ContactShown {
        ContactShown {
            id: contact.id,
            name: contact.name,
            addresses: contact.addresses,
            kind: contact.kind,
            hidden: contact.hidden,
            external: contact.external.map(ExternalForm::from),
            created_at: Instant(contact.created_at),
            updated_at: Instant(contact.updated_at),
        }
    }
}

impl From<ContactForm> for NewContact {
    fn from(form: ContactForm) -> NewContact {
        let external = form.external.map(ExternalForm::into);
        let ContactForm { name, addresses, kind, hidden, .. } = form;
        NewContact { name, addresses, kind, hidden, external }
    }
}
