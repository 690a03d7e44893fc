//! Messages: `/messages` and what hangs below one.

mod bytes;
mod change;
mod download;
mod link;
#[cfg(test)]
mod message_test;
mod shown;

pub(crate) use download::download;
pub(crate) use shown::{AddressShown, MessageLine, shown};

use super::{
    account::RoleName,
    id,
    page::{self, Page},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Named},
    handler::routes,
    language::Spoken,
    problem::Problem,
};
use axum::{Json, extract::State};
use mail::{AccountKey, ContactKey, ConversationKey, DossierKey, FolderKey, MessageKey, Role, parse, query};
use mailroom::{
    desk::doubt::{self, Around},
    words::Language,
};
use serde::Deserialize;
use shown::MessageShown;
use store::message::Filter;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, change::change))
        .routes(routes!(bytes::raw))
        .routes(routes!(bytes::attachment))
        .routes(routes!(link::link_contact, link::unlink_contact))
        .routes(routes!(link::link_dossier, link::unlink_dossier))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The search language: words, "phrases", from: to: subject: has:attachment before: after: in: is:unread contact:
    /// dossier: account:; a minus before a term leaves out.
    #[param(max_length = 1000)]
    q: Option<String>,
    #[param(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
    #[param(value_type = Option<id::FolderId>)]
    folder: Option<FolderKey>,
    /// In a folder with this role, whatever its name and account.
    #[param(value_type = Option<RoleName>)]
    role: Option<Role>,
    #[param(value_type = Option<id::ConversationId>)]
    conversation: Option<ConversationKey>,
    #[param(value_type = Option<id::ContactId>)]
    contact: Option<ContactKey>,
    #[param(value_type = Option<id::DossierId>)]
    dossier: Option<DossierKey>,
    /// Only what is not read, or only what is.
    unread: Option<bool>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Messages that the caller may see, newest first; with `q` a search.
#[utoipa::path(get, path = "/messages", tag = "messages", params(Wanted),
    responses((status = 200, description = "One page.", body = Page<MessageLine>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<MessageLine>>, Problem> {
    let cursor = page::cursor::<MessageKey>(wanted.cursor.as_deref())?;
    let now = query::Now { at_ms: state.room.clock.now(), offset_seconds: 0 };
    let query = page::query(wanted.q.as_deref(), 1000)?.map(|text| query::parse(text, now));
    let filter = Filter {
        account: wanted.account,
        folder: wanted.folder,
        role: wanted.role,
        conversation: wanted.conversation,
        contact: wanted.contact,
        dossier: wanted.dossier,
        unread: wanted.unread,
        standing: None,
        query,
    };
    let viewer = caller.viewer;
    let found = state
        .read(move |tx| Box::pin(async move { store::message::list(tx, &viewer, &filter, cursor, wanted.limit).await }))
        .await?;
    Ok(Json(Page::of(found, MessageLine::from)))
}

/// One message, with its text and safe HTML.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", params(("id" = id::MessageId, Path)),
    responses((status = 200, description = "The message.", body = MessageShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(message): Named<MessageKey>,
) -> Result<Json<MessageShown>, Problem> {
    Ok(Json(whole(&state, &caller, message, language).await?))
}

/// What is kept of a message and what its bytes say. Reading the bytes may take a while, so it is done beside the
/// threads that answer others.
async fn whole(
    state: &AppState,
    caller: &Caller,
    message: MessageKey,
    language: Language,
) -> Result<MessageShown, Problem> {
    let viewer = caller.viewer;
    let (stored, (around, is_contact)) = state
        .read(move |tx| {
            Box::pin(async move {
                let stored = store::message::get(tx, &viewer, message).await?;
                let around = Around::of_message(tx, &viewer, &stored).await?;
                Ok((stored, around))
            })
        })
        .await?;
    let raw = state.room.store.raw(viewer.organisation, stored.digest).await?;
    let made = tokio::task::spawn_blocking(move || {
        let read = parse::parse(&raw);
        let warnings = doubt::warnings(&stored, &read, &around, is_contact);
        MessageShown::of(stored, read, warnings, language)
    });
    made.await.map_err(|error| Problem::internal(&error))
}
