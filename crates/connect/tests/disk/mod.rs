//! A disk for the mark that a letter is on its way.

use async_trait::async_trait;
use connect::Marks;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the marks, and can't make one when told so.
#[derive(Default)]
pub struct Disk {
    pub marks: AtomicUsize,
    pub is_full: bool,
}

#[async_trait]
impl Marks for Disk {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.marks.fetch_add(1, Ordering::SeqCst);
        if self.is_full { Err("disk full".to_owned()) } else { Ok(()) }
    }
}
