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
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::{AccountKey, GroupKey, UserKey};
use mailroom::people::group::{self as verb, GroupPatch};
use serde::{Deserialize, Serialize};
use store::group::{self, Group, Owned};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change, remove)).routes(routes!(removal))
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

/// What hangs on a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupRemoval)]
struct RemovalShown {
    /// The accounts that it owns.
    accounts: Vec<OwnedShown>,
    /// Open conversations that become nobody's, because who does them sees them by this group only.
    assigned: usize,
    /// Whether the group can be removed now: no account would be left without an owner who manages it.
    possible: bool,
}

/// An account that the group owns.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupAccount)]
struct OwnedShown {
    #[schema(value_type = id::AccountId)]
    id: AccountKey,
    address: String,
    /// What members may do with it by the group: `read`, `send`, `manage`.
    rights: Vec<&'static str>,
    /// Another owner who works here manages it. Without one the group can't be removed.
    managed_by_others: bool,
}

/// What hangs on a group, to be read before it is removed.
#[utoipa::path(get, path = "/groups/{id}/removal", tag = "people", params(("id" = id::GroupId, Path)),
    responses((status = 200, description = "The accounts it owns, and what becomes nobody's.", body = RemovalShown)))]
async fn removal(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<GroupKey>,
) -> Result<Json<RemovalShown>, Problem> {
    let hanging = verb::hanging(&state.room, &caller.viewer, key).await?;
    let shown = |owned: Owned| OwnedShown {
        id: owned.account,
        address: owned.address,
        rights: owned.rights.names(),
        managed_by_others: owned.managed_by_others,
    };
    let accounts: Vec<OwnedShown> = hanging.accounts.into_iter().map(shown).collect();
    let possible = accounts.iter().all(|owned| owned.managed_by_others);
    Ok(Json(RemovalShown { accounts, assigned: hanging.assigned.len(), possible }))
}

/// Removes a group. Its members lose what it gave them; mail, mailboxes and users stay.
#[utoipa::path(delete, path = "/groups/{id}", tag = "people", params(("id" = id::GroupId, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "An account would be left without an owner who manages it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<GroupKey>,
) -> Result<StatusCode, Problem> {
    verb::remove(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Group> for GroupShown {
    fn from(Group { id, name, members, created_at }: Group) -> GroupShown {
        GroupShown { id, name, members, created_at: Instant(created_at) }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_group_goes_when_every_mailbox_of_it_has_another_manager() {
        let trial = Trial::new().await;
        let (account, admin) = (trial.account("info@ons.example").await, &trial.ours.admin);
        let members = json!({"name": "Balie", "members": [trial.ours.user]});
        let group = trial.call("POST", "/api/v1/groups", admin, members).await.id();
        let owners = format!("/api/v1/accounts/{account}/owners");
        let all = json!(["read", "send", "manage"]);
        let alone = json!([{"group": group, "rights": all}]);
        assert_eq!(trial.call("PUT", &owners, admin, alone).await.status, StatusCode::OK);

        let path = format!("/api/v1/groups/{group}");
        let told = trial.get(&format!("{path}/removal"), admin).await.json();
        assert_eq!((&told["possible"], &told["assigned"]), (&json!(false), &json!(0)), "{told}");
        assert_eq!(told["accounts"][0]["rights"], all);
        let refused = trial.call("DELETE", &path, admin, Value::Null).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.json()["errors"][0]["code"], "group_manages_alone");

        let shared = json!([{"group": group, "rights": ["read"]}, {"user": trial.ours.user, "rights": all}]);
        assert_eq!(trial.call("PUT", &owners, admin, shared).await.status, StatusCode::OK);
        let told = trial.get(&format!("{path}/removal"), admin).await.json();
        assert_eq!(told["possible"], true, "{told}");
        let refused = trial.call("DELETE", &path, &trial.ours.write, Value::Null).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "it takes the scope admin");
        assert_eq!(trial.call("DELETE", &path, admin, Value::Null).await.status, StatusCode::NO_CONTENT);
        assert_eq!(trial.get(&path, admin).await.status, StatusCode::NOT_FOUND);
        let left = trial.get(&format!("/api/v1/accounts/{account}"), admin).await.json();
        assert_eq!(left["owners"].as_array().map(Vec::len), Some(1), "{left}");
    }
}
