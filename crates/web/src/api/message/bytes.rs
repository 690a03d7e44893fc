//! The raw message and its attachments, as received.

use super::{download::download, id};
use crate::{
    AppState,
    caller::Caller,
    given::{Named, NamedPair},
    problem::Problem,
};
use axum::{extract::State, response::Response};
use bytes::Bytes;
use mail::{MessageKey, parse};

/// The raw message, as received.
#[utoipa::path(get, path = "/messages/{id}/raw", tag = "messages", params(("id" = id::MessageId, Path)),
    responses((status = 200, description = "The exact bytes, as a download.", body = Vec<u8>, content_type = "message/rfc822",
        headers(("Content-Disposition" = String, description = "Always an attachment.")))))]
pub(super) async fn raw(
    State(state): State<AppState>,
    caller: Caller,
    Named(message): Named<MessageKey>,
) -> Result<Response, Problem> {
    let bytes = seen(&state, &caller, message).await?;
    Ok(download(&format!("{message}.eml"), "message/rfc822", bytes))
}

/// One attachment, decoded.
///
/// Types that a browser could run are handed out as `application/octet-stream`.
#[utoipa::path(get, path = "/messages/{id}/attachments/{n}", tag = "messages",
    params(("id" = id::MessageId, Path), ("n" = u32, Path, description = "The number of the attachment.", maximum = 100000)),
    responses((status = 200, description = "Its bytes, as a download.", body = Vec<u8>, content_type = "*/*",
        headers(("Content-Disposition" = String, description = "Always an attachment, with its name.")))))]
pub(super) async fn attachment(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(message, n): NamedPair<MessageKey, u32>,
) -> Result<Response, Problem> {
    let bytes = seen(&state, &caller, message).await?;
    let found = tokio::task::spawn_blocking(move || parse::attachment(&bytes, n as usize)).await;
    let found = found.map_err(|error| Problem::internal(&error))?.ok_or_else(Problem::not_found)?;
    Ok(download(&found.name, &found.content_type, found.bytes))
}

/// The bytes of a message that the caller may see.
pub(super) async fn seen(state: &AppState, caller: &Caller, message: MessageKey) -> Result<Bytes, Problem> {
    let viewer = caller.viewer;
    let stored = state.read(move |tx| Box::pin(async move { store::message::get(tx, &viewer, message).await })).await?;
    Ok(state.room.store.raw(viewer.organisation, stored.digest).await?)
}
