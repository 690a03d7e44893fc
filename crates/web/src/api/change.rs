//! The ordered feed of everything that happened: `/changes` to read it, `/events` to be told.
//!
//! Rights are looked up for every reading, and for every event: what one may not see (any more) one does not hear of.

use super::{id, instant::Instant, page};
use crate::{AppState, caller::Caller, given::Asked, handler::routes, problem::Problem};
use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, Stream};
use mail::{AccountKey, MessageKey};
use mailroom::words::text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::HashMap, convert::Infallible, str::FromStr, time::Duration};
use store::{
    Rights, StoreError, Topic, Tx, UserRole, Viewer,
    change::{self, Change},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

/// How many changes one answer looks at; the caller may see few of them.
const LOOKED_AT: usize = 5_000;

/// How many are read at a time.
const BATCH: usize = 500;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(events))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The cursor of the last change that was read; from the very first when left out. `cursor` says the same.
    #[param(max_length = 20, pattern = "^[0-9]+$")]
    since: Option<String>,
    /// `next` of the page before.
    #[param(max_length = 20, pattern = "^[0-9]+$")]
    cursor: Option<String>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
}

/// Something that happened. Beside these fields it has the ids and states that belong to its kind, never contents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeShown {
    /// Its place in the feed.
    cursor: String,
    /// `message.received`, `message.linked`, `outbox.accepted`, `account.state`, ...
    #[schema(example = "message.received")]
    pub(crate) kind: String,
    at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<id::AccountId>, nullable = false)]
    pub(crate) account: Option<AccountKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<id::MessageId>, nullable = false)]
    pub(crate) message: Option<MessageKey>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
}

/// One page of the feed.
#[derive(Debug, Serialize, ToSchema)]
struct Feed {
    items: Vec<ChangeShown>,
    /// The cursor of the next page; null when this was the end for now.
    #[schema(required)]
    next: Option<String>,
    /// The cursor to ask with later, also when nothing was for the caller to see.
    latest: String,
}

/// Everything that happened, in order, from any point.
#[utoipa::path(get, path = "/changes", tag = "changes", params(Since),
    responses((status = 200, description = "One page, oldest first.", body = Feed)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(asked): Asked<Since>,
) -> Result<Json<Feed>, Problem> {
    let since = asked.since.as_ref().map(|since| place("since", since)).transpose()?;
    let since = match &asked.cursor {
        Some(cursor) => place("cursor", cursor)?,
        None => since.unwrap_or(0),
    };
    let viewer = caller.viewer;
    let read = state.read(move |tx| Box::pin(async move { seen_after(tx, &viewer, since, asked.limit).await })).await?;
    let next = read.more.then(|| read.latest.to_string());
    Ok(Json(Feed { items: read.items, next, latest: read.latest.to_string() }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Resume {
    /// The cursor to go on from; `Last-Event-ID` says the same and wins. Without either: what happens from now on.
    #[param(max_length = 20, pattern = "^[0-9]+$")]
    since: Option<String>,
}

/// The feed as server-sent events, for as long as the connection lasts.
///
/// The id of an event is its cursor, so that a browser goes on where it was cut off. A comment comes every fifteen
/// seconds when nothing happens.
#[utoipa::path(get, path = "/events", tag = "changes",
    params(Resume, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was read.", max_length = 20, pattern = "^[0-9]+$")),
    responses((status = 200, description = "Events without end.", body = String, content_type = "text/event-stream")))]
async fn events(
    State(state): State<AppState>,
    caller: Caller,
    Asked(asked): Asked<Resume>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?").to_owned());
    let cursor = match (resumed, asked.since) {
        (Some(text), _) => place("Last-Event-ID", &text)?,
        (None, Some(text)) => place("since", &text)?,
        (None, None) => {
            let organisation = caller.viewer.organisation;
            state.read(move |tx| Box::pin(async move { change::newest(tx, organisation).await })).await?
        }
    };
    let stream = follow(state, caller, headers, cursor);
    let kept = KeepAlive::new().interval(Duration::from_secs(15)).text("still here");
    Ok(Sse::new(stream).keep_alive(kept).into_response())
}

struct Follower {
    state: AppState,
    caller: Caller,
    headers: HeaderMap,
    cursor: i64,
    bell: tokio::sync::watch::Receiver<u64>,
    closing: tokio::sync::watch::Receiver<bool>,
    waiting: std::vec::IntoIter<ChangeShown>,
}

fn follow(
    state: AppState,
    caller: Caller,
    headers: HeaderMap,
    cursor: i64,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let bell = state.room.store.db.bell(Topic::Changes);
    let closing = state.closing.subscribe();
    let follower = Follower { state, caller, headers, cursor, bell, closing, waiting: Vec::new().into_iter() };
    stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// The next event; `None` when the token is no longer valid, the store is gone, or the program ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(change) = self.waiting.next() {
                let event = Event::default().id(change.cursor.clone()).event(change.kind.clone());
                return event.json_data(&change).ok();
            }
            self.bell.borrow_and_update();
            self.caller = Caller::known(&self.headers, &self.state).await.ok().filter(|it| !it.owes_second_factor)?;
            let (viewer, since) = (self.caller.viewer, self.cursor);
            let read = self
                .state
                .read(move |tx| Box::pin(async move { seen_after(tx, &viewer, since, page::USUAL).await }))
                .await
                .ok()?;
            self.cursor = read.latest;
            self.waiting = read.items.into_iter();
            if read.more || self.waiting.len() > 0 {
                continue;
            }
            tokio::select! {
                rung = self.bell.changed() => rung.ok()?,
                _ = self.closing.wait_for(|closing| *closing) => return None,
            }
        }
    }
}

