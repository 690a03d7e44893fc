//! Tells an open page that there is something new, so that it looks again. What it then sees is read by its own rights;
//! the event itself says nothing but that.

use crate::{
    AppState,
    api::seen_after,
    page::{
        frame::Shown,
        session,
        visitor::{Person, Visitor},
    },
};
use axum::{
    extract::State,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use std::{convert::Infallible, sync::Arc, time::Duration};
use store::{Topic, Viewer, change};
use tokio::sync::watch;

struct Listener {
    state: AppState,
    proof: Arc<str>,
    viewer: Viewer,
    cursor: i64,
    bell: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

pub(super) async fn listen(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let viewer = person.viewer;
    let bell = state.room.store.db.bell(Topic::Changes);
    let closing = state.closing.subscribe();
    let cursor = state.read(move |tx| Box::pin(async move { change::newest(tx, viewer.organisation).await })).await?;
    let listener = Listener { state, proof: visitor.proof, viewer, cursor, bell, closing };
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
            tokio::select! {
                rung = self.bell.changed() => rung.ok()?,
                _ = self.closing.wait_for(|closing| *closing) => return None,
            }
            self.bell.borrow_and_update();
            // Rights may have changed since the last event, and the session may be over.
            self.viewer = session::person(&self.state, &self.proof).await.ok()??.0.viewer;
            let (viewer, since) = (self.viewer, self.cursor);
            let read = self
                .state
                .read(move |tx| Box::pin(async move { seen_after(tx, &viewer, since, 1000).await }))
                .await
                .ok()?;
            self.cursor = read.latest;
            let is_new = read.items.iter().any(|change| change.kind == "message.received");
            if !read.items.is_empty() {
                return Some(Event::default().event("mail").data(if is_new { "new" } else { "changed" }));
            }
        }
    }
}
