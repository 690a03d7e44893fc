//! Accounts: `/accounts` and what hangs below one.

mod authorise;
mod direction;
mod fetch;
mod folder;
mod font;
mod form;
mod owner;
mod restore;
mod sender;
mod shown;
mod test;
pub(crate) use folder::RoleName;

use super::{
    id,
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named},
    handler::routes,
    language::Spoken,
    once::{self, KeyParam, OnceKey},
    problem::Problem,
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use form::AccountForm;
use mail::AccountKey;
use mailroom::{accounts, words::Language};
use shown::{AccountShown, Around};
use store::{StoreError, account::Account};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, remove))
        .routes(routes!(test::test))
        .routes(routes!(fetch::fetch))
        .routes(routes!(authorise::begin, authorise::look))
        .routes(routes!(restore::restore))
        .routes(routes!(folder::list))
        .routes(routes!(folder::choose_roles))
        .routes(routes!(folder::ledger))
        .routes(routes!(owner::set))
        .routes(routes!(sender::get))
        .routes(routes!(sender::send_code, sender::confirm))
        .routes(routes!(sender::check))
        .routes(routes!(sender::renew, sender::renew_after))
}

/// The accounts that the caller may know of.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(Turn),
    responses((status = 200, description = "One page, oldest first.", body = Page<AccountShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<AccountShown>>, Problem> {
    let after = page::cursor(turn.cursor.as_deref())?;
    let viewer = caller.viewer;
    let (found, next) = state
        .read(move |tx| {
            Box::pin(async move {
                let (accounts, next) = store::account::list(tx, &viewer, after, turn.limit).await?;
                let mut found = Vec::with_capacity(accounts.len());
                for account in accounts {
                    found.push(Around::of(tx, viewer.organisation, account).await?);
                }
                Ok((found, next))
            })
        })
        .await?;
    Ok(Json(Page::of((found, next), |around| around.shown(language))))
}

/// Connects an account.
///
/// Whoever makes it owns it with every right, unless owners are named.
#[utoipa::path(post, path = "/accounts", tag = "accounts", params(KeyParam), request_body = AccountForm,
    responses((status = 201, description = "The account, without its secrets.", body = AccountShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    key: OnceKey,
    Given { value, digest }: Given<AccountForm>,
) -> Result<Response, Problem> {
    once::run(&state, &caller, key, digest, async {
        let saved = accounts::create(&state.room, &caller.viewer, value.into()).await?;
        Ok((StatusCode::CREATED, shown(&state, saved, language).await?))
    })
    .await
}

/// One account.
#[utoipa::path(get, path = "/accounts/{id}", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses((status = 200, description = "The account, without its secrets.", body = AccountShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
) -> Result<Json<AccountShown>, Problem> {
    let viewer = caller.viewer;
    let found = state
        .read(move |tx| {
            Box::pin(async move {
                let account = store::account::get(tx, &viewer, key).await?;
                Around::of(tx, viewer.organisation, account).await
            })
        })
        .await?;
    Ok(Json(found.shown(language)))
}

/// Changes an account; what is left out stays. Saving connects it at once.
#[utoipa::path(patch, path = "/accounts/{id}", tag = "accounts", params(("id" = id::AccountId, Path)),
    request_body = AccountForm,
    responses(
        (status = 200, description = "The account as it is now.", body = AccountShown),
        (status = 409, description = "It would become another mailbox, or somebody else saved it just now.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
    Given { value, .. }: Given<AccountForm>,
) -> Result<Json<AccountShown>, Problem> {
    let saved = accounts::patch(&state.room, &caller.viewer, key, value.into()).await?;
    Ok(Json(shown(&state, saved, language).await?))
}

/// Removes an account that holds no mail; one that does can only be set inactive.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It holds mail, or it is the primary one.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<AccountKey>,
) -> Result<StatusCode, Problem> {
    accounts::delete(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(state: &AppState, saved: accounts::Saved, language: Language) -> Result<AccountShown, Problem> {
    let accounts::Saved { account, warnings } = saved;
    let around = around(state, account).await?;
    Ok(around.shown(language).warned(&warnings, language))
}

async fn around(state: &AppState, account: Account) -> Result<Around, Problem> {
    state.read(move |tx| Box::pin(async move { Around::of(tx, account.organisation, account).await })).await
}

/// The account, when the caller reads or manages it.
async fn of_owner(state: &AppState, caller: &Caller, account: AccountKey) -> Result<Account, Problem> {
    let viewer = caller.viewer;
    state
        .read(move |tx| {
            Box::pin(async move {
                let rights = store::owner::rights(tx, &viewer, account).await?;
                if !rights.read && !rights.manage {
                    return Err(StoreError::NotFound);
                }
                store::account::load(tx, viewer.organisation, account).await
            })
        })
        .await
}
