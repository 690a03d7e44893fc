//! Conversations: what a team works on. Seen by whoever sees one of their messages.

#[cfg(test)]
mod conversation_test;
mod note;
mod presence;
mod shape;
mod shown;

use super::{
    account::RoleName,
    id,
    instant::Instant,
    page::{self, Page},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named, or_null},
    handler::routes,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::{AccountKey, ContactKey, ConversationKey, DossierKey, FolderKey, MessageKey, Role, UserKey, query};
use mailroom::desk::conversation::{self as verb, ConversationPatch};
use serde::Deserialize;
use shown::{ConversationLine, ConversationShown, CountsShown, StateName};
use store::{
    conversation::{self, Conversation, Standing},
    message::Filter,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(get, change))
        .routes(routes!(note::add))
        .routes(routes!(note::mentions))
        .routes(routes!(note::set_read))
        .routes(routes!(shape::merge))
        .routes(routes!(shape::split))
        .routes(routes!(presence::put, presence::leave))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The search language of `GET /messages`; a conversation fits when one of its messages does.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// Only those with a message in this account.
    #[param(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
    /// Only those with a message in this folder.
    #[param(value_type = Option<id::FolderId>)]
    folder: Option<FolderKey>,
    /// Only those with a message in a folder with this role.
    #[param(value_type = Option<RoleName>)]
    role: Option<Role>,
    #[param(value_type = Option<id::ContactId>)]
    contact: Option<ContactKey>,
    #[param(value_type = Option<id::DossierId>)]
    dossier: Option<DossierKey>,
    /// Only those with a message that is not read, or with one that is.
    unread: Option<bool>,
    #[param(value_type = Option<StateName>)]
    state: Option<conversation::State>,
    /// Only those that this user does.
    #[param(value_type = Option<id::UserId>)]
    assignee: Option<UserKey>,
    /// Only those that nobody does.
    #[serde(default)]
    unassigned: bool,
    /// Only what is out of sight now, or only what is not.
    snoozed: Option<bool>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Counted {
    /// Only those with a message in this account.
    #[param(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
}

/// What changes about a conversation; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConversationChange {
    /// Who does it, somebody who sees it; null: nobody.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<id::UserId>)]
    assignee: Option<Option<UserKey>>,
    #[schema(value_type = Option<StateName>)]
    state: Option<conversation::State>,
    /// Out of sight until then; null: in sight. New mail from outside brings it back too.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<Instant>)]
    snoozed_until: Option<Option<Instant>>,
    /// Every message of it that the caller sees is read, or not.
    seen: Option<bool>,
    /// Everything of it in the same account goes to this folder. What was sent or is being written stays where it is, and
    /// what lies in the trash or with the junk leaves there only for the inbox.
    #[schema(value_type = Option<id::FolderId>)]
    folder: Option<FolderKey>,
}

/// The conversations that the caller sees, each at its newest message that fits what is asked.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(Wanted),
    responses((status = 200, description = "One page, by that message, newest first.", body = Page<ConversationLine>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<ConversationLine>>, Problem> {
    let before = page::cursor::<MessageKey>(wanted.cursor.as_deref())?;
    let (viewer, limit, now) = (caller.viewer, wanted.limit, state.room.clock.now());
    let filter = wanted.filter(now)?;
    let found = state
        .read(move |tx| Box::pin(async move { conversation::list(tx, &viewer, &filter, before, limit).await }))
        .await?;
    Ok(Json(Page::of(found, ConversationLine::from)))
}

/// How many conversations wait for the caller.
#[utoipa::path(get, path = "/conversations/counts", tag = "conversations", params(Counted),
    responses((status = 200, description = "Each count stops at 1000.", body = CountsShown)))]
async fn count(
    State(state): State<AppState>,
    caller: Caller,
    Asked(Counted { account }): Asked<Counted>,
) -> Result<Json<CountsShown>, Problem> {
    let (viewer, now) = (caller.viewer, state.room.clock.now());
    let found =
        state.read(move |tx| Box::pin(async move { conversation::counts(tx, &viewer, account, now).await })).await?;
    Ok(Json(found.into()))
}

/// One conversation, with its notes, what was done to it, and who else is there now.
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = id::ConversationId, Path)),
    responses((status = 200, description = "The conversation.", body = ConversationShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
) -> Result<Json<ConversationShown>, Problem> {
    let viewer = caller.viewer;
    let found = state.read(move |tx| Box::pin(async move { conversation::get(tx, &viewer, key).await })).await?;
    whole(&state, &caller, found).await
}

/// Assigns, closes, opens, puts out of sight, marks or files.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", params(("id" = id::ConversationId, Path)),
    request_body = ConversationChange,
    responses(
        (status = 200, description = "The conversation as it is now.", body = ConversationShown),
        (status = 409, description = "The assignee is no user here, or may not see it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    Given { value, .. }: Given<ConversationChange>,
) -> Result<Json<ConversationShown>, Problem> {
    let ConversationChange { assignee, state: wanted, snoozed_until, seen, folder } = value;
    let snoozed_until_at = snoozed_until.map(|until| until.map(|until| until.0));
    let patch = ConversationPatch { assignee, state: wanted, snoozed_until_at, seen, folder };
    let (saved, _) = verb::change(&state.room, &caller.viewer, key, patch).await?;
    whole(&state, &caller, saved).await
}

/// The conversation with who else is there now.
async fn whole(state: &AppState, caller: &Caller, found: Conversation) -> Result<Json<ConversationShown>, Problem> {
    let (viewer, now, key) = (caller.viewer, state.room.clock.now(), found.head.id);
    let present =
        state.read(move |tx| Box::pin(async move { store::presence::others(tx, &viewer, key, now).await })).await?;
    Ok(Json(ConversationShown::of(found, present)))
}

impl Wanted {
    fn filter(self, now: i64) -> Result<Filter, Problem> {
        let clock = query::Now { at_ms: now, offset_seconds: 0 };
        let assignee = if self.unassigned { Some(None) } else { self.assignee.map(Some) };
        Ok(Filter {
            query: page::query(self.q.as_deref(), 1000)?.map(|text| query::parse(text, clock)),
            account: self.account,
            folder: self.folder,
            role: self.role,
            conversation: None,
            contact: self.contact,
            dossier: self.dossier,
            unread: self.unread,
            standing: Some(Standing { state: self.state, assignee, snoozed: self.snoozed, now }),
        })
    }
}
