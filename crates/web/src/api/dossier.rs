//! Dossiers: business files that mail is put in. The whole organisation knows them; knowing one opens no mail.

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
use mail::{ContactKey, DossierKey};
use mailroom::people;
use serde::{Deserialize, Serialize};
use store::{
    dossier::{self, Dossier, DossierPatch, Filter, NewDossier},
    external::Order,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change)).routes(routes!(upsert))
}

/// A business file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dossier)]
struct DossierShown {
    #[schema(value_type = id::DossierId)]
    id: DossierKey,
    name: String,
    /// What kind of file: claim, project, vacancy, whatever the business has.
    kind: String,
    /// Whose mail belongs in it.
    #[schema(value_type = Vec<id::ContactId>)]
    contacts: Vec<ContactKey>,
    /// How the business software calls it.
    #[schema(required)]
    external: Option<ExternalForm>,
    created_at: Instant,
    updated_at: Instant,
}

/// A dossier to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DossierForm, example = json!({"name": "Verbouwing Dorpsstraat 3", "kind": "project", "contacts": [], "external": {"source": "erp", "id": "P-77"}}))]
struct DossierForm {
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 100)]
    kind: String,
    /// Whose mail belongs in it.
    #[serde(default)]
    #[schema(value_type = Vec<id::ContactId>, max_items = 1000)]
    contacts: Vec<ContactKey>,
    external: Option<ExternalForm>,
}

/// What changes about a dossier; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DossierChange {
    #[schema(min_length = 1, max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 100)]
    kind: Option<String>,
    /// Everyone whose mail belongs in it.
    #[schema(value_type = Option<Vec<id::ContactId>>, max_items = 1000)]
    contacts: Option<Vec<ContactKey>>,
    /// How the business software calls it; null: not any more.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<ExternalForm>)]
    external: Option<Option<ExternalForm>>,
}

/// What a dossier of the business software shall be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DossierUpsert {
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    #[schema(max_length = 100)]
    kind: Option<String>,
    /// Everyone whose mail belongs in it; left out, those of a known dossier stay.
    #[schema(value_type = Option<Vec<id::ContactId>>, max_items = 1000)]
    contacts: Option<Vec<ContactKey>>,
    /// May be named here too; it must be the one of the path.
    external: Option<ExternalForm>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only those of which a word of the name, the kind or the software's id begins with this.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Only those that this contact's mail belongs in.
    #[param(value_type = Option<id::ContactId>)]
    contact: Option<ContactKey>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// The dossiers.
#[utoipa::path(get, path = "/dossiers", tag = "dossiers", params(Wanted),
    responses((status = 200, description = "One page, oldest first.", body = Page<DossierShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<DossierShown>>, Problem> {
    let after = page::cursor::<DossierKey>(wanted.cursor.as_deref())?;
    let query = page::query(wanted.q.as_deref(), 500)?.map(str::to_owned);
    let organisation = caller.viewer.organisation;
    let found = state
        .read(move |tx| {
            Box::pin(async move {
                let filter = Filter { query: query.as_deref(), contact: wanted.contact };
                dossier::list(tx, organisation, filter, Order::Made, after, wanted.limit).await
            })
        })
        .await?;
    Ok(Json(Page::of(found, DossierShown::from)))
}

/// Makes a dossier and puts the mail of its contacts in it.
#[utoipa::path(post, path = "/dossiers", tag = "dossiers", params(KeyParam), request_body = DossierForm,
    responses((status = 201, description = "The dossier.", body = DossierShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: OnceKey,
    Given { value, digest }: Given<DossierForm>,
) -> Result<Response, Problem> {
    let DossierForm { name, kind, contacts, external } = value;
    let new = NewDossier { name, kind, contacts, external: external.map(ExternalForm::into) };
    let verb = people::dossier::create(&state.room, &caller.viewer, new);
    once::create::<_, DossierShown>(&state, &caller, key, digest, verb).await
}

/// One dossier.
#[utoipa::path(get, path = "/dossiers/{id}", tag = "dossiers", params(("id" = id::DossierId, Path)),
    responses((status = 200, description = "The dossier.", body = DossierShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<DossierKey>,
) -> Result<Json<DossierShown>, Problem> {
    let organisation = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { dossier::get(tx, organisation, key).await })).await?;
    Ok(Json(found.into()))
}

/// Changes a dossier. The mail of new contacts comes in, and mail that was here only by one that is gone leaves.
#[utoipa::path(patch, path = "/dossiers/{id}", tag = "dossiers", params(("id" = id::DossierId, Path)),
    request_body = DossierChange,
    responses(
        (status = 200, description = "The dossier as it is now.", body = DossierShown),
        (status = 409, description = "A contact is not there (any more), or another dossier has this id of the other software.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<DossierKey>,
    Given { value, .. }: Given<DossierChange>,
) -> Result<Json<DossierShown>, Problem> {
    let DossierChange { name, kind, contacts, external } = value;
    let external = external.map(|it| it.map(ExternalForm::into));
    let patch = DossierPatch { name, kind, contacts, external };
    Ok(Json(people::dossier::change(&state.room, &caller.viewer, key, patch).await?.into()))
}

/// Makes the dossier that the business software calls so, or changes it.
#[utoipa::path(put, path = "/dossiers/by-external/{source}/{id}", tag = "dossiers",
    params(
        ("source" = String, Path, description = "Which software.", min_length = 1, max_length = 100),
        ("id" = String, Path, description = "Its own id there.", min_length = 1, max_length = 200),
    ),
    request_body = DossierUpsert,
    responses(
        (status = 200, description = "It was known; this is what it is now.", body = DossierShown),
        (status = 201, description = "It is new.", body = DossierShown),
        (status = 409, description = "A contact is not there (any more).", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn upsert(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(source, id): NamedPair<String, String>,
    Given { value, .. }: Given<DossierUpsert>,
) -> Result<Response, Problem> {
    let external = named_alike(source, id, value.external.as_ref())?;
    let DossierUpsert { name, kind, contacts, .. } = value;
    let patch = DossierPatch { name: Some(name), kind, contacts, external: None };
    let (saved, is_new) = people::dossier::put(&state.room, &caller.viewer, external, patch).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(DossierShown::from(saved))).into_response())
}

impl From<Dossier> for DossierShown {
    fn from(dossier: Dossier) -> DossierShown {
        DossierShown {
            id: dossier.id,
            name: dossier.name,
            kind: dossier.kind,
            contacts: dossier.contacts,
            external: dossier.external.map(ExternalForm::from),
            created_at: Instant(dossier.created_at),
            updated_at: Instant(dossier.updated_at),
        }
    }
}
