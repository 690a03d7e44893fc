//! Who the caller is, and what they choose for themselves.

use super::{
    id,
    token::ScopeName,
    user::{LanguageName, UserShown},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Given, or_null},
    handler::routes,
    problem::Problem,
};
use axum::{Json, extract::State};
use mail::{AccountKey, OrganisationKey, TokenKey};
use mailroom::people;
use serde::{Deserialize, Serialize};
use store::{
    token::Scope,
    user::{self, UserPatch},
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, change))
}

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    user: UserShown,
    organisation: OrganisationShown,
    token: TokenUsed,
}

/// Where the caller works.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
struct OrganisationShown {
    #[schema(value_type = id::OrganisationId)]
    id: OrganisationKey,
    name: String,
}

/// The token that the request came with.
#[derive(Debug, Serialize, ToSchema)]
struct TokenUsed {
    #[schema(value_type = id::TokenId)]
    id: TokenKey,
    #[schema(value_type = ScopeName)]
    scope: Scope,
}

/// What a user chooses for themselves; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MyChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    language: Option<LanguageName>,
    /// The account to write from unless another is chosen.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<id::AccountId>)]
    default_account: Option<Option<AccountKey>>,
    /// Mail that comes in for me is private.
    private_incoming: Option<bool>,
    /// Mail that I send is private.
    private_outgoing: Option<bool>,
}

/// Who the caller is.
#[utoipa::path(get, path = "/me", tag = "people", responses((status = 200, description = "The caller.", body = Me)))]
async fn get(State(state): State<AppState>, caller: Caller) -> Result<Json<Me>, Problem> {
    let viewer = caller.viewer;
    let (user, organisation) = state
        .read(move |tx| {
            Box::pin(async move {
                let organisation = store::organisation::get(tx, viewer.organisation).await?;
                Ok((user::get(tx, viewer.organisation, viewer.user).await?, organisation))
            })
        })
        .await?;
    Ok(Json(Me {
        user: user.into(),
        organisation: OrganisationShown { id: organisation.id, name: organisation.name },
        token: TokenUsed { id: caller.token, scope: caller.scope },
    }))
}

/// Changes what the caller chooses for themselves.
#[utoipa::path(patch, path = "/me", tag = "people", request_body = MyChange,
    responses((status = 200, description = "The user as they are now.", body = UserShown)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<MyChange>,
) -> Result<Json<UserShown>, Problem> {
    let MyChange { name, language, default_account, private_incoming, private_outgoing } = value;
    let language = language.map(LanguageName::text);
    let patch =
        UserPatch { name, language, default_account, private_incoming, private_outgoing, ..UserPatch::default() };
    Ok(Json(people::user::change(&state.room, &caller.viewer, caller.viewer.user, patch).await?.into()))
}
