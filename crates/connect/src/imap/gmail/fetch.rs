//! Bytes, once for each letter, several commands in flight, the newest first.

use super::{
    super::{
        ImapOptions, cause,
        command::{Command, uid_set},
        fetch::Body,
        folder,
        open::open,
        pull::Trouble,
        response::{Condition, Response, Status},
        session::{FETCH_TIME, Session},
        wire::{Broken, Intake, Patience},
    },
    entry::Entry,
    map::Room,
    pull::Pull,
    remote_id,
};
use crate::{Change, ConnectError, Credentials, Server, World, error::Cause};
use bytes::Bytes;
use std::collections::VecDeque;
use tokio::sync::OwnedSemaphorePermit;

/// Commands in flight: enough that the server never waits for us.
const IN_FLIGHT: usize = 4;
/// What one command may bring, in letters and in bytes.
const BATCH: usize = 64;
const BATCH_BYTES: u64 = 2 << 20;
/// Letters of which the length was no truth end the connection; more than this in one pull is no accident.
const MOST_REOPENINGS: usize = 20;

/// The connection of a pull, and what a new one needs.
pub struct Line<'a> {
    pub world: &'a World,
    pub server: &'a Server,
    pub credentials: &'a Credentials,
    pub options: &'a ImapOptions,
    pub session: Session,
}

/// A letter that is to come, with the folders in which it is new, by their number in the pull.
pub struct Wish {
    pub room: Room,
    pub entry: Entry,
    pub folders: Vec<usize>,
}

struct Flight {
    tag: u32,
    asked: Vec<Wish>,
}

/// What is to come out of one room.
#[derive(Default)]
struct Work {
    /// Rising; taken from the end.
    waiting: Vec<Wish>,
    /// To be asked for one by one: a command with them was refused.
    single: Vec<Wish>,
    flights: VecDeque<Flight>,
}

impl Work {
    fn take(&mut self) -> Vec<Wish> {
        let mut some = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.waiting.last() {
            bytes += next.entry.size;
            if some.len() == BATCH || (bytes > BATCH_BYTES && !some.is_empty()) {
                return some;
            }
            some.extend(self.waiting.pop());
        }
        if some.is_empty() {
            some.extend(self.single.pop());
        }
        some
    }

    fn land(&mut self) {
        for flight in self.flights.drain(..) {
            self.waiting.extend(flight.asked);
        }
        self.waiting.sort_by_key(|wish| wish.entry.uid);
    }
}

