//! Conversations: what a team works on. Seen by whoever sees one of its messages.

use super::{
    id,
    instant::Instant,
    page::{self, Page},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named, or_null},
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::{AccountKey, ConversationKey, MessageKey, NoteKey, UserKey};
use mailroom::words::Checks;
use serde::{Deserialize, Serialize};
use store::{
    conversation::{self, Conversation, Filter, Patch},
    note::{self, Note},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, change)).routes(routes!(add_note))
}

/// What a team works on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
struct ConversationShown {
    #[schema(value_type = id::ConversationId)]
    id: ConversationKey,
    /// The subject it began with.
    subject: String,
    #[schema(value_type = StateName)]
    state: conversation::State,
    /// Who does it.
    #[schema(value_type = Option<id::UserId>, required)]
    assignee: Option<UserKey>,
    /// Out of sight until then.
    #[schema(required)]
    snoozed_until: Option<Instant>,
    /// When it last moved.
    last_at: Instant,
    /// The messages that the caller sees, oldest first; in a list only the newest.
    #[schema(value_type = Vec<id::MessageId>)]
    messages: Vec<MessageKey>,
    /// What colleagues wrote; empty in a list.
    notes: Vec<NoteShown>,
}

/// Whether something is still to be done.
#[derive(ToSchema)]
#[schema(as = ConversationState, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
enum StateName {
    Open,
    Closed,
}

/// An internal note: customers never see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
struct NoteShown {
    #[schema(value_type = id::NoteId)]
    id: NoteKey,
    #[schema(value_type = id::UserId)]
    author: UserKey,
    text: String,
    written_at: Instant,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    #[param(value_type = Option<StateName>)]
    state: Option<conversation::State>,
    /// Only those that this user does.
    #[param(value_type = Option<id::UserId>)]
    assignee: Option<UserKey>,
    /// Only those with a message in this account.
    #[param(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
    /// Leave out what is out of sight now.
    #[serde(default)]
    awake: bool,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// What changes about a conversation; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConversationChange {
    /// Who does it; null: nobody.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<id::UserId>)]
    assignee: Option<Option<UserKey>>,
    #[schema(value_type = Option<StateName>)]
    state: Option<conversation::State>,
    /// Out of sight until then; null: in sight.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<Instant>)]
    snoozed_until: Option<Option<Instant>>,
}

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteForm {
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
}

/// The conversations that the caller sees.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(Wanted),
    responses((status = 200, description = "One page, by their newest message, newest first.", body = Page<ConversationShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<ConversationShown>>, Problem> {
    let before = page::cursor::<MessageKey>(wanted.cursor.as_deref())?;
    let filter = Filter {
        state: wanted.state,
        assignee: wanted.assignee.map(Some),
        account: wanted.account,
        awake_at: wanted.awake.then(|| state.room.clock.now()),
    };
    let viewer = caller.viewer;
    let found = state
        .read(move |tx| Box::pin(async move { conversation::list(tx, &viewer, &filter, before, wanted.limit).await }))
        .await?;
    Ok(Json(Page::of(found, ConversationShown::from)))
}

/// One conversation.
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = id::ConversationId, Path)),
    responses((status = 200, description = "The conversation.", body = ConversationShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
) -> Result<Json<ConversationShown>, Problem> {
    let viewer = caller.viewer;
    let found = state.read(move |tx| Box::pin(async move { conversation::get(tx, &viewer, key).await })).await?;
    Ok(Json(found.into()))
}

/// Assigns, closes, opens or puts out of sight.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", params(("id" = id::ConversationId, Path)),
    request_body = ConversationChange,
    responses(
        (status = 200, description = "The conversation as it is now.", body = ConversationShown),
        (status = 409, description = "The assignee is no user here.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    Given { value, .. }: Given<ConversationChange>,
) -> Result<Json<ConversationShown>, Problem> {
    let patch = Patch {
        assignee: value.assignee,
        state: value.state,
        snoozed_until_at: value.snoozed_until.map(|until| until.map(|until| until.0)),
    };
    let (viewer, now) = (caller.viewer, state.room.clock.now());
    let saved = state
        .write(move |tx| Box::pin(async move { conversation::patch(tx, &viewer, key, &patch, now).await }))
        .await?;
    Ok(Json(saved.into()))
}

/// Writes an internal note.
#[utoipa::path(post, path = "/conversations/{id}/notes", tag = "conversations",
    params(("id" = id::ConversationId, Path), KeyParam), request_body = NoteForm,
    responses((status = 201, description = "The note.", body = NoteShown)))]
async fn add_note(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    once_key: OnceKey,
    Given { value, digest }: Given<NoteForm>,
) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    checks.prose("text", &value.text, 20_000);
    checks.done()?;
    once::run(&state, &caller, once_key, digest, async {
        let (viewer, now) = (caller.viewer, state.room.clock.now());
        let id = NoteKey(state.room.store.make.key(now));
        let note = state
            .write(move |tx| Box::pin(async move { note::add(tx, &viewer, key, id, &value.text, now).await }))
            .await?;
        Ok((StatusCode::CREATED, NoteShown::from(note)))
    })
    .await
}

impl From<Conversation> for ConversationShown {
    fn from(conversation: Conversation) -> ConversationShown {
        ConversationShown {
            id: conversation.id,
            subject: conversation.subject,
            state: conversation.state,
            assignee: conversation.assignee,
            snoozed_until: conversation.snoozed_until_at.map(Instant),
            last_at: Instant(conversation.last_at),
            messages: conversation.messages,
            notes: conversation.notes.into_iter().map(NoteShown::from).collect(),
        }
    }
}

impl From<Note> for NoteShown {
    fn from(Note { id, author, text, written_at }: Note) -> NoteShown {
        NoteShown { id, author, text, written_at: Instant(written_at) }
    }
}
