//! One connection, signed in: commands out, answers in, many of them in flight where the server can (RFC 2449 §6.6).

use super::{
    listing::{Listing, Named},
    reply::{Capabilities, Reply, Said, read},
    wire::{Broken, Wire},
};
use crate::patience::Patience;
use bytes::Bytes;
use std::{collections::HashMap, time::Duration};

/// How long a command may take that downloads nothing.
pub const COMMAND_TIME: Duration = Duration::from_secs(60);
/// The window in which a download must make progress.
pub const FETCH_TIME: Duration = Duration::from_secs(300);
/// How long the end of a session that deletes may take: this is when the server does it.
const QUIT_TIME: Duration = Duration::from_secs(120);
/// How long a polite goodbye may take.
const FAREWELL_TIME: Duration = Duration::from_secs(2);
/// Small commands in flight.
const IN_FLIGHT: usize = 32;
/// More messages than this are no mailbox.
const MESSAGES_MAX: usize = 1_000_000;
/// More of a head than this is not looked at.
const HEAD_BYTES: u64 = 1 << 20;

/// A connection, signed in.
#[derive(Debug)]
pub struct Session {
    pub(super) wire: Wire,
    /// What the server can do.
    pub can: Capabilities,
    /// What lies in the mailbox; the server keeps it as it is as long as the session lasts (RFC 1939 §3).
    pub listing: Option<Listing>,
}

impl Session {
    /// A session over a wire; nothing is known yet.
    pub fn new(wire: Wire) -> Session {
        Session { wire, can: Capabilities::default(), listing: None }
    }

    /// The next answer.
    pub async fn reply(&mut self) -> Result<Reply, Broken> {
        match read(&self.wire.status().await?) {
            Some(Said::Reply(reply)) => Ok(reply),
            _ => Err(Broken::Malformed("an answer that is none")),
        }
    }

    /// Sends one command and waits for the first line of its answer.
    pub async fn ask(&mut self, command: &str) -> Result<Reply, Broken> {
        self.wire.patience = Patience::within(COMMAND_TIME);
        self.wire.push(command);
        self.wire.flush().await?;
        self.reply().await
    }

    /// How many commands of this kind may be in flight.
    pub fn at_once(&self, most: usize) -> usize {
        if self.can.has("PIPELINING") { most } else { 1 }
    }

    /// What lies in the mailbox, asked for once a session. `Err` of the inner result: the server gives no lasting names.
    pub async fn look(&mut self) -> Result<Result<&Listing, Reply>, Broken> {
        if self.listing.is_none() {
            self.wire.patience = Patience::progress(FETCH_TIME);
            self.wire.push("UIDL");
            if self.at_once(2) == 2 {
                self.wire.push("LIST");
            }
            self.wire.flush().await?;
            let named = self.reply().await?;
            let names = if named.ok { self.numbered(|rest| Some(rest.to_owned())).await? } else { Vec::new() };
            if self.at_once(2) == 1 {
                self.wire.push("LIST");
                self.wire.flush().await?;
            }
            let sized = self.reply().await?;
            let sizes = if sized.ok { self.numbered(|rest| rest.parse::<u64>().ok()).await? } else { Vec::new() };
            if !named.ok {
                return Ok(Err(named));
            }
            let sizes: HashMap<u32, u64> = sizes.into_iter().collect();
            let listing = Listing::new(names, &sizes);
            let (listing, doubtful) = match listing {
                Ok(listing) => listing,
                Err(count) => {
                    let text = format!("the server gives {count} messages names that others have too");
                    return Ok(Err(Reply { ok: false, code: None, text }));
                }
            };
            let mut heads = Vec::new();
            self.heads(&doubtful, |number, head| heads.push((number, head))).await?;
            if heads.iter().any(|(_, head)| head.is_none()) {
                let text = "the server gives messages the same name and does not show their heads".to_owned();
                return Ok(Err(Reply { ok: false, code: None, text }));
            }
            self.listing = Some(listing.named_by_heads(heads));
        }
        Ok(Ok(self.listing.get_or_insert_default()))
    }

    /// The lines of a list: a number, and what `read` makes of the rest; other lines are left out.
    async fn numbered<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Result<Vec<(u32, T)>, Broken> {
        let mut found = Vec::new();
        while let Some(line) = self.wire.item().await? {
            if found.len() >= MESSAGES_MAX {
                return Err(Broken::Malformed("a list without end"));
            }
            let text = String::from_utf8_lossy(&line);
            let (number, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
            let rest = rest.split_ascii_whitespace().next().unwrap_or_default();
            if let (Ok(number), Some(rest)) = (number.parse(), read(rest)) {
                found.push((number, rest));
            }
        }
        Ok(found)
    }

    /// The heads of these messages (TOP); without one when the server refuses.
    pub async fn heads(&mut self, numbers: &[u32], mut each: impl FnMut(u32, Option<Bytes>)) -> Result<(), Broken> {
        let most = self.at_once(IN_FLIGHT);
        for some in numbers.chunks(most) {
            for number in some {
                self.wire.push(&format!("TOP {number} 0"));
            }
            self.wire.patience = Patience::progress(FETCH_TIME);
            self.wire.flush().await?;
            for number in some {
                let head = match self.reply().await?.ok {
                    true => Some(self.wire.message(0, HEAD_BYTES, None).await?),
                    false => None,
                };
                each(*number, head);
            }
        }
        Ok(())
    }

    /// Marks messages as to be deleted; says of each whether the server agreed. Nothing is deleted before [`Session::quit`].
    pub async fn delete(&mut self, entries: &[Named]) -> Result<Vec<Result<(), Reply>>, Broken> {
        let most = self.at_once(IN_FLIGHT);
        let mut agreed = Vec::with_capacity(entries.len());
        for some in entries.chunks(most) {
            for entry in some {
                self.wire.push(&format!("DELE {}", entry.number));
            }
            self.wire.patience = Patience::within(COMMAND_TIME);
            self.wire.flush().await?;
            for _ in some {
                let reply = self.reply().await?;
                agreed.push(if reply.ok { Ok(()) } else { Err(reply) });
            }
        }
        Ok(agreed)
    }

    /// Ends the session: the server deletes what was marked, and its answer says whether it did (RFC 1939 §6).
    pub async fn quit(mut self) -> Result<Reply, Broken> {
        self.wire.patience = Patience::within(QUIT_TIME);
        self.wire.push("QUIT");
        self.wire.flush().await?;
        self.reply().await
    }

    /// Signs out without waiting long, when nothing was marked.
    pub async fn leave(self) {
        drop(tokio::time::timeout(FAREWELL_TIME, self.quit()).await);
    }
}
