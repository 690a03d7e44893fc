//! Passwords: changing one's own, and setting a new one by a link that was mailed (features U2, U3).

use super::id;
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::{Given, Named},
    handler::routes,
    problem::{Problem, ProblemBody},
    throttle::LINKS_AN_HOUR,
};
use axum::{Json, extract::State, http::StatusCode};
use mail::{UserKey, address::fold_address};
use mailroom::{
    people,
    words::{Checks, Refusal, text},
};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(invite))
        .routes(routes!(forgotten))
        .routes(routes!(reset))
}

/// A password to change, with the present one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    #[schema(format = Password, write_only, max_length = 1024)]
    present: String,
    /// At least 15 characters, and nothing that others try first.
    #[schema(format = Password, write_only, max_length = 1024)]
    password: String,
}

/// Whose password was forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Forgotten {
    #[schema(max_length = 320)]
    email: String,
}

/// The new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// At least 15 characters, and nothing that others try first.
    #[schema(format = Password, write_only, max_length = 1024)]
    password: String,
}

/// Whether anything follows is told by mail, and only there.
#[derive(Debug, Serialize, ToSchema)]
struct Noted {
    /// Always `noted`.
    #[schema(example = "noted")]
    state: &'static str,
}

/// Changes the caller's own password.
#[utoipa::path(put, path = "/me/password", tag = "people", request_body = PasswordChange,
    responses((status = 204, description = "The new one counts from here on.")))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<PasswordChange>,
) -> Result<StatusCode, Problem> {
    people::change_password(&state.room, &caller.viewer, &value.present, &value.password, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mails a user the link by which they set their first password.
#[utoipa::path(post, path = "/users/{id}/invite", tag = "people", params(("id" = id::UserId, Path)),
    responses(
        (status = 202, description = "The mail is in the outbox.", body = Noted),
        (status = 409, description = "No account can send it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn invite(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(user): Named<UserKey>,
) -> Result<(StatusCode, Json<Noted>), Problem> {
    let organisation = caller.viewer.organisation;
    state.read(move |tx| Box::pin(async move { store::user::get(tx, organisation, user).await })).await?;
    match people::invite(&state.room, &caller.viewer, user).await {
        // The user is there, so it is the mailbox that is not.
        Err(Refusal::NotFound) => {
            let words = text(
                "Er is nog geen primaire mailbox om mee te verzenden. Maak er eerst een.",
                "There is no primary mailbox yet to send with. Make one first.",
            );
            return Err(Refusal::conflict("account", ("no_primary", words)).into());
        }
        other => other?,
    }
    Ok((StatusCode::ACCEPTED, Json(Noted { state: "noted" })))
}

/// Mails a link for setting a new password, to whoever signs in with this address.
///
/// Answers the same whether or not there is such a user.
#[utoipa::path(post, path = "/password-reset", tag = "people", request_body = Forgotten, security(()),
    responses((status = 202, description = "When there is such a user, a mail follows.", body = Noted)))]
async fn forgotten(
    State(state): State<AppState>,
    Given { value, .. }: Given<Forgotten>,
) -> Result<(StatusCode, Json<Noted>), Problem> {
    let mut checks = Checks::default();
    checks.address("email", value.email.trim());
    checks.done()?;
    let folded = fold_address(value.email.trim());
    if state.throttle.allows(&folded, LINKS_AN_HOUR, Instant::now()) {
        people::forgotten_password(&state.room, &value.email);
    }
    Ok((StatusCode::ACCEPTED, Json(Noted { state: "noted" })))
}

/// Sets a new password by the link of a mail: once, and within half an hour.
#[utoipa::path(post, path = "/password-reset/{token}", tag = "people", request_body = NewPassword, security(()),
    params(("token" = String, Path, description = "What stands at the end of the link.", max_length = 100, pattern = "^[A-Za-z0-9_]+$")),
    responses((status = 204, description = "The new one counts from here on.")))]
async fn reset(
    State(state): State<AppState>,
    Named(token): Named<String>,
    Given { value, .. }: Given<NewPassword>,
) -> Result<StatusCode, Problem> {
    people::reset_password(&state.room, &token, &value.password).await?;
    state.tokens.forget();
    Ok(StatusCode::NO_CONTENT)
}
