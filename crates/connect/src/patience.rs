//! How long we wait for a server: for a command by the clock, for a download by its progress.

use std::{future::Future, io, time::Duration};
use tokio::time::Instant;

/// Slower than this over a whole window is a drip, not a download.
const LEAST_BYTES_A_SECOND: u64 = 1024;

/// Why nothing more comes over a connection.
#[derive(Debug)]
pub enum Lost {
    /// The peer closed it.
    Closed,
    /// The network failed.
    Io(io::Error),
    /// Nothing, or too little, came in time.
    TimedOut,
}

/// A limit on waiting. Time spent on our own side (no room, a full channel) does not count.
#[derive(Debug, Clone)]
pub struct Patience {
    ends: Option<Instant>,
    /// Set when the end moves on as long as enough comes in.
    window: Option<Duration>,
    received: u64,
}

impl Patience {
    /// For a silence that is meant: IDLE. The caller has a clock of its own.
    pub fn endless() -> Patience {
        Patience { ends: None, window: None, received: 0 }
    }

    /// The whole answer within this time.
    pub fn within(time: Duration) -> Patience {
        Patience { ends: Some(Instant::now() + time), window: None, received: 0 }
    }

    /// As long as 1 KiB a second comes, measured over windows of this length.
    pub fn progress(window: Duration) -> Patience {
        Patience { ends: Some(Instant::now() + window), window: Some(window), received: 0 }
    }

    /// This much of the time was ours, not the server's.
    pub fn excuse(&mut self, time: Duration) {
        if let Some(ends) = &mut self.ends {
            *ends += time;
        }
    }

    /// Reads once within what is left.
    pub async fn watch(&mut self, read: impl Future<Output = io::Result<usize>>) -> Result<(), Lost> {
        tokio::pin!(read);
        let count = loop {
            let Some(ends) = self.ends else { break read.await };
            match tokio::time::timeout_at(ends, &mut read).await {
                Ok(count) => break count,
                Err(_) => self.renew(ends)?,
            }
        };
        match count {
            Ok(0) => Err(Lost::Closed),
            Ok(count) => {
                self.received += count as u64;
                match self.ends {
                    Some(ends) if Instant::now() >= ends => self.renew(ends),
                    _ => Ok(()),
                }
            }
            Err(error) => Err(Lost::Io(error)),
        }
    }

    fn renew(&mut self, ended: Instant) -> Result<(), Lost> {
        let window = self.window.ok_or(Lost::TimedOut)?;
        if self.received < LEAST_BYTES_A_SECOND * window.as_secs() {
            return Err(Lost::TimedOut);
        }
        self.received = 0;
        self.ends = Some(ended.max(Instant::now()) + window);
        Ok(())
    }
}
