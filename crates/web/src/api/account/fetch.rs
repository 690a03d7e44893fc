//! Fetching now, at somebody's request (*ophaalknop*).

use super::{id, of_owner};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Named},
    language::phrase,
    problem::{Kind, Problem, ProblemBody},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use mail::AccountKey;
use mailroom::{
    accounts::{self, health::Half},
    incoming::{DeskError, Fetched, Wish},
    words::{FieldError, cause, text},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Manner {
    /// Answer when it is done, with what came.
    #[serde(default)]
    pub(super) wait: bool,
}

/// What a pass over an account brought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fetched)]
pub(super) struct FetchedShown {
    /// New messages.
    fetched: u64,
    /// Messages whose flags or folder changed.
    updated: u64,
    /// Messages that are gone from the server.
    removed: u64,
}

/// A pass over an account that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Fetching {
    /// Always `fetching`.
    #[schema(example = "fetching")]
    state: &'static str,
}

/// Fetches now.
#[utoipa::path(post, path = "/accounts/{id}/fetch", tag = "accounts",
    params(("id" = id::AccountId, Path), Manner),
    responses(
        (status = 200, description = "With `wait=true`: done, and this came.", body = FetchedShown),
        (status = 202, description = "It has begun.", body = Fetching),
        (status = 409, description = "The account is inactive or waits for a person.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "The mail server would not do it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn fetch(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<AccountKey>,
    Asked(manner): Asked<Manner>,
) -> Result<Response, Problem> {
    let account = of_owner(&state, &caller, key).await?;
    if !account.settings.active {
        return Err(idle(
            "inactive",
            "De mailbox staat uit. Zet hem aan en probeer het opnieuw.",
            "The mailbox is switched off. Switch it on and try again.",
        ));
    }
    answer(&state, &caller, key, Wish::fetched_now(), manner.wait).await
}

/// Has the account fetched, and answers when that has begun or, with `waits`, when it is done.
pub(super) async fn answer(
    state: &AppState,
    caller: &Caller,
    key: AccountKey,
    wish: Wish,
    waits: bool,
) -> Result<Response, Problem> {
    if !waits {
        accounts::in_the_background(&state.room, caller.viewer.organisation, key, wish);
        return Ok((StatusCode::ACCEPTED, Json(Fetching { state: "fetching" })).into_response());
    }
    match accounts::when_begun(&state.room, caller.viewer.organisation, key, wish).await {
        Ok(Fetched { fetched, updated, removed }) => {
            Ok(Json(FetchedShown { fetched, updated, removed }).into_response())
        }
        Err(DeskError::NotRunning) => Err(idle(
            "not_running",
            "De mailbox wordt nu niet opgehaald. Kijk bij de gezondheid van de mailbox waarom, of sla hem opnieuw op.",
            "The mailbox is not being fetched now. Its health tells why; or save it again.",
        )),
        Err(DeskError::NotKept(error)) => Err(error.into()),
        Err(DeskError::Failed(said) | DeskError::FailedBefore(said)) => Err(failed(state, caller, key, &said).await?),
    }
}

fn idle(code: &'static str, nl: &'static str, en: &'static str) -> Problem {
    let error = FieldError { field: String::new(), code, message: text(nl, en).into() };
    Problem { kind: Kind::Conflict, detail: error.message.clone(), errors: vec![error], retry_after_seconds: None }
}

/// Why it failed, in the words that the account's health has for it.
async fn failed(state: &AppState, caller: &Caller, key: AccountKey, said: &str) -> Result<Problem, Problem> {
    let health = of_owner(state, caller, key).await?.health;
    let Some(explained) = health.code.as_deref().and_then(|code| cause::by_code(Half::of(code).1)) else {
        return Ok(Problem::new(Kind::MailServer, said, said));
    };
    let words = health.words.unwrap_or_default();
    let tell = |cause: &str, fix: &str| format!("{cause} {fix} {words}").trim_end().to_owned();
    let detail = phrase(tell(explained.cause.nl, explained.fix.nl), tell(explained.cause.en, explained.fix.en));
    let errors = vec![FieldError { field: String::new(), code: explained.code, message: explained.cause.into() }];
    Ok(Problem { kind: Kind::MailServer, detail, errors, retry_after_seconds: None })
}
