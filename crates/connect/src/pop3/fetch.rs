//! Fetching what is new: the newest first, several messages in flight.

use super::{
    FOLDER_EPOCH, Pop3Source, cause,
    listing::Named,
    session::{FETCH_TIME, Session},
    wire::{Broken, Loan},
};
use crate::{
    Change, ConnectError, FolderState, Known, Outlet, ServerWords,
    error::{Cause, Step},
    patience::Patience,
};
use mail::{Cursor, FolderKey, RemoteId, RemoteSet};
use std::{collections::VecDeque, sync::Arc};
use tokio::time::Instant;

/// Messages in flight on the connection: enough that the server never waits for us ...
const IN_FLIGHT: usize = 8;
/// ... but no more than about so many bytes of them.
const BYTES_IN_FLIGHT: u64 = 2 << 20;
/// What a message has of which the server does not say.
const USUAL_BYTES: u64 = 64 << 10;
/// Messages so large that they end the connection are skipped; more than this in one pull is no accident.
const MOST_REOPENINGS: usize = 5;

/// Why a session can't go on.
enum Trouble {
    /// A message was larger than its server said and than we take: told already, and the connection is of no more use.
    TooLarge,
    Stop(ConnectError),
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Trouble {
        Trouble::Stop(broken.into())
    }
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Trouble {
        Trouble::Stop(error)
    }
}

/// One pull of the one folder that there is.
struct Pull {
    state: FolderState,
    known: RemoteSet,
    out: Outlet,
    limit: u64,
    /// Handed over or told as unreadable on an earlier connection of this pull.
    told: RemoteSet,
    done: u64,
}

impl Pop3Source {
    pub(super) async fn pull_inbox(
        &mut self,
        state: FolderState,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        let since = state.since;
        let mut session = self.session().await?;
        let listing = session.listing().await?;
        let seen = (listing.fingerprint(), since);
        if self.seen == Some(seen) && state.cursor.is_some() && !state.thorough {
            self.session = Some(session);
            return Ok(());
        }
        self.seen = None;
        let known = known.known(state.folder).await;
        let limit = self.world.message_limit_bytes;
        let mut pull = Pull { state, known, out, limit, told: RemoteSet::new(), done: 0 };
        if pull.state.cursor.is_none() {
            pull.send(None, Change::Epoch { folder: pull.state.folder, epoch: FOLDER_EPOCH }).await?;
        }
        for _ in 0..=MOST_REOPENINGS {
            match pull.run(&mut session).await {
                Ok(()) => {
                    self.seen = Some((session.listing().await?.fingerprint(), since));
                    self.session = Some(session);
                    return Ok(());
                }
                Err(Trouble::Stop(error)) => return Err(error),
                Err(Trouble::TooLarge) => {
                    // What the server still sends of it would be all that comes over this connection.
                    drop(session);
                    session = self.session().await?;
                }
            }
        }
        Err(cause::later(
            Step::Work,
            Cause::Protocol,
            "the server says of one message after the other that it is small",
        ))
    }
}

impl Pull {
    async fn run(&mut self, session: &mut Session) -> Result<(), Trouble> {
        let listing = session.listing().await?;
        let there = listing.names();
        let is_new = |one: &&Named| {
            let id = RemoteId::Name(one.name.clone());
            !self.known.contains(&id) && !self.told.contains(&id)
        };
        let mut new: Vec<Named> = listing.messages.iter().rev().filter(is_new).cloned().collect();
        self.without_too_large(&mut new).await?;
        if let Some(since) = self.state.since {
            self.without_older(session, &mut new, since).await?;
        }
        self.fetch(session, new).await?;
        let folder = self.state.folder;
        self.send(Some(session), Change::Present { folder, ids: there }).await?;
        self.send(Some(session), Change::Cursor { folder, cursor: Cursor("pop3".to_owned()) }).await?;
        Ok(())
    }

    async fn without_too_large(&mut self, new: &mut Vec<Named>) -> Result<(), ConnectError> {
        let limit = self.limit;
        let (large, fit): (Vec<Named>, Vec<Named>) =
            new.drain(..).partition(|one| one.size.is_some_and(|size| size > limit));
        *new = fit;
        for one in large {
            let reason = format!("{} bytes are above the limit of {limit}", one.size.unwrap_or_default());
            self.unreadable(None, &one, "too_large", reason).await?;
        }
        Ok(())
    }

