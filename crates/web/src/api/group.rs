//! Groups: people who share accounts (*werkgroepen*).

use super::{
    id,
    instant::Instant,
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::{Asked, Given, Named},
    handler::routes,
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, response::Response};
use mail::{GroupKey, UserKey};
use mailroom::people::group::{self as verb, GroupPatch};
use serde::{Deserialize, Serialize};
use store::group::{self, Group};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change))
}

/// People who share accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupShown {
    #[schema(value_type = id::GroupId)]
    id: GroupKey,
    name: String,
    #[schema(value_type = Vec<id::UserId>)]
    members: Vec<UserKey>,
    created_at: Instant,
}

/// A group to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupForm {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    #[schema(value_type = Vec<id::UserId>, max_items = 10000)]
    members: Vec<UserKey>,
}

/// What changes about a group; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Everyone who is in it.
    #[schema(value_type = Option<Vec<id::UserId>>, max_items = 10000)]
    members: Option<Vec<UserKey>>,
}

/// The groups.
#[utoipa::path(get, path = "/groups", tag = "people", params(Turn),
    responses((status = 200, description = "One page, oldest first.", body = Page<GroupShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<GroupShown>>, Problem> {
    let after = page::cursor::<GroupKey>(turn.cursor.as_deref())?;
    let organisation = caller.viewer.organisation;
    let found =
        state.read(move |tx| Box::pin(async move { group::list(tx, organisation, after, turn.limit).await })).await?;
    Ok(Json(Page::of(found, GroupShown::from)))
}

/// Makes a group.
#[utoipa::path(post, path = "/groups", tag = "people", params(KeyParam), request_body = GroupForm,
    responses((status = 201, description = "The group.", body = GroupShown)))]
async fn create(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    key: OnceKey,
    Given { value, digest }: Given<GroupForm>,
) -> Result<Response, Problem> {
    let made = verb::create(&state.room, &caller.viewer, &value.name, value.members);
    once::create::<_, GroupShown>(&state, &caller, key, digest, made).await
}

/// One group.
#[utoipa::path(get, path = "/groups/{id}", tag = "people", params(("id" = id::GroupId, Path)),
    responses((status = 200, description = "The group.", body = GroupShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<GroupKey>,
) -> Result<Json<GroupShown>, Problem> {
    let organisation = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { group::get(tx, organisation, key).await })).await?;
    Ok(Json(found.into()))
}

/// Changes a group.
#[utoipa::path(patch, path = "/groups/{id}", tag = "people", params(("id" = id::GroupId, Path)),
    request_body = GroupChange,
    responses(
        (status = 200, description = "The group as it is now.", body = GroupShown),
        (status = 409, description = "Another has this name, or a member is no user here.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<GroupKey>,
    Given { value, .. }: Given<GroupChange>,
) -> Result<Json<GroupShown>, Problem> {
    let GroupChange { name, members } = value;
    let patch = GroupPatch { name, members };
    Ok(Json(verb::change(&state.room, &caller.viewer, key, patch).await?.into()))
}

impl From<Group> for GroupShown {
    fn from(Group { id, name, members, created_at }: Group) -> GroupShown {
        GroupShown { id, name, members, created_at: Instant(created_at) }
    }
}
