//! Authorising with a code on another device: for programs, and for servers without a browser.

use super::id;
use crate::{
    AppState,
    api::instant::Instant,
    caller::Caller,
    given::Named,
    language::Spoken,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::AccountKey;
use mailroom::{
    accounts::device_code,
    words::{FieldError, Language},
};
use serde::Serialize;
use store::{
    StoreError,
    device_code::{DeviceCode, State as Became},
};
use utoipa::ToSchema;

/// A code that somebody types on another device, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Authorisation)]
pub(super) struct CodeShown {
    state: StateName,
    /// What is typed.
    #[schema(example = "912847365")]
    user_code: String,
    /// Where: an address for a browser, anywhere.
    #[schema(example = "https://microsoft.com/devicelogin")]
    verification_uri: String,
    /// Until when it can be typed.
    expires_at: Instant,
    /// Why it was refused, for programs.
    #[schema(required, example = "grant_code_expired")]
    code: Option<&'static str>,
    /// The same in words.
    #[schema(required)]
    message: Option<String>,
}

/// What became of a code.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuthorisationState)]
enum StateName {
    /// Nobody has typed it yet.
    Waiting,
    /// The account is authorised.
    Done,
    /// It is not.
    Refused,
}

impl CodeShown {
    fn of(code: DeviceCode, language: Language) -> CodeShown {
        let (state, why) = match &code.state {
            Became::Waiting => (StateName::Waiting, None),
            Became::Done => (StateName::Done, None),
            Became::Refused(why) => (StateName::Refused, Some(device_code::told(why))),
        };
        let said = |why: &FieldError| why.message.say(language).to_owned();
        CodeShown {
            state,
            user_code: code.user_code,
            verification_uri: code.verification_uri,
            expires_at: Instant(code.expires_at),
            code: why.as_ref().map(|why| why.code),
            message: why.as_ref().map(said),
        }
    }
}

/// Asks the provider for a code that opens this account.
///
/// Whoever owns the mailbox types it at `verification_uri`, on any device; `GET` tells what became of it. An earlier code
/// counts no longer. At Microsoft only: Google opens no mailbox this way.
#[utoipa::path(post, path = "/accounts/{id}/authorise", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "The code. It waits.", body = CodeShown),
        (status = 409, description = "The account is not opened this way, or no app is registered.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(account): Named<AccountKey>,
) -> Result<Json<CodeShown>, Problem> {
    let code = device_code::begin(&state.room, &caller.viewer, account).await?;
    Ok(Json(CodeShown::of(code, language)))
}

/// What became of the last code that was asked for.
#[utoipa::path(get, path = "/accounts/{id}/authorise", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "The code, and what became of it.", body = CodeShown),
        (status = 404, description = "No code was ever asked for.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn look(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(account): Named<AccountKey>,
) -> Result<Json<CodeShown>, Problem> {
    let code = device_code::seen(&state.room, &caller.viewer, account).await?.ok_or(StoreError::NotFound)?;
    Ok(Json(CodeShown::of(code, language)))
}
