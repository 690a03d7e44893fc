//! Looking at one folder: what is new, gone, or flagged otherwise since the last pull.

use super::{
    super::{
        age,
        command::{Command, uid_set},
        fetch::Fetched,
        folder::{self, Told},
        place::Place,
        response::{Condition, Response, Status},
        session::{FETCH_TIME, Selected, Session},
        wire::Patience,
    },
    Job, Pull, Trouble,
    board::{Board, Run},
    conclude::{Seen, highest, settle_at, tired, uids_of},
    download::{Delivered, Flight, ITEMS},
};
use crate::{Change, ServerWords};
use mail::{RemoteId, RemoteSet};
use std::collections::VecDeque;

/// New messages in an open folder up to this many are asked for in the same breath as the flags.
const FEW: u32 = 64;

impl Pull<'_> {
    /// Looks at a folder and puts what is to be fetched on the board.
    pub(super) async fn look(&self, session: &mut Session, board: &Board, job: &Job) -> Result<(), Trouble> {
        match self.look_inside(session, job).await? {
            Ok(run) => {
                let key = job.folder;
                if let Some(run) = board.looked(Some(run)) {
                    let place = Place { finished: true, ..run.place };
                    if Some(&place) != job.place.as_ref() {
                        self.send(Some(session), Change::Cursor { folder: key, cursor: place.cursor() }).await?;
                    }
                }
            }
            Err(status) => {
                board.looked(None);
                let words = ServerWords::new(&status.text, &[]).0;
                tracing::warn!(folder = %job.folder, words, "a folder can't be opened; the others go on");
                self.send(Some(session), Change::Parked { folder: job.folder, words }).await?;
            }
        }
        Ok(())
    }

    async fn look_inside(&self, session: &mut Session, job: &Job) -> Result<Result<Run, Status>, Trouble> {
        let finished = job.place.as_ref().filter(|place| place.finished);
        let open = session.selected.as_ref().filter(|selected| selected.remote == job.remote);
        if let (Some(place), Some(selected)) = (finished, open)
            && !place.is_lost(selected.uidvalidity, None)
        {
            return self.look_again(session, job, place.clone()).await;
        }
        let since = finished.filter(|place| place.modseq > 0 && place.validity > 0);
        let since = since.map(|place| (place.validity, place.modseq));
        let told = match folder::open(session, &job.remote, false, since).await? {
            Ok(told) => told,
            // A server that stumbles over QRESYNC may still open the folder without it.
            Err(status) if status.condition == Condition::Bad && since.is_some() => {
                session.qresync = false;
                match folder::open(session, &job.remote, false, None).await? {
                    Ok(told) => told,
                    Err(status) => return Ok(Err(status)),
                }
            }
            Err(status) => return Ok(Err(status)),
        };
        let selected = session.selected.clone().unwrap_or_default();
        match &job.place {
            Some(place) if !place.is_lost(selected.uidvalidity, selected.uidnext) => {
                if place.finished {
                    return self.compare(session, job, place, &selected, told).await;
                }
                self.go_on(session, job, place, &selected).await
            }
            old => self.begin(session, job, Place::anew(old.as_ref(), selected.uidvalidity), &selected).await,
        }
    }

    /// A folder that we never saw, or that is another one now: everything in it.
    async fn begin(
        &self,
        session: &mut Session,
        job: &Job,
        mut place: Place,
        selected: &Selected,
    ) -> Result<Result<Run, Status>, Trouble> {
        let uids = match folder::all_uids(session).await? {
            Ok(uids) => uids,
            Err(status) => return Ok(Err(status)),
        };
        settle_at(&mut place, selected, highest(&uids));
        let wanted = match self.wanted(session, job, uids).await? {
            Ok(wanted) => wanted,
            Err(status) => return Ok(Err(status)),
        };
        self.send(Some(session), Change::Epoch { folder: job.folder, epoch: place.epoch() }).await?;
        self.send(Some(session), Change::Cursor { folder: job.folder, cursor: place.cursor() }).await?;
        Ok(Ok(Run::new(&Job { place: None, ..job.clone() }, place, &wanted)))
    }

    /// Those of many messages that are not too old to be fetched. A few are fetched first and looked at then.
    pub(super) async fn wanted(
        &self,
        session: &mut Session,
        job: &Job,
        uids: RemoteSet,
    ) -> Result<Result<RemoteSet, Status>, Trouble> {
        let Some(since) = job.since.filter(|_| uids.len() > FEW as usize) else { return Ok(Ok(uids)) };
        Ok(age::older(session, since).await?.map(|older| uids.minus(&older)))
    }

    /// A first fetch that was interrupted: what is there and not stored.
    async fn go_on(
        &self,
        session: &mut Session,
        job: &Job,
        place: &Place,
        selected: &Selected,
    ) -> Result<Result<Run, Status>, Trouble> {
        let uids = match folder::all_uids(session).await? {
            Ok(uids) => uids,
            Err(status) => return Ok(Err(status)),
        };
        let known = self.known.known(job.folder).await;
        let since = Some(place.modseq).filter(|modseq| *modseq > 0 && selected.highestmodseq.is_some());
        let told = match known.is_empty() || uids.is_empty() {
            true => Told::default(),
            false => match folder::flags(session, since).await? {
                Ok(told) => told,
                Err(status) => return Ok(Err(status)),
            },
        };
        self.send(Some(session), Change::Present { folder: job.folder, ids: uids.clone() }).await?;
        let stored = |fetched: &&Fetched| fetched.uid.is_some_and(|uid| known.contains(&RemoteId::Uid(uid)));
        self.send_flags(session, job.folder, told.flags.iter().filter(stored)).await?;
        let mut place = place.clone();
        settle_at(&mut place, selected, highest(&uids));
        self.send(Some(session), Change::Cursor { folder: job.folder, cursor: place.cursor() }).await?;
        let tired: RemoteSet = tired(&place);
        let missing = match self.wanted(session, job, uids.minus(&known).minus(&tired)).await? {
            Ok(missing) => missing,
            Err(status) => return Ok(Err(status)),
        };
        let mut run = Run::new(job, place, &missing);
        run.place.again.retain(|(uid, _)| tired.contains(&RemoteId::Uid(*uid)));
        Ok(Ok(run))
    }

    /// What changed since a finished pull, in a folder just opened.
    async fn compare(
        &self,
        session: &mut Session,
        job: &Job,
        place: &Place,
        selected: &Selected,
        told: Told,
    ) -> Result<Result<Run, Status>, Trouble> {
        let since = Some(place.modseq).filter(|modseq| *modseq > 0 && selected.highestmodseq.is_some());
        let mut seen = Seen { told, ..Seen::default() };
        if since.is_none() || !session.qresync {
            seen.told = match folder::flags(session, since).await? {
                Ok(told) => told,
                Err(status) => return Ok(Err(status)),
            };
            seen.present = match since {
                None => Some(uids_of(&seen.told.flags)),
                Some(_) => match folder::all_uids(session).await? {
                    Ok(uids) => Some(uids),
                    Err(status) => return Ok(Err(status)),
                },
            };
        }
        self.conclude(session, job, place, selected, seen).await
    }

    /// What changed in the folder that is open since we last looked: flags and new messages in one round trip.
    async fn look_again(&self, session: &mut Session, job: &Job, place: Place) -> Result<Result<Run, Status>, Trouble> {
        let selected = session.selected.clone().unwrap_or_default();
        let since = Some(place.modseq).filter(|modseq| *modseq > 0 && selected.highestmodseq.is_some());
        if !selected.changed {
            session.put_quietly(Command::new("NOOP")).await?;
        }
        let flags_tag = session.put(folder::flags_command(session, since)).await?;
        let search = since.is_some() && !session.qresync;
        let search_tag = if search { Some(session.put(Command::new("UID SEARCH ALL")).await?) } else { None };
        let grown = selected.exists.saturating_sub(place.count);
        let mut flights = VecDeque::new();
        let mut seen = Seen::default();
        if (1..=FEW).contains(&grown) && place.next > 0 {
            // An end that is no real UID, and not `*`, which would bring the last message when there is no new one.
            let mut range = RemoteSet::new();
            range.insert_range(place.next, place.next.saturating_add(100_000).min(u32::MAX - 1));
            let command = format!("UID FETCH {} {ITEMS}", uid_set(range.ranges()));
            flights.push_back(Flight::new(session.put(Command::new(&command)).await?, range));
            session.wire.intake = Some(self.intake());
        }
        session.wire.patience = Patience::progress(FETCH_TIME);
        session.wire.flush().await?;
        let mut open = vec![Some(flags_tag), search_tag, flights.front().map(|flight| flight.tag)];
        let mut found = RemoteSet::new();
        let mut refused = None;
        while open.iter().flatten().next().is_some() {
            let arrived = session.next().await?;
            match &arrived.response {
                Response::Tagged(tag, status) => {
                    open.retain(|waiting| *waiting != Some(*tag));
                    if status.condition != Condition::Ok {
                        refused = Some(status.clone());
                    }
                }
                Response::Fetch(fetched) if fetched.body.is_some() => {
                    let delivered = self.deliver(session, job.folder, &mut flights, arrived).await?;
                    if let Delivered::Unreadable(uid) = delivered {
                        seen.unreadable.push(uid);
                    }
                }
                Response::Search(_, uids) => found = uids.clone(),
                _ => seen.told.take(arrived),
            }
        }
        if let Some(status) = refused {
            return Ok(Err(status));
        }
        if search {
            seen.present = Some(found);
        } else if since.is_none() {
            seen.present = Some(uids_of(&seen.told.flags));
        }
        seen.delivered = flights.pop_front().map(|flight| flight.came).unwrap_or_default();
        if let Some(selected) = &mut session.selected {
            // All that was told until here is accounted for; UIDNEXT is of the moment the folder was opened.
            (selected.changed, selected.uidnext) = (false, None);
        }
        let selected = session.selected.clone().unwrap_or_default();
        self.conclude(session, job, &place, &selected, seen).await
    }
}
