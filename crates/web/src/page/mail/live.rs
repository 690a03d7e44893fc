//! Tells an open page that there is something new, so that it looks again. What it then sees is read by its own rights; the
//! event itself says nothing but that. A page whose browser shows notices is told those too.

use super::notice;
use crate::{
    AppState,
    api::seen_after,
    page::{
        frame::Shown,
        visitor::{Person, Visitor},
    },
};
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use mailroom::{people, words::Language};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use store::{Topic, Viewer, change};
use tokio::sync::watch;

/// So many changes one event tells of at most.
const READ: usize = 1000;

struct Listener {
    state: AppState,
    proof: Arc<str>,
    viewer: Viewer,
    language: Language,
    shows_notices: bool,
    cursor: i64,
    /// More happened than was told.
    is_behind: bool,
    waiting: VecDeque<Event>,
    bell: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    /// The browser shows notices.
    #[serde(default)]
    notices: bool,
    /// What the page shows is as it was at this change.
    since: Option<i64>,
}

/// The last change that this browser was told of, when its line was cut.
fn told_last(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

pub(super) async fn listen(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    Query(wish): Query<Wish>,
) -> Shown {
    let viewer = person.viewer;
    let bell = state.room.store.db.bell(Topic::Changes);
    let closing = state.closing.subscribe();
    let newest = state.read(move |tx| Box::pin(async move { change::newest(tx, viewer.organisation).await })).await?;
    // What came while the page was on its way, or the line was cut, is told at once. A database that was put back has less.
    let cursor = told_last(&headers).or(wish.since).map_or(newest, |told| told.clamp(0, newest));
    let is_behind = cursor < newest;
    let (proof, language, waiting) = (visitor.proof, visitor.language, VecDeque::new());
    let shows_notices = wish.notices;
    let listener =
        Listener { state, proof, viewer, language, shows_notices, cursor, is_behind, waiting, bell, closing };
    let stream = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

impl Listener {
    /// The next event; `None` when the person signed out, the store is gone, or the program ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if !self.is_behind {
                tokio::select! {
                    rung = self.bell.changed() => rung.ok()?,
                    _ = self.closing.wait_for(|closing| *closing) => return None,
                }
            }
            self.bell.borrow_and_update();
            // Rights may have changed since the last event, and the session may be over.
            self.viewer = people::listener(&self.state.room, &self.proof).await.ok()??;
            let (viewer, since, language) = (self.viewer, self.cursor, self.language);
            let shows_notices = self.shows_notices;
            let read = self.state.read(move |tx| {
                Box::pin(async move {
                    let read = seen_after(tx, &viewer, since, READ).await?;
                    let notices = match shows_notices {
                        true => notice::of(tx, &viewer, &read.items, language).await?,
                        false => Vec::new(),
                    };
                    Ok((read, notices))
                })
            });
            let (read, notices) = read.await.ok()?;
            (self.cursor, self.is_behind) = (read.latest, read.more);
            let is_new = read.items.iter().any(|change| change.kind == "message.received");
            if !read.items.is_empty() {
                let event = Event::default().id(self.cursor.to_string()).event("mail");
                self.waiting.push_back(event.data(if is_new { "new" } else { "changed" }));
            }
            for notice in notices {
                self.waiting.push_back(Event::default().event("notice").json_data(&notice).ok()?);
            }
        }
    }
}
