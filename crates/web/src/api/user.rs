//! Users: the people who sign in. Everybody may know who their colleagues are; an administrator makes and changes them.

use super::{
    form::Checks,
    id,
    instant::Instant,
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::{Asked, Given, Named},
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::{AccountKey, UserKey};
use serde::{Deserialize, Serialize};
use store::{
    UserRole,
    user::{self, NewUser, User, UserPatch},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change))
}

/// A person who signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserShown {
    #[schema(value_type = id::UserId)]
    pub(super) id: UserKey,
    /// The address by which they sign in.
    email: String,
    name: String,
    #[schema(value_type = UserRoleName)]
    role: UserRole,
    /// nl or en.
    #[schema(example = "nl")]
    language: String,
    /// May sign in.
    active: bool,
    /// The account that they write from unless they choose another.
    #[schema(value_type = Option<id::AccountId>, required)]
    default_account: Option<AccountKey>,
    /// Mail that comes in for them is private.
    private_incoming: bool,
    /// Mail that they send is private.
    private_outgoing: bool,
    created_at: Instant,
}

/// What a user may do with the installation; says nothing of anybody's mail.
#[derive(ToSchema)]
#[schema(as = UserRole, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
enum UserRoleName {
    Administrator,
    MailboxManager,
    Member,
}

/// The language in which a user is spoken to.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Language)]
pub(super) enum LanguageName {
    #[default]
    Nl,
    En,
}

/// A user to be made. They set their password by a link that they ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserForm {
    #[schema(max_length = 320)]
    email: String,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(value_type = UserRoleName)]
    role: UserRole,
    #[serde(default)]
    #[schema(inline)]
    language: Option<LanguageName>,
}

/// What changes about a user; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(value_type = Option<UserRoleName>)]
    role: Option<UserRole>,
    language: Option<LanguageName>,
    /// May sign in. Their tokens stop working at once when not.
    active: Option<bool>,
}

/// The users.
#[utoipa::path(get, path = "/users", tag = "people", params(Turn),
    responses((status = 200, description = "One page, oldest first.", body = Page<UserShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<UserShown>>, Problem> {
    let after = page::cursor::<UserKey>(turn.cursor.as_deref())?;
    let organisation = caller.viewer.organisation;
    let found =
        state.read(move |tx| Box::pin(async move { user::list(tx, organisation, after, turn.limit).await })).await?;
    Ok(Json(Page::of(found, UserShown::from)))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "people", params(KeyParam), request_body = UserForm,
    responses((status = 201, description = "The user.", body = UserShown)))]
async fn create(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    key: OnceKey,
    Given { value, digest }: Given<UserForm>,
) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    checks.address("email", value.email.trim());
    checks.line("name", &value.name, 200);
    checks.done()?;
    once::run(&state, &caller, key, digest, async {
        let (organisation, now) = (caller.viewer.organisation, state.room.clock.now());
        let new = NewUser {
            id: UserKey(state.room.store.make.key(now)),
            email: value.email.trim().to_owned(),
            name: value.name,
            role: value.role,
            language: value.language.unwrap_or_default().name().to_owned(),
            password: None,
        };
        let made =
            state.write(move |tx| Box::pin(async move { user::create(tx, organisation, &new, now).await })).await?;
        Ok((StatusCode::CREATED, UserShown::from(made)))
    })
    .await
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "people", params(("id" = id::UserId, Path)),
    responses((status = 200, description = "The user.", body = UserShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<UserKey>,
) -> Result<Json<UserShown>, Problem> {
    let organisation = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { user::get(tx, organisation, key).await })).await?;
    Ok(Json(found.into()))
}

/// Changes a user. The last administrator stays one.
#[utoipa::path(patch, path = "/users/{id}", tag = "people", params(("id" = id::UserId, Path)),
    request_body = UserChange,
    responses(
        (status = 200, description = "The user as they are now.", body = UserShown),
        (status = 409, description = "It is the only administrator.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<UserKey>,
    Given { value, .. }: Given<UserChange>,
) -> Result<Json<UserShown>, Problem> {
    let mut checks = Checks::default();
    if let Some(name) = &value.name {
        checks.line("name", name, 200);
    }
    checks.done()?;
    let patch = UserPatch {
        name: value.name,
        role: value.role,
        language: value.language.map(|language| language.name().to_owned()),
        active: value.active,
        ..UserPatch::default()
    };
    let organisation = caller.viewer.organisation;
    let saved =
        state.write(move |tx| Box::pin(async move { user::update(tx, organisation, key, &patch).await })).await?;
    state.tokens.forget();
    Ok(Json(saved.into()))
}

impl LanguageName {
    pub(super) fn name(self) -> &'static str {
        match self {
            LanguageName::Nl => "nl",
            LanguageName::En => "en",
        }
    }
}

impl From<User> for UserShown {
    fn from(user: User) -> UserShown {
        UserShown {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            language: user.language,
            active: user.active,
            default_account: user.default_account,
            private_incoming: user.private_incoming,
            private_outgoing: user.private_outgoing,
            created_at: Instant(user.created_at),
        }
    }
}
