//! Whether there is no room: what the page tells everybody, since nothing they do would be kept.

use crate::StoreError;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Somebody tries to write again well within this time, as long as there is no room.
const HOLDS: Duration = Duration::from_secs(15);

/// When something was last not kept for want of room.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shortage(Arc<Mutex<Option<Instant>>>);

impl Shortage {
    /// Looks at how a write went.
    pub(crate) fn note<T>(&self, result: &Result<T, StoreError>) {
        if matches!(result, Err(StoreError::Full)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether that was a moment ago.
    pub(crate) fn is_now(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|met| met.elapsed() < HOLDS)
    }
}
