//! Whether the program lives, and whether it can do its work.

use crate::{AppState, problem::Problem};
use axum::extract::State;
use std::time::Duration;

/// The process answers. Says nothing of what it stands on, so that a database's trouble does not get it killed.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Database and blob store answer; 503 otherwise, and no traffic should come here.
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    let answered = tokio::time::timeout(Duration::from_secs(5), state.room.store.check()).await;
    match answered {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "The store does not answer: this node calls itself not ready.");
            Err(Problem::unavailable())
        }
        Err(_) => {
            tracing::warn!("The store did not answer within five seconds: this node calls itself not ready.");
            Err(Problem::unavailable())
        }
    }
}
