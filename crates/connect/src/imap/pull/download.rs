//! Fetching messages: several commands in flight, the newest first.

use super::{
    super::{
        cause,
        command::{Command, uid_set},
        fetch::{Body, Fetched},
        folder,
        response::{Condition, Response, Status},
        session::{Arrived, FETCH_TIME, Session},
        wire::{Broken, Patience},
    },
    Pull, Trouble,
    board::Board,
};
use crate::{Change, ConnectError};
use mail::{FolderKey, RemoteId, RemoteSet};
use std::collections::VecDeque;
use tokio::sync::OwnedSemaphorePermit;

/// Commands in flight on one connection: enough that the server never waits for us.
const IN_FLIGHT: usize = 4;
/// About what one command should bring.
const BATCH_BYTES: u64 = 2 << 20;
const BATCH_FIRST: u32 = 32;
const BATCH_MOST: u64 = 400;

/// What is asked of a message, and nothing else: ENVELOPE and BODYSTRUCTURE are where servers' mistakes live.
pub(super) const ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])";

/// A FETCH command under way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub tag: u32,
    /// What was asked for.
    pub asked: RemoteSet,
    /// What came, readable or not.
    pub came: RemoteSet,
    pub bytes: u64,
}

/// What one worker has under way in a folder.
#[derive(Debug, Default)]
struct UnderWay {
    flights: VecDeque<Flight>,
    /// Batches that came to their end.
    ended: usize,
    /// Messages that a command passed over.
    silent: RemoteSet,
}

impl Flight {
    pub(super) fn new(tag: u32, asked: RemoteSet) -> Flight {
        Flight { tag, asked, came: RemoteSet::new(), bytes: 0 }
    }

    fn expects(&self, uid: u32) -> bool {
        let id = RemoteId::Uid(uid);
        self.asked.contains(&id) && !self.came.contains(&id)
    }
}

/// What a delivery did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    /// A message was handed over.
    Message,
    /// A message was told as unreadable.
    Unreadable(u32),
    /// Nothing.
    Nothing,
}

