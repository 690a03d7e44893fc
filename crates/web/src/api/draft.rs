//! Drafts: `/drafts`. Mail that is being written, which its author finds on every device.

use super::{
    id,
    instant::Instant,
    message::{AddressShown, shown},
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named, or_null},
    handler::routes,
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::Response,
};
use mail::{AccountKey, Address, DraftKey, MessageKey};
use mailroom::writing as verb;
use serde::{Deserialize, Serialize};
use store::draft::{Draft, File, Letter};
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};

/// Text and HTML of a letter, each a million characters at most.
const LETTER_LIMIT_BYTES: usize = 10 << 20;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create).layer(DefaultBodyLimit::max(LETTER_LIMIT_BYTES)))
        .routes(routes!(get, change, remove).layer(DefaultBodyLimit::max(LETTER_LIMIT_BYTES)))
}

/// A draft. Its addresses are as they were typed; they need not be whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Draft)]
struct DraftShown {
    #[schema(value_type = id::DraftId)]
    id: DraftKey,
    /// Grows each time it is saved; a change names the version that it was made from.
    version: i64,
    #[schema(value_type = Option<id::AccountId>, required)]
    account: Option<AccountKey>,
    to: Vec<AddressShown>,
    cc: Vec<AddressShown>,
    bcc: Vec<AddressShown>,
    subject: String,
    #[schema(required)]
    text: Option<String>,
    /// The HTML, made safe.
    #[schema(required)]
    html: Option<String>,
    /// The message that it answers or passes on.
    #[schema(value_type = Option<id::MessageId>, required)]
    source: Option<MessageKey>,
    /// It passes the source on, with its attachments.
    forward: bool,
    /// The source goes below it when it is sent.
    quote: bool,
    attachments: Vec<FileShown>,
    created_at: Instant,
    updated_at: Instant,
}

/// A file that goes with a draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DraftFile)]
struct FileShown {
    n: i64,
    name: String,
    content_type: String,
    size: i64,
    /// It is shown inside the HTML.
    inline: bool,
}

/// A draft to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftForm, example = json!({"account": "acc_01k8w2m4q7r9t", "to": [{"address": "jan@voorbeeld.nl"}], "subject": "Offerte", "text": "Beste Jan,"}))]
struct DraftForm {
    #[schema(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    to: Vec<AddressShown>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    cc: Vec<AddressShown>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    bcc: Vec<AddressShown>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    subject: String,
    #[schema(max_length = 1_000_000)]
    text: Option<String>,
    #[schema(max_length = 1_000_000)]
    html: Option<String>,
    /// The message that it answers or passes on.
    #[schema(value_type = Option<id::MessageId>)]
    source: Option<MessageKey>,
    /// Pass the source on, with its attachments.
    #[serde(default)]
    forward: bool,
    /// The source goes below it when it is sent.
    #[serde(default)]
    quote: bool,
}

/// What changes of a draft; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftChange, example = json!({"version": 3, "subject": "Offerte dakgoot"}))]
struct DraftChange {
    /// The version that the change was made from.
    version: i64,
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<id::AccountId>)]
    account: Option<Option<AccountKey>>,
    #[schema(max_items = 1000)]
    to: Option<Vec<AddressShown>>,
    #[schema(max_items = 1000)]
    cc: Option<Vec<AddressShown>>,
    #[schema(max_items = 1000)]
    bcc: Option<Vec<AddressShown>>,
    #[schema(max_length = 2000)]
    subject: Option<String>,
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 1_000_000)]
    text: Option<Option<String>>,
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 1_000_000)]
    html: Option<Option<String>>,
    quote: Option<bool>,
}