/// What was read of the feed.
pub(crate) struct Read {
    pub(crate) items: Vec<ChangeShown>,
    /// The last change that was looked at.
    pub(crate) latest: i64,
    /// There is more after it.
    pub(crate) more: bool,
}

/// What the viewer may hear of, after that change.
pub(crate) async fn seen_after(tx: &mut Tx, viewer: &Viewer, since: i64, limit: usize) -> Result<Read, StoreError> {
    let mut eyes = Eyes { viewer: *viewer, rights: viewer.rights(tx).await?, messages: HashMap::new() };
    let mut read = Read { items: Vec::new(), latest: since, more: true };
    for _ in 0..LOOKED_AT / BATCH {
        let batch = change::after(tx, viewer.organisation, read.latest, BATCH).await?;
        let ended = batch.len() < BATCH;
        for change in batch {
            if read.items.len() == limit {
                return Ok(read);
            }
            read.latest = change.seq;
            if eyes.see(tx, &change).await? {
                read.items.push(ChangeShown::from(change));
            }
        }
        if ended {
            read.more = false;
            return Ok(read);
        }
    }
    Ok(read)
}

/// What a viewer may hear of, remembered for the length of one reading.
struct Eyes {
    viewer: Viewer,
    rights: Rights,
    messages: HashMap<MessageKey, bool>,
}

impl Eyes {
    async fn see(&mut self, tx: &mut Tx, change: &Change) -> Result<bool, StoreError> {
        let Some(account) = change.account else {
            let of_people = change.kind.starts_with("user.") || change.kind.starts_with("token.");
            return Ok(!of_people || self.viewer.role == UserRole::Administrator);
        };
        let among = |accounts: &[AccountKey]| accounts.binary_search(&account).is_ok();
        let (reads, manages) = (among(&self.rights.read), among(&self.rights.manage));
        if change.kind.starts_with("account.") {
            return Ok(reads || manages || self.viewer.role != UserRole::Member);
        }
        let Some(message) = change.message else {
            return Ok(reads || among(&self.rights.send));
        };
        if !reads || manages {
            return Ok(reads);
        }
        // The change may be older than the message's privacy, so what counts is how the message is now.
        if let Some(seen) = self.messages.get(&message) {
            return Ok(*seen);
        }
        let seen = match self.viewer.may_see(tx, message).await {
            Ok(_) => true,
            Err(StoreError::NotFound) => false,
            Err(error) => return Err(error),
        };
        self.messages.insert(message, seen);
        Ok(seen)
    }
}

impl ChangeShown {
    /// It is about a message that was there before we began, or that came back.
    pub(crate) fn is_old(&self) -> bool {
        ["backlog", "restored"].iter().any(|fact| self.facts.get(*fact) == Some(&Value::Bool(true)))
    }

    /// A key among its facts.
    pub(crate) fn key<K: FromStr>(&self, fact: &str) -> Option<K> {
        self.facts.get(fact)?.as_str()?.parse().ok()
    }
}

impl From<Change> for ChangeShown {
    fn from(change: Change) -> ChangeShown {
        let mut facts = match change.body {
            Value::Object(facts) => facts,
            _ => Map::new(),
        };
        for own in ["cursor", "kind", "at", "account", "message"] {
            facts.remove(own);
        }
        ChangeShown {
            cursor: change.seq.to_string(),
            kind: change.kind,
            at: Instant(change.happened_at),
            account: change.account,
            message: change.message,
            facts,
        }
    }
}

fn place(field: &str, cursor: &str) -> Result<i64, Problem> {
    let words = text("Dit is geen cursor van deze lijst.", "This is no cursor of this list.");
    let seq = cursor
        .parse()
        .ok()
        .filter(|seq| *seq >= 0 && cursor.len() <= 20 && cursor.bytes().all(|byte| byte.is_ascii_digit()));
    seq.ok_or_else(|| Problem::invalid(field, "invalid_cursor", words))
}
