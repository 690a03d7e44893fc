//! What Google's Pub/Sub posts to us: that something happened in a mailbox.

use super::said;
use crate::AppState;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::post,
};
use connect::gmail::Unbelieved;
use mailroom::accounts::topic::{self, HOOK, NotTaken};

/// It says a few hundred bytes.
const LIMIT_BYTES: usize = 64 << 10;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(HOOK, post(news).layer(DefaultBodyLimit::max(LIMIT_BYTES)))
}

/// 2xx ends it; after anything else it is posted again (cloud.google.com/pubsub/docs/push).
async fn news(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|said| said.to_str().ok());
    let Some(token) = token.and_then(|said| said.strip_prefix("Bearer ")) else {
        return said(StatusCode::UNAUTHORIZED, "a token is needed");
    };
    match topic::arrive(&state.room, token, &body).await {
        Ok(()) => said(StatusCode::OK, "taken"),
        Err(NotTaken::Nonsense) => said(StatusCode::BAD_REQUEST, "this is no post about a mailbox"),
        Err(error @ (NotTaken::Later(_) | NotTaken::Unproven(Unbelieved::NoKeys(_)))) => {
            tracing::warn!(%error, "a post of Google could not be taken now");
            said(StatusCode::SERVICE_UNAVAILABLE, "not now; come again")
        }
        Err(error) => said(StatusCode::UNAUTHORIZED, &error.to_string()),
    }
}