/// The caller's drafts.
#[utoipa::path(get, path = "/drafts", tag = "drafts", params(Turn),
    responses((status = 200, description = "One page, the last begun first.", body = Page<DraftShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<DraftShown>>, Problem> {
    let before = page::cursor::<DraftKey>(turn.cursor.as_deref())?;
    let found = verb::list(&state.room, &caller.viewer, before, turn.limit).await?;
    Ok(Json(Page::of(found, DraftShown::from)))
}

/// Keeps a new draft.
#[utoipa::path(post, path = "/drafts", tag = "drafts", params(KeyParam), request_body = DraftForm,
    responses((status = 201, description = "The draft.", body = DraftShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: OnceKey,
    Given { value, digest }: Given<DraftForm>,
) -> Result<Response, Problem> {
    let made = verb::create(&state.room, &caller.viewer, None, value.into());
    once::create::<_, DraftShown>(&state, &caller, key, digest, made).await
}

/// One draft.
#[utoipa::path(get, path = "/drafts/{id}", tag = "drafts", params(("id" = id::DraftId, Path)),
    responses((status = 200, description = "The draft.", body = DraftShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<DraftKey>,
) -> Result<Json<DraftShown>, Problem> {
    Ok(Json(verb::get(&state.room, &caller.viewer, key).await?.into()))
}

/// Saves a draft.
#[utoipa::path(patch, path = "/drafts/{id}", tag = "drafts", params(("id" = id::DraftId, Path)),
    request_body = DraftChange,
    responses(
        (status = 200, description = "The draft as it is now.", body = DraftShown),
        (status = 409, description = "It was saved elsewhere meanwhile, or handed over.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<DraftKey>,
    Given { value, .. }: Given<DraftChange>,
) -> Result<Json<DraftShown>, Problem> {
    let mut letter = verb::get(&state.room, &caller.viewer, key).await?.letter;
    let addresses = |list: Vec<AddressShown>| list.into_iter().map(Address::from).collect::<Vec<_>>();
    let lists = [(&mut letter.to, value.to), (&mut letter.cc, value.cc), (&mut letter.bcc, value.bcc)];
    for (list, given) in lists {
        if let Some(given) = given {
            *list = addresses(given);
        }
    }
    letter.account = value.account.unwrap_or(letter.account);
    letter.subject = value.subject.unwrap_or(letter.subject);
    letter.text = value.text.unwrap_or(letter.text);
    letter.html = value.html.unwrap_or(letter.html);
    letter.quotes = value.quote.unwrap_or(letter.quotes);
    let saved = verb::save(&state.room, &caller.viewer, key, value.version, letter).await?;
    Ok(Json(saved.into()))
}

/// Throws a draft away.
#[utoipa::path(delete, path = "/drafts/{id}", tag = "drafts", params(("id" = id::DraftId, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It was handed over for sending.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<DraftKey>,
) -> Result<StatusCode, Problem> {
    verb::discard(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DraftForm> for Letter {
    fn from(form: DraftForm) -> Letter {
        let addresses = |list: Vec<AddressShown>| list.into_iter().map(Address::from).collect();
        Letter {
            account: form.account,
            to: addresses(form.to),
            cc: addresses(form.cc),
            bcc: addresses(form.bcc),
            subject: form.subject,
            text: form.text,
            html: form.html,
            forwards: form.forward && form.source.is_some(),
            quotes: form.quote && form.source.is_some(),
            source: form.source,
        }
    }
}

impl From<Draft> for DraftShown {
    fn from(draft: Draft) -> DraftShown {
        let Letter { account, to, cc, bcc, subject, text, html, source, forwards, quotes } = draft.letter;
        DraftShown {
            id: draft.id,
            version: draft.version,
            account,
            to: shown(to),
            cc: shown(cc),
            bcc: shown(bcc),
            subject,
            text,
            html,
            source,
            forward: forwards,
            quote: quotes,
            attachments: draft.files.into_iter().map(FileShown::from).collect(),
            created_at: Instant(draft.created_at),
            updated_at: Instant(draft.updated_at),
        }
    }
}

impl From<File> for FileShown {
    fn from(File { n, name, content_type, content_id, size, .. }: File) -> FileShown {
        FileShown { n, name, content_type, size, inline: content_id.is_some() }
    }
}
