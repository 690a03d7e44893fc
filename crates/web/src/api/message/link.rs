//! A message's links to contacts and dossiers, by a person or their program.

use super::id;
use crate::{AppState, caller::Caller, given::NamedPair, problem::Problem};
use axum::{extract::State, http::StatusCode};
use mail::{ContactKey, DossierKey, MessageKey};
use mailroom::desk;
use store::link::{Reason, Target};

/// Links a message to a contact, and to its dossiers.
#[utoipa::path(put, path = "/messages/{id}/contacts/{contact}", tag = "messages",
    params(("id" = id::MessageId, Path), ("contact" = id::ContactId, Path)),
    responses((status = 204, description = "It is linked.")))]
pub(super) async fn link_contact(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(message, key): NamedPair<MessageKey, ContactKey>,
) -> Result<StatusCode, Problem> {
    set(&state, &caller, message, Target::Contact(key), true).await
}

/// Takes a link to a contact away; no rule brings it back.
#[utoipa::path(delete, path = "/messages/{id}/contacts/{contact}", tag = "messages",
    params(("id" = id::MessageId, Path), ("contact" = id::ContactId, Path)),
    responses((status = 204, description = "It is not linked (any more).")))]
pub(super) async fn unlink_contact(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(message, key): NamedPair<MessageKey, ContactKey>,
) -> Result<StatusCode, Problem> {
    set(&state, &caller, message, Target::Contact(key), false).await
}

/// Puts a message into a dossier.
#[utoipa::path(put, path = "/messages/{id}/dossiers/{dossier}", tag = "messages",
    params(("id" = id::MessageId, Path), ("dossier" = id::DossierId, Path)),
    responses((status = 204, description = "It is linked.")))]
pub(super) async fn link_dossier(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(message, key): NamedPair<MessageKey, DossierKey>,
) -> Result<StatusCode, Problem> {
    set(&state, &caller, message, Target::Dossier(key), true).await
}

/// Takes a message out of a dossier; no rule brings it back.
#[utoipa::path(delete, path = "/messages/{id}/dossiers/{dossier}", tag = "messages",
    params(("id" = id::MessageId, Path), ("dossier" = id::DossierId, Path)),
    responses((status = 204, description = "It is not linked (any more).")))]
pub(super) async fn unlink_dossier(
    State(state): State<AppState>,
    caller: Caller,
    NamedPair(message, key): NamedPair<MessageKey, DossierKey>,
) -> Result<StatusCode, Problem> {
    set(&state, &caller, message, Target::Dossier(key), false).await
}

async fn set(
    state: &AppState,
    caller: &Caller,
    message: MessageKey,
    target: Target,
    linked: bool,
) -> Result<StatusCode, Problem> {
    match linked {
        true => desk::link::link(&state.room, &caller.viewer, message, target, Reason::Api).await?,
        false => desk::link::unlink(&state.room, &caller.viewer, message, target).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}
