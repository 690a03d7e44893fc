//! Internal notes, and who is called in them.

use crate::{
    AppState,
    api::{
        id,
        instant::Instant,
        page::{self, Page},
    },
    caller::Caller,
    given::{Asked, Given, Named},
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::{ConversationKey, NoteKey, UserKey};
use mailroom::desk;
use serde::{Deserialize, Serialize};
use store::{
    mention::{self, Mention},
    note::Note,
};
use utoipa::{IntoParams, ToSchema};

/// An internal note: customers never see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(super) struct NoteShown {
    #[schema(value_type = id::NoteId)]
    id: NoteKey,
    #[schema(value_type = id::UserId)]
    author: UserKey,
    text: String,
    written_at: Instant,
    /// Who is called in it.
    #[schema(value_type = Vec<id::UserId>)]
    mentions: Vec<UserKey>,
}

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteForm {
    /// `@` with the name, first name or address of a colleague calls them, when they see the conversation.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// Who is called besides; they must see the conversation.
    #[serde(default)]
    #[schema(value_type = Vec<id::UserId>, max_items = 1000)]
    mentions: Vec<UserKey>,
}

/// A note in which the caller is called.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mention)]
pub(super) struct MentionShown {
    #[schema(value_type = id::ConversationId)]
    conversation: ConversationKey,
    note: NoteShown,
    /// When the caller read it.
    #[schema(required)]
    read_at: Option<Instant>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only what is not read.
    #[serde(default)]
    unread: bool,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Whether the caller has read a note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MentionChange {
    read: bool,
}

/// Writes an internal note.
#[utoipa::path(post, path = "/conversations/{id}/notes", tag = "conversations",
    params(("id" = id::ConversationId, Path), KeyParam), request_body = NoteForm,
    responses(
        (status = 201, description = "The note.", body = NoteShown),
        (status = 409, description = "Who is called may not see the conversation.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    once_key: OnceKey,
    Given { value, digest }: Given<NoteForm>,
) -> Result<Response, Problem> {
    let written = desk::note::add(&state.room, &caller.viewer, key, &value.text, value.mentions);
    once::create::<_, NoteShown>(&state, &caller, once_key, digest, written).await
}

/// The notes in which the caller is called.
#[utoipa::path(get, path = "/me/mentions", tag = "conversations", params(Wanted),
    responses((status = 200, description = "One page, newest first.", body = Page<MentionShown>)))]
pub(super) async fn mentions(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<MentionShown>>, Problem> {
    let before = page::cursor::<NoteKey>(wanted.cursor.as_deref())?;
    let viewer = caller.viewer;
    let found = state
        .read(move |tx| Box::pin(async move { mention::list(tx, &viewer, wanted.unread, before, wanted.limit).await }))
        .await?;
    Ok(Json(Page::of(found, MentionShown::from)))
}

/// Takes a note off the list of what the caller has to read, or puts it back.
#[utoipa::path(patch, path = "/me/mentions/{note}", tag = "conversations", params(("note" = id::NoteId, Path)),
    request_body = MentionChange, responses((status = 204, description = "It is noted.")))]
pub(super) async fn set_read(
    State(state): State<AppState>,
    caller: Caller,
    Named(note): Named<NoteKey>,
    Given { value, .. }: Given<MentionChange>,
) -> Result<StatusCode, Problem> {
    desk::mention::set_read(&state.room, &caller.viewer, note, value.read).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Note> for NoteShown {
    fn from(Note { id, author, text, written_at, mentions }: Note) -> NoteShown {
        NoteShown { id, author, text, written_at: Instant(written_at), mentions }
    }
}

impl From<Mention> for MentionShown {
    fn from(Mention { conversation, note, read_at }: Mention) -> MentionShown {
        MentionShown { conversation, note: note.into(), read_at: read_at.map(Instant) }
    }
}
