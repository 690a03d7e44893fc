//! `Idempotency-Key`: the same key with the same body answers the same resource, for seven days and over restarts
//! (reliability.md, case 34).

use crate::{AppState, caller::Caller, problem::Problem};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use mailroom::words::{Refusal, field, text};
use serde::Serialize;
use std::future::Future;
use store::{
    Viewer,
    idempotency::{self, Begin},
};
use utoipa::IntoParams;

/// The header, as the description shows it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header that OnceKey reads")]
pub(crate) struct KeyParam {
    /// Any word of the caller's making. The same key with the same body answers the same resource, for seven days.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, example = "invoice-2026-0815")]
    key: Option<String>,
}

/// The key of a request, if it has one.
pub(crate) struct OnceKey(pub(crate) Option<String>);

impl FromRequestParts<AppState> for OnceKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<OnceKey, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(OnceKey(None)) };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let words = text(
                "De sleutel heeft 1 tot 255 tekens uit ASCII, zonder spaties.",
                "The key has 1 to 255 characters of ASCII, without blanks.",
            );
            return Err(Problem::invalid("Idempotency-Key", "invalid_key", words));
        }
        Ok(OnceKey(Some(key.to_owned())))
    }
}

/// Makes something by a verb of the mail room and answers 201 with how it is shown, or answers what it answered the first
/// time.
pub(crate) async fn create<T, S: Serialize + From<T>>(
    state: &AppState,
    caller: &Caller,
    key: OnceKey,
    digest: [u8; 32],
    verb: impl Future<Output = Result<T, Refusal>>,
) -> Result<Response, Problem> {
    run(state, caller, key, digest, async { Ok((StatusCode::CREATED, S::from(verb.await?))) }).await
}

/// Does the work, or answers what it answered the first time. What was refused is forgotten, so that it can be corrected
/// and sent again with its key.
pub(crate) async fn run<T: Serialize>(
    state: &AppState,
    caller: &Caller,
    OnceKey(key): OnceKey,
    digest: [u8; 32],
    work: impl Future<Output = Result<(StatusCode, T), Problem>>,
) -> Result<Response, Problem> {
    let Some(key) = key else {
        let (status, answer) = work.await?;
        return Ok((status, Json(answer)).into_response());
    };
    let Viewer { organisation, user, .. } = caller.viewer;
    let (now, claimed) = (state.room.clock.now(), key.clone());
    let begun = state
        .write(move |tx| {
            Box::pin(async move { idempotency::begin(tx, organisation, user, &claimed, &digest, now).await })
        })
        .await?;
    match begun {
        Begin::New => {}
        Begin::Replay(status, answer) => {
            let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
            return Ok((status.unwrap_or(StatusCode::OK), Json(answer)).into_response());
        }
        Begin::Running => return Err(Refusal::StillRunning.into()),
        Begin::Reused => return Err(Refusal::field("Idempotency-Key", field::KEY_REUSED).into()),
    }
    match work.await {
        Ok((status, answer)) => {
            let answer = serde_json::to_value(answer).map_err(|error| Problem::internal(&error))?;
            let (code, kept) = (i64::from(status.as_u16()), answer.clone());
            state
                .write(move |tx| {
                    Box::pin(async move { idempotency::finish(tx, organisation, user, &key, code, &kept).await })
                })
                .await?;
            Ok((status, Json(answer)).into_response())
        }
        Err(problem) => {
            let forgotten = state
                .write(move |tx| Box::pin(async move { idempotency::forget(tx, organisation, user, &key).await }))
                .await;
            if forgotten.is_err() {
                tracing::warn!("A refused request keeps its Idempotency-Key for five minutes.");
            }
            Err(problem)
        }
    }
}
