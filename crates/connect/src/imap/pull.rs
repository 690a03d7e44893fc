//! A pull: several sessions take folders and batches of messages from one board until nothing is left.
//!
//! The sessions are futures of one task: they never run at the same instant, so the board needs no lock worth the name,
//! and dropping the pull drops them all.

mod board;
mod conclude;
mod download;
mod look;

use super::{
    ImapOptions, cause,
    open::open,
    place::Place,
    response::Counts,
    session::Session,
    wire::{Broken, Intake},
};
use crate::{
    Change, ConnectError, Credentials, FolderState, Known, Outlet, Server, World,
    error::{Cause, Step as At},
};
use board::{Board, Step};
use mail::FolderKey;
use std::{collections::HashMap, sync::Arc};

/// Messages so large that they end the connection are skipped; more than this in one pull is no accident.
const MOST_REOPENINGS: usize = 20;
/// Fewer new messages than this are fetched sooner than a second connection is opened.
const WORTH_A_CONNECTION: u64 = 100;

/// Why a worker can't go on with what it does.
#[derive(Debug)]
pub(super) enum Trouble {
    /// With this connection.
    Broken(Broken),
    /// At all.
    Stop(ConnectError),
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Trouble {
        Trouble::Broken(broken)
    }
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Trouble {
        Trouble::Stop(error)
    }
}

/// One folder to pull.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub folder: FolderKey,
    pub remote: String,
    pub place: Option<Place>,
    /// What the server said of it just now.
    pub counts: Option<Counts>,
    /// What the server received earlier stays there.
    pub since: Option<i64>,
}

impl Job {
    pub(super) fn new(state: FolderState, counts: Option<Counts>) -> Job {
        let mut place = state.cursor.as_ref().and_then(Place::read);
        if let Some(place) = place.as_mut().filter(|_| state.thorough) {
            // Nothing that it says is relied on but whose numbers these are.
            *place = Place { finished: false, modseq: 0, again: Vec::new(), ..place.clone() };
        }
        Job { folder: state.folder, remote: state.remote, place, counts, since: state.since }
    }

    /// The server's numbers are those at which the last pull ended, so there is nothing to open the folder for.
    pub(super) fn is_unchanged(&self) -> bool {
        let (Some(place), Some(counts)) = (&self.place, &self.counts) else { return false };
        let same = counts.uidvalidity == Some(place.validity)
            && counts.uidnext == Some(place.next)
            && counts.messages == Some(place.count);
        let empty = place.count == 0;
        let flags = counts.highestmodseq.is_some_and(|modseq| modseq > 0 && modseq == place.modseq);
        place.finished && same && (flags || empty) && place.worth_another_try().next().is_none()
    }

    /// About how many messages there are to fetch.
    fn weight(&self) -> u64 {
        let messages = self.counts.and_then(|counts| counts.messages).map(u64::from);
        match &self.place {
            Some(place) if place.finished => self
                .counts
                .and_then(|counts| counts.uidnext)
                .map_or(0, |next| u64::from(next.saturating_sub(place.next))),
            _ => messages.unwrap_or(WORTH_A_CONNECTION),
        }
    }
}

/// What a pull needs besides sessions.
pub(super) struct Pull<'a> {
    pub world: &'a World,
    pub server: &'a Server,
    pub credentials: &'a Credentials,
    pub options: &'a ImapOptions,
    pub known: Arc<dyn Known>,
    pub out: Outlet,
}