impl Pull<'_> {
    /// Brings letters into every folder in which they are new.
    pub(super) async fn fetch(&mut self, wishes: Vec<Wish>) -> Result<(), ConnectError> {
        for at in wishes.iter().flat_map(|wish| &wish.folders) {
            self.done.entry(*at).or_default().1 += 1;
        }
        let limit = self.line.world.message_limit_bytes;
        let mut rooms: Vec<(Room, Work)> = [Room::All, Room::Spam, Room::Bin].map(|it| (it, Work::default())).into();
        for wish in wishes {
            if wish.entry.size > limit {
                self.too_large(&wish, wish.entry.size).await?;
            } else if let Some((_, work)) = rooms.iter_mut().find(|(room, _)| *room == wish.room) {
                work.waiting.push(wish);
            }
        }
        let mut reopenings = 0;
        for (room, mut work) in rooms {
            work.land();
            while let Err(trouble) = self.bring(room, &mut work).await {
                let (uid, size) = match trouble {
                    Trouble::Broken(Broken::TooLarge { uid: Some(uid), size }) if reopenings < MOST_REOPENINGS => {
                        (uid, size)
                    }
                    Trouble::Broken(broken) => return Err(broken.into()),
                    Trouble::Stop(error) => return Err(error),
                };
                reopenings += 1;
                work.land();
                if let Some(nth) = work.waiting.iter().position(|wish| wish.entry.uid == uid) {
                    let wish = work.waiting.remove(nth);
                    self.too_large(&wish, size).await?;
                }
                let line = &mut self.line;
                line.session = open(line.world, line.server, line.credentials, line.options).await?;
            }
        }
        Ok(())
    }

    async fn bring(&mut self, room: Room, work: &mut Work) -> Result<(), Trouble> {
        if work.waiting.is_empty() && work.single.is_empty() {
            return Ok(());
        }
        let name = self.map.name(room).to_owned();
        if let Err(status) = folder::open(&mut self.line.session, &name, false, None).await? {
            return Err(Trouble::Stop(cause::work(&status)));
        }
        self.line.session.wire.intake = Some(Intake {
            room: self.out.room.clone(),
            total: self.out.room_total,
            limit_bytes: self.line.world.message_limit_bytes,
        });
        loop {
            while work.flights.len() < IN_FLIGHT {
                let asked = work.take();
                if asked.is_empty() {
                    break;
                }
                let uids = asked.iter().map(|wish| wish.entry.uid).collect::<mail::RemoteSet>();
                work.flights.push_back(Flight { tag: 0, asked });
                let command = format!("UID FETCH {} (UID X-GM-MSGID BODY.PEEK[])", uid_set(uids.ranges()));
                let tag = self.line.session.put(Command::new(&command)).await?;
                if let Some(flight) = work.flights.back_mut() {
                    flight.tag = tag;
                }
            }
            if work.flights.is_empty() {
                return Ok(());
            }
            self.line.session.wire.patience = Patience::progress(FETCH_TIME);
            self.line.session.wire.flush().await?;
            let arrived = self.line.session.next().await?;
            match arrived.response {
                Response::Tagged(tag, status) => {
                    let Some(at) = work.flights.iter().position(|flight| flight.tag == tag) else { continue };
                    let Some(flight) = work.flights.remove(at) else { continue };
                    self.after(work, flight, &status).await?;
                    self.progress().await?;
                }
                Response::Fetch(fetched) => {
                    let (Some(uid), Some(body)) = (fetched.uid, fetched.body) else { continue };
                    let is_it = |wish: &Wish| {
                        wish.entry.uid == uid && fetched.letter.is_none_or(|letter| letter == wish.entry.letter)
                    };
                    let flight = work.flights.iter_mut().find(|flight| flight.asked.iter().any(is_it));
                    let wish = flight.and_then(|flight| {
                        let nth = flight.asked.iter().position(is_it)?;
                        Some(flight.asked.swap_remove(nth))
                    });
                    let Some(wish) = wish else {
                        tracing::warn!(uid, "the server sent a letter that we did not ask for; dropped");
                        continue;
                    };
                    match body {
                        Body::Bytes(raw) if !raw.is_empty() => self.hand_over(wish, raw, arrived.room).await?,
                        _ => {
                            let reason = format!("the server gave no content, though the size is {}", wish.entry.size);
                            self.unreadable(&wish, "empty", &reason).await?;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What the end of a command means for what did not come: gone since, which the next pull tells, or refused.
    async fn after(&mut self, work: &mut Work, flight: Flight, status: &Status) -> Result<(), Trouble> {
        match (status.condition, flight.asked.as_slice()) {
            (_, []) => Ok(()),
            (Condition::Ok, _) => Ok(()),
            (Condition::No, [wish]) => match cause::work(status) {
                error @ ConnectError::Later { .. } => Err(Trouble::Stop(error)),
                _ => Ok(self.unreadable(wish, "refused", &status.text).await?),
            },
            (Condition::No, _) => {
                work.single.extend(flight.asked);
                Ok(())
            }
            _ => Err(Trouble::Stop(cause::work(status))),
        }
    }

    async fn hand_over(
        &mut self,
        wish: Wish,
        raw: Bytes,
        mut room: Option<OwnedSemaphorePermit>,
    ) -> Result<(), ConnectError> {
        let remote = remote_id(wish.entry.letter);
        for (nth, at) in wish.folders.iter().enumerate() {
            // The last of its places gives the memory back.
            let room = if nth + 1 == wish.folders.len() { room.take() } else { None };
            let (flags, internal_at) = (wish.entry.flags.clone(), wish.entry.internal_at);
            let (folder, remote, raw) = (self.states[*at].folder, remote.clone(), raw.clone());
            self.told(*at, &remote);
            self.done.entry(*at).or_default().0 += 1;
            self.send(Change::Message { folder, remote, raw, flags, internal_at, room }).await?;
        }
        Ok(())
    }

    async fn too_large(&mut self, wish: &Wish, size: u64) -> Result<(), ConnectError> {
        let limit = self.line.world.message_limit_bytes;
        self.unreadable(wish, "too_large", &format!("{size} bytes are above the limit of {limit}")).await
    }

    async fn unreadable(&mut self, wish: &Wish, code: &'static str, reason: &str) -> Result<(), ConnectError> {
        for at in &wish.folders {
            let (folder, remote) = (self.states[*at].folder, remote_id(wish.entry.letter));
            self.send(Change::Unreadable { folder, remote, code, reason: reason.to_owned() }).await?;
        }
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), ConnectError> {
        let all: Vec<(usize, (u64, u64))> = self.done.iter().map(|(at, count)| (*at, *count)).collect();
        for (at, (done, total)) in all {
            self.send(Change::Progress { folder: self.states[at].folder, done, total }).await?;
        }
        Ok(())
    }

    /// Hands a change up; what that takes is not held against the server.
    pub(super) async fn send(&mut self, change: Change) -> Result<(), ConnectError> {
        let began = tokio::time::Instant::now();
        let sent = self.out.changes.send(change).await;
        self.line.session.wire.patience.excuse(began.elapsed());
        let gone =
            |_| cause::later(crate::error::Step::Work, Cause::Dropped, "nobody takes the changes any more".into());
        sent.map_err(gone)
    }
}
