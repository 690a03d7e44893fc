//! Users: the people who sign in. Everybody may know who their colleagues are; an administrator makes and changes them.

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
use mail::{AccountKey, UserKey};
use mailroom::people::user::{self as verb, UserInput};
use serde::{Deserialize, Serialize};
use store::{
    UserRole,
    user::{self, User, UserPatch},
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

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
    /// Signing in asks for a code too.
    second_factor: bool,
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
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Language)]
pub(super) enum LanguageName {
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
    let UserForm { email, name, role, language } = value;
    let input = UserInput { email, name, role, language: language.map(LanguageName::text) };
    let made = verb::create(&state.room, &caller.viewer, input);
    once::create::<_, UserShown>(&state, &caller, key, digest, made).await
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
    let UserChange { name, role, language, active } = value;
    let patch = UserPatch { name, role, language: language.map(LanguageName::text), active, ..UserPatch::default() };
    let saved = verb::change(&state.room, &caller.viewer, key, patch).await?;
    state.tokens.forget();
    Ok(Json(saved.into()))
}

impl LanguageName {
    pub(super) fn text(self) -> String {
        match self {
            LanguageName::Nl => "nl".to_owned(),
            LanguageName::En => "en".to_owned(),
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
            second_factor: user.has_second_factor,
            default_account: user.default_account,
            private_incoming: user.private_incoming,
            private_outgoing: user.private_outgoing,
            created_at: Instant(user.created_at),
        }
    }
}
