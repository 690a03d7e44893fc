//! What every handler can reach.

use crate::{caller::TokenCache, metrics::Meter, problem::Problem, throttle::Throttle};
use mailroom::MailRoom;
use std::sync::Arc;
use store::{Tx, Work};
use tokio::sync::watch;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The verbs, and what they stand on.
    pub room: Arc<MailRoom>,
    pub(crate) tokens: Arc<TokenCache>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) closing: Arc<watch::Sender<bool>>,
}

impl AppState {
    /// A state with empty caches.
    pub fn new(room: Arc<MailRoom>) -> AppState {
        AppState {
            room,
            tokens: Arc::new(TokenCache::default()),
            meter: Arc::new(Meter::default()),
            throttle: Arc::new(Throttle::default()),
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// What a reading unit of work finds.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        Ok(self.room.store.db.read(work).await?)
    }

    /// What a writing unit of work did; durable when this returns.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        Ok(self.room.store.db.write(work).await?)
    }

    /// Ends the streams that would otherwise never end, so that a graceful stop can finish.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}
