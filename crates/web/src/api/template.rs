//! Templates: mail that is written once and sent often.

use super::{
    id,
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named},
    handler::routes,
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::Response,
};
use mail::TemplateKey;
use mailroom::people::template as verb;
use serde::{Deserialize, Serialize};
use store::template::{self, NewTemplate, Template};
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};

/// Both texts at their longest, however they are escaped.
const TEMPLATE_LIMIT_BYTES: usize = 4 << 20;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create).layer(DefaultBodyLimit::max(TEMPLATE_LIMIT_BYTES)))
        .routes(routes!(get, save, remove).layer(DefaultBodyLimit::max(TEMPLATE_LIMIT_BYTES)))
}

/// Texts with places to fill in: `{{name}}` becomes the value of that name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
struct TemplateShown {
    #[schema(value_type = id::TemplateId)]
    id: TemplateKey,
    /// By which programs choose it.
    name: String,
    subject: String,
    #[schema(required)]
    html: Option<String>,
    #[schema(required)]
    text: Option<String>,
}

/// A template to be made or saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateForm, example = json!({"name": "offerte", "subject": "Uw offerte {{number}}", "text": "Beste {{name}},"}))]
struct TemplateForm {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 1, max_length = 2000)]
    subject: String,
    #[schema(max_length = 100000)]
    html: Option<String>,
    #[schema(max_length = 100000)]
    text: Option<String>,
}

/// The templates.
#[utoipa::path(get, path = "/templates", tag = "templates", params(Turn),
    responses((status = 200, description = "One page, oldest first.", body = Page<TemplateShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<TemplateShown>>, Problem> {
    let after = page::cursor::<TemplateKey>(turn.cursor.as_deref())?;
    let organisation = caller.viewer.organisation;
    let found = state
        .read(move |tx| Box::pin(async move { template::list(tx, organisation, after, turn.limit).await }))
        .await?;
    Ok(Json(Page::of(found, TemplateShown::from)))
}

/// Makes a template.
#[utoipa::path(post, path = "/templates", tag = "templates", params(KeyParam), request_body = TemplateForm,
    responses((status = 201, description = "The template.", body = TemplateShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: OnceKey,
    Given { value, digest }: Given<TemplateForm>,
) -> Result<Response, Problem> {
    let made = verb::create(&state.room, &caller.viewer, value.into());
    once::create::<_, TemplateShown>(&state, &caller, key, digest, made).await
}

/// One template.
#[utoipa::path(get, path = "/templates/{id}", tag = "templates", params(("id" = id::TemplateId, Path)),
    responses((status = 200, description = "The template.", body = TemplateShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<TemplateKey>,
) -> Result<Json<TemplateShown>, Problem> {
    let organisation = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { template::get(tx, organisation, key).await })).await?;
    Ok(Json(found.into()))
}

/// Saves a template.
#[utoipa::path(put, path = "/templates/{id}", tag = "templates", params(("id" = id::TemplateId, Path)),
    request_body = TemplateForm,
    responses(
        (status = 200, description = "The template as it is now.", body = TemplateShown),
        (status = 409, description = "Another has this name.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn save(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<TemplateKey>,
    Given { value, .. }: Given<TemplateForm>,
) -> Result<Json<TemplateShown>, Problem> {
    Ok(Json(verb::save(&state.room, &caller.viewer, key, value.into()).await?.into()))
}

/// Removes a template; what was sent with it stays as it was sent.
#[utoipa::path(delete, path = "/templates/{id}", tag = "templates", params(("id" = id::TemplateId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<TemplateKey>,
) -> Result<StatusCode, Problem> {
    verb::remove(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TemplateForm> for NewTemplate {
    fn from(TemplateForm { name, subject, html, text }: TemplateForm) -> NewTemplate {
        NewTemplate { name, subject, html, text }
    }
}

impl From<Template> for TemplateShown {
    fn from(Template { id, name, subject, html, text, .. }: Template) -> TemplateShown {
        TemplateShown { id, name, subject, html, text }
    }
}