impl Pull<'_> {
    pub(super) async fn send(&self, session: Option<&mut Session>, change: Change) -> Result<(), ConnectError> {
        let began = tokio::time::Instant::now();
        let sent = self.out.changes.send(change).await;
        if let Some(session) = session {
            session.wire.patience.excuse(began.elapsed());
        }
        sent.map_err(|_| cause::later(At::Work, Cause::Dropped, "nobody takes the changes any more".into()))
    }

    fn intake(&self) -> Intake {
        Intake { room: self.out.room.clone(), total: self.out.room_total, limit_bytes: self.world.message_limit_bytes }
    }

    /// Pulls the folders with the sessions there are, opening more when there is enough to do. Gives back the sessions
    /// that still work and the place in each folder that was looked at.
    pub(super) async fn run(
        &self,
        sessions: Vec<Session>,
        jobs: Vec<Job>,
    ) -> (Vec<Session>, HashMap<String, Place>, Result<(), ConnectError>) {
        let weight: u64 = jobs.iter().map(Job::weight).sum();
        let plenty = weight > WORTH_A_CONNECTION || jobs.len() > 8;
        let board = Board::new(jobs);
        let workers = if plenty { self.options.connections.max(1) } else { 1 };
        let mut sessions: Vec<Option<Session>> = sessions.into_iter().map(Some).collect();
        let idle = sessions.split_off(workers.min(sessions.len()));
        sessions.resize_with(workers, || None);
        let work = sessions.into_iter().enumerate().map(|(number, session)| self.work(&board, session, number > 0));
        let mut left: Vec<Session> = futures_util::future::join_all(work).await.into_iter().flatten().collect();
        left.extend(idle.into_iter().flatten());
        let (places, result) = board.close();
        (left, places, result)
    }

    /// Takes steps until there are none. A helper that can't open a connection goes home: servers limit them.
    async fn work(&self, board: &Board, mut session: Option<Session>, helper: bool) -> Option<Session> {
        let mut reopenings = 0;
        loop {
            let selected = session.as_ref().and_then(|session| session.selected.as_ref());
            let step = board.next(selected.map(|selected| selected.remote.as_str()));
            let trouble = match &step {
                Step::Done => break,
                Step::Wait => {
                    board.moved().await;
                    continue;
                }
                Step::Look(_) | Step::Fetch(_) if session.is_none() => {
                    match open(self.world, self.server, self.credentials, self.options).await {
                        Ok(opened) => {
                            session = Some(opened);
                            board.give_back(step);
                            continue;
                        }
                        Err(error) if helper => {
                            tracing::info!(%error, "the server gives us no further connection");
                            board.give_back(step);
                            break;
                        }
                        Err(error) => Trouble::Stop(error),
                    }
                }
                Step::Look(job) => match session.as_mut() {
                    Some(session) => match self.look(session, board, job).await {
                        Ok(()) => continue,
                        Err(trouble) => trouble,
                    },
                    None => break,
                },
                Step::Fetch(run) => match session.as_mut() {
                    Some(session) => match self.fetch(session, board, *run).await {
                        Ok(()) => continue,
                        Err(trouble) => trouble,
                    },
                    None => break,
                },
            };
            session = None;
            if let Trouble::Broken(Broken::TooLarge { uid, size }) = trouble
                && reopenings < MOST_REOPENINGS
            {
                reopenings += 1;
                if let Step::Fetch(run) = step
                    && self.skip_too_large(board, run, uid, size).await.is_err()
                {
                    break;
                }
                board.give_back(step);
                continue;
            }
            board.fail(
                step,
                match trouble {
                    Trouble::Broken(broken) => broken.into(),
                    Trouble::Stop(error) => error,
                },
            );
            break;
        }
        if let Some(session) = &mut session {
            session.wire.rest();
        }
        session
    }

    /// A message was announced above the limit though we did not know its size: it is told, and the rest goes on over a
    /// new connection, asking for sizes first.
    async fn skip_too_large(&self, board: &Board, run: usize, uid: Option<u32>, size: u64) -> Result<(), ConnectError> {
        let folder = board.careful(run, uid);
        if let Some(uid) = uid {
            board.with(run, |run| run.give_up(uid));
        }
        tracing::warn!(%folder, ?uid, size, "a message above the limit is left on the server");
        match uid {
            Some(uid) => self.send(None, self.too_large(folder, uid, size)).await,
            None => Ok(()),
        }
    }

    fn too_large(&self, folder: FolderKey, uid: u32, size: u64) -> Change {
        let limit = self.world.message_limit_bytes;
        Change::Unreadable {
            folder,
            remote: mail::RemoteId::Uid(uid),
            code: "too_large",
            reason: format!("{size} bytes are above the limit of {limit}"),
        }
    }
}
