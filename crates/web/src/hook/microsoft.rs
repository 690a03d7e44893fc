//! What Microsoft posts to us: that something happened in a mailbox, or in what was said of telling that
//! (learn.microsoft.com/graph/change-notifications-delivery-webhooks).

use super::said;
use crate::{AppState, given::Named};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use mail::AccountKey;
use mailroom::accounts::news::{self, MICROSOFTS, NotTaken};
use serde::Deserialize;

/// Some hundred bytes for each thing that happened, of which many may come together.
const LIMIT_BYTES: usize = 1 << 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(&format!("{MICROSOFTS}/{{account}}"), post(news).layer(DefaultBodyLimit::max(LIMIT_BYTES)))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "validationToken")]
    validation_token: Option<String>,
}

/// Before it tells anything Microsoft wants a word repeated, as plain text. After anything but 2xx it tells again, for four hours.
async fn news(
    State(state): State<AppState>,
    Named(account): Named<AccountKey>,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Response {
    if let Some(word) = asked.validation_token {
        return word.into_response();
    }
    match news::arrive(&state.room, account, &body).await {
        Ok(()) => said(StatusCode::ACCEPTED, "taken"),
        Err(NotTaken::Later(error)) => {
            tracing::warn!(%error, "a post of Microsoft could not be taken now");
            said(StatusCode::SERVICE_UNAVAILABLE, "not now; come again")
        }
        Err(error @ NotTaken::Unknown) => said(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error @ NotTaken::Unproven) => said(StatusCode::UNAUTHORIZED, &error.to_string()),
        Err(error @ NotTaken::Nonsense) => said(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