impl Pull<'_> {
    /// Fetches batches of this run until none is left for this worker.
    pub(super) async fn fetch(&self, session: &mut Session, board: &Board, run: usize) -> Result<(), Trouble> {
        let (key, remote, validity, careful) = board.folder_of(run);
        if session.selected.as_ref().is_none_or(|selected| selected.remote != remote) {
            let opened = folder::open(session, &remote, false, None).await?;
            if let Err(status) = opened {
                return Err(Trouble::Stop(cause::work(&status)));
            }
        }
        let now = session.selected.as_ref().and_then(|selected| selected.uidvalidity).unwrap_or(validity);
        if now != validity {
            return Err(Trouble::Stop(ConnectError::CursorLost));
        }
        session.wire.intake = Some(self.intake());
        let mut under_way = UnderWay::default();
        let result = self.drain(session, board, (run, key, careful), &mut under_way).await;
        if result.is_err() {
            let unanswered = under_way.flights.iter().map(|flight| flight.asked.minus(&flight.came));
            let mut back: Vec<RemoteSet> = unanswered.collect();
            back.push(under_way.silent);
            board.put_back(run, &back, under_way.flights.len() + under_way.ended);
        }
        result
    }

    async fn drain(
        &self,
        session: &mut Session,
        board: &Board,
        (run, key, careful): (usize, FolderKey, bool),
        UnderWay { flights, ended, silent }: &mut UnderWay,
    ) -> Result<(), Trouble> {
        let mut size = BATCH_FIRST;
        // While sizes are asked for, no other answer may be on its way.
        let most = if careful { 1 } else { IN_FLIGHT };
        loop {
            let mut put = false;
            while flights.len() < most
                && let Some(mut batch) = board.take(run, size)
            {
                if careful {
                    flights.push_back(Flight::new(0, batch.clone()));
                    batch = self.without_too_large(session, board, (run, key), batch).await?;
                    flights.pop_back();
                    if batch.is_empty() {
                        *ended += 1;
                        continue;
                    }
                }
                flights.push_back(Flight::new(0, batch.clone()));
                let tag = session.put(Command::new(&format!("UID FETCH {} {ITEMS}", uid_set(batch.ranges())))).await?;
                if let Some(flight) = flights.back_mut() {
                    flight.tag = tag;
                }
                put = true;
            }
            if put {
                session.wire.patience = Patience::progress(FETCH_TIME);
                session.wire.flush().await?;
            }
            if flights.is_empty() {
                break;
            }
            let arrived = session.next().await?;
            if let Response::Tagged(tag, status) = &arrived.response {
                let Some(at) = flights.iter().position(|flight| flight.tag == *tag) else { continue };
                // It stays among the flights until it is settled, so that an error puts back what did not come.
                let flight = flights[at].clone();
                let count = flight.came.len() as u64;
                if count > 0 {
                    size = (BATCH_BYTES * count / flight.bytes.max(1)).clamp(8, BATCH_MOST) as u32;
                }
                let unsettled = self.after(session, board, run, &flight, status).await?;
                for uid in unsettled.uids() {
                    silent.insert_range(uid, uid);
                }
                flights.remove(at);
                *ended += 1;
                let (done, total) = board.with(run, |run| (run.done, run.total));
                self.send(Some(session), Change::Progress { folder: key, done, total }).await?;
                continue;
            }
            match self.deliver(session, key, flights, arrived).await? {
                Delivered::Nothing => {}
                Delivered::Message => board.with(run, |run| run.done += 1),
                Delivered::Unreadable(uid) => board.with(run, |run| run.unreadable(uid)),
            }
        }
        if !silent.is_empty() {
            self.ask_after(session, board, run, silent).await?;
        }
        match board.finish(run, std::mem::take(ended)) {
            Some(place) => Ok(self.send(None, Change::Cursor { folder: key, cursor: place.cursor() }).await?),
            None => Ok(()),
        }
    }

    /// Hands over what a FETCH response brought, when somebody asked for it.
    pub(super) async fn deliver(
        &self,
        session: &mut Session,
        folder: FolderKey,
        flights: &mut VecDeque<Flight>,
        arrived: Arrived,
    ) -> Result<Delivered, ConnectError> {
        let Arrived { response: Response::Fetch(fetched), room } = arrived else { return Ok(Delivered::Nothing) };
        let expected =
            fetched.uid.zip(fetched.uid.and_then(|uid| flights.iter_mut().find(|flight| flight.expects(uid))));
        let (Some((uid, flight)), Some(_)) = (expected, &fetched.body) else {
            if fetched.body.is_some() {
                tracing::warn!(%folder, uid = fetched.uid, "the server sent a message that we did not ask for; dropped");
            } else if let Some(selected) = &mut session.selected {
                selected.changed = true;
            }
            return Ok(Delivered::Nothing);
        };
        flight.came.insert_range(uid, uid);
        flight.bytes += fetched.size.unwrap_or(0);
        self.hand_over(session, folder, uid, *fetched, room).await
    }

    async fn hand_over(
        &self,
        session: &mut Session,
        folder: FolderKey,
        uid: u32,
        fetched: Fetched,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<Delivered, ConnectError> {
        let remote = RemoteId::Uid(uid);
        let raw = match fetched.body {
            Some(Body::Bytes(raw)) if !raw.is_empty() || fetched.size == Some(0) => raw,
            _ => {
                let size = fetched.size.map_or("unknown".to_owned(), |size| size.to_string());
                let reason = format!("the server gave no content, though the size is {size}");
                self.send(Some(session), Change::Unreadable { folder, remote, code: "empty", reason }).await?;
                return Ok(Delivered::Unreadable(uid));
            }
        };
        let flags = fetched.flags.unwrap_or_default();
        let internal_at = fetched.internal_at;
        self.send(Some(session), Change::Message { folder, remote, raw, flags, internal_at, room }).await?;
        Ok(Delivered::Message)
    }

    /// What the end of a command means for the messages that did not come: asked for one by one when a batch was
    /// refused, told when one was. Gives those that the server passed over in silence.
    async fn after(
        &self,
        session: &mut Session,
        board: &Board,
        run: usize,
        flight: &Flight,
        status: &Status,
    ) -> Result<RemoteSet, Trouble> {
        let missing = flight.asked.minus(&flight.came);
        match (status.condition, missing.len()) {
            (_, 0) => Ok(missing),
            (Condition::Ok, _) => Ok(missing),
            (Condition::No, 1) => {
                if let error @ ConnectError::Later { .. } = cause::work(status) {
                    return Err(Trouble::Stop(error));
                }
                if let Some(uid) = missing.uids().next() {
                    self.refused(session, board, run, uid, &status.text).await?;
                }
                Ok(RemoteSet::new())
            }
            (Condition::No, _) => {
                board.with(run, |run| run.single.extend(missing.uids()));
                Ok(RemoteSet::new())
            }
            _ => Err(Trouble::Stop(cause::work(status))),
        }
    }

    async fn refused(
        &self,
        session: &mut Session,
        board: &Board,
        run: usize,
        uid: u32,
        words: &str,
    ) -> Result<(), ConnectError> {
        let folder = board.with(run, |run| {
            run.unreadable(uid);
            run.folder
        });
        let reason = crate::ServerWords::new(words, &[]).0;
        let change = Change::Unreadable { folder, remote: RemoteId::Uid(uid), code: "refused", reason };
        self.send(Some(session), change).await
    }

    /// Messages that were asked for and did not come are either gone, which is fine, or kept from us, which is told.
    async fn ask_after(
        &self,
        session: &mut Session,
        board: &Board,
        run: usize,
        silent: &RemoteSet,
    ) -> Result<(), Trouble> {
        let (status, responses) =
            session.run(Command::new(&format!("UID FETCH {} (UID)", uid_set(silent.ranges())))).await?;
        if status.condition != Condition::Ok {
            return Err(Trouble::Stop(cause::work(&status)));
        }
        for response in responses {
            let Response::Fetch(fetched) = response else { continue };
            if let Some(uid) = fetched.uid.filter(|uid| silent.contains(&RemoteId::Uid(*uid))) {
                self.refused(session, board, run, uid, "the server passed it over in silence").await?;
            }
        }
        Ok(())
    }

    /// The batch without the messages above the limit, which are told.
    async fn without_too_large(
        &self,
        session: &mut Session,
        board: &Board,
        (run, folder): (usize, FolderKey),
        batch: RemoteSet,
    ) -> Result<RemoteSet, Trouble> {
        let limit = self.world.message_limit_bytes;
        let command = Command::new(&format!("UID FETCH {} (UID RFC822.SIZE)", uid_set(batch.ranges())));
        let (_, responses) = session.run(command).await.map_err(|error| match error {
            // A body that nobody asked for is no reason to ask for sizes once more.
            Broken::TooLarge { .. } => Broken::Malformed("a message that nobody asked for"),
            other => other,
        })?;
        let mut large = RemoteSet::new();
        for response in responses {
            let Response::Fetch(fetched) = response else { continue };
            if let (Some(uid), Some(size)) = (fetched.uid, fetched.size)
                && size > limit
                && batch.contains(&RemoteId::Uid(uid))
            {
                large.insert_range(uid, uid);
                board.with(run, |run| run.give_up(uid));
                self.send(Some(session), self.too_large(folder, uid, size)).await?;
            }
        }
        Ok(batch.minus(&large))
    }
}
