//! Who may do what with an account (*eigenaren*).

use super::{id, shown::OwnerShown};
use crate::{
    AppState,
    api::page::Page,
    caller::Caller,
    given::{GivenList, Named},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::AccountKey;
use mailroom::accounts::{self, OwnerInput};

/// Sets the owners: who is not on the list owns it no longer.
#[utoipa::path(put, path = "/accounts/{id}/owners", tag = "accounts", params(("id" = id::AccountId, Path)),
    request_body = Vec<OwnerShown>,
    responses(
        (status = 200, description = "The owners as they are now.", body = Page<OwnerShown>),
        (status = 409, description = "An owner is no user or group here.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Named(account): Named<AccountKey>,
    GivenList(value): GivenList<OwnerShown>,
) -> Result<Json<Page<OwnerShown>>, Problem> {
    let owners: Vec<_> = value.into_iter().map(OwnerInput::from).collect();
    let owners = accounts::set_owners(&state.room, &caller.viewer, account, &owners).await?;
    Ok(Json(Page::all(owners.into_iter().map(OwnerShown::from).collect())))
}