    /// Leaves out what the server received before the moment; a head tells, so that the message need not be fetched.
    async fn without_older(&mut self, session: &mut Session, new: &mut Vec<Named>, since: i64) -> Result<(), Trouble> {
        let numbers: Vec<u32> = new.iter().map(|one| one.number).collect();
        let mut arrivals = Vec::with_capacity(numbers.len());
        session.heads(&numbers, |_, head| arrivals.push(head.and_then(|head| mail::parse::arrival(&head).at))).await?;
        let mut kept = Vec::new();
        for (one, at) in new.drain(..).zip(arrivals) {
            match at.filter(|at| *at < since) {
                Some(at) => {
                    let remote = self.tell(&one);
                    let folder = self.state.folder;
                    self.send(Some(session), Change::Older { folder, remote, at }).await?;
                }
                None => kept.push(one),
            }
        }
        *new = kept;
        Ok(())
    }

    async fn fetch(&mut self, session: &mut Session, new: Vec<Named>) -> Result<(), Trouble> {
        let total = self.done + new.len() as u64;
        let most = session.at_once(IN_FLIGHT);
        let mut waiting: VecDeque<Named> = new.into();
        let mut flying: VecDeque<Named> = VecDeque::new();
        loop {
            let mut bytes: u64 = flying.iter().map(size).sum();
            let before = flying.len();
            while flying.len() < most
                && let Some(next) =
                    waiting.pop_front_if(|next| flying.is_empty() || bytes + size(next) <= BYTES_IN_FLIGHT)
            {
                bytes += size(&next);
                session.wire.push(&format!("RETR {}", next.number));
                flying.push_back(next);
            }
            if flying.len() > before {
                session.wire.patience = Patience::progress(FETCH_TIME);
                session.wire.flush().await?;
            }
            let Some(one) = flying.pop_front() else { return Ok(()) };
            self.take(session, &one).await?;
            self.done += 1;
            let (folder, done) = (self.state.folder, self.done);
            self.send(Some(session), Change::Progress { folder, done, total }).await?;
        }
    }

    /// Takes the answer to one RETR.
    async fn take(&mut self, session: &mut Session, one: &Named) -> Result<(), Trouble> {
        let reply = session.reply().await?;
        if !reply.ok {
            return match cause::work(&reply) {
                error @ ConnectError::Later { .. } => Err(error.into()),
                _ => Ok(self.unreadable(Some(session), one, "refused", ServerWords::new(&reply.text, &[]).0).await?),
            };
        }
        let began = Instant::now();
        let mut loan = Loan::take(&self.out.room, self.out.room_total, size(one)).await;
        session.wire.patience.excuse(began.elapsed());
        let raw = match session.wire.message(size(one), self.limit, Some(&mut loan)).await {
            Ok(raw) => raw,
            Err(Broken::TooLarge) => {
                let said = one.size.map_or("nothing".to_owned(), |size| format!("{size} bytes"));
                let reason = format!("it goes on above the limit of {} bytes; the server announced {said}", self.limit);
                self.unreadable(None, one, "too_large", reason).await?;
                return Err(Trouble::TooLarge);
            }
            Err(broken) => return Err(broken.into()),
        };
        if raw.is_empty() && one.size != Some(0) {
            let size = one.size.map_or("unknown".to_owned(), |size| size.to_string());
            let reason = format!("the server gave no content, though the size is {size}");
            return Ok(self.unreadable(Some(session), one, "empty", reason).await?);
        }
        let (folder, remote) = (self.state.folder, self.tell(one));
        let internal_at = mail::parse::arrival(&raw).at;
        let (flags, room) = (mail::Flags::default(), loan.into_permit());
        Ok(self.send(Some(session), Change::Message { folder, remote, raw, flags, internal_at, room }).await?)
    }

    async fn unreadable(
        &mut self,
        session: Option<&mut Session>,
        one: &Named,
        code: &'static str,
        reason: String,
    ) -> Result<(), ConnectError> {
        let (folder, remote): (FolderKey, RemoteId) = (self.state.folder, self.tell(one));
        self.send(session, Change::Unreadable { folder, remote, code, reason }).await
    }

    fn tell(&mut self, one: &Named) -> RemoteId {
        let id = RemoteId::Name(one.name.clone());
        self.told.insert(&id);
        id
    }

    async fn send(&self, session: Option<&mut Session>, change: Change) -> Result<(), ConnectError> {
        let began = Instant::now();
        let sent = self.out.changes.send(change).await;
        if let Some(session) = session {
            session.wire.patience.excuse(began.elapsed());
        }
        sent.map_err(|_| cause::later(Step::Work, Cause::Dropped, "nobody takes the changes any more"))
    }
}

fn size(one: &Named) -> u64 {
    one.size.unwrap_or(USUAL_BYTES)
}
