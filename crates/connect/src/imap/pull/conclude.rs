//! From what the server told of a folder to what is handed up and what is fetched.

use super::{
    super::{
        fetch::Fetched,
        folder::{self, Told},
        place::Place,
        response::Status,
        session::{Selected, Session},
    },
    Job, Pull, Trouble,
    board::Run,
};
use crate::{Change, ConnectError};
use mail::{Flags, FolderKey, RemoteId, RemoteSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Flags that go in one change.
const FLAGS_A_CHANGE: usize = 500;
/// With more new messages than this a crash may not cost the whole pull.
const MANY: usize = 500;

/// What a look at a folder that was pulled before brought.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub told: Told,
    /// Everything that is there, where the server can't tell what is gone.
    pub present: Option<RemoteSet>,
    /// Handed over already.
    pub delivered: RemoteSet,
    /// Of those, the ones that could not be read.
    pub unreadable: Vec<u32>,
}

impl Pull<'_> {
    /// Tells what changed, checks the count, and says what is to be fetched.
    pub(super) async fn conclude(
        &self,
        session: &mut Session,
        job: &Job,
        place: &Place,
        selected: &Selected,
        mut seen: Seen,
    ) -> Result<Result<Run, Status>, Trouble> {
        let told = uids_of(&seen.told.flags).minus(&seen.told.vanished);
        let there = seen.present.as_ref().unwrap_or(&told);
        let mut fresh: RemoteSet = there.uids().filter(|uid| *uid >= place.next).collect();
        let mut certain = true;
        if seen.present.is_none() && !adds_up(place, selected, &seen, &fresh) {
            // Some servers forget a change, some tell of messages that we never had: compare the sets.
            let uids = match folder::all_uids(session).await? {
                Ok(uids) => uids,
                Err(status) => return Ok(Err(status)),
            };
            let known = self.known.known(job.folder).await;
            fresh = uids.minus(&known).minus(&tired(place));
            seen.present = Some(uids);
            certain = false;
        }
        fresh = match self.wanted(session, job, fresh).await? {
            Ok(wanted) => wanted,
            Err(status) => return Ok(Err(status)),
        };
        if !seen.told.vanished.is_empty() {
            let ids = std::mem::take(&mut seen.told.vanished);
            self.send(Some(session), Change::Gone { folder: job.folder, ids }).await?;
        }
        let digest = if place.modseq == 0 { flags_digest(&seen.told.flags) } else { 0 };
        let same_flags = digest != 0 && digest == place.flags;
        if !same_flags {
            let old = seen.told.flags.iter().filter(|fetched| fetched.uid.is_some_and(|uid| uid < place.next));
            self.send_flags(session, job.folder, old).await?;
        }
        let count = seen.present.as_ref().map_or(selected.exists, |present| present.len() as u32);
        // UIDs only rise: as many as before, and none that is new, are the same ones.
        let same_set = certain && fresh.is_empty() && count == place.count;
        let top = [highest(&told), highest(&fresh), highest(&seen.delivered)].into_iter().max().unwrap_or(0);
        if let Some(ids) = seen.present.take().filter(|_| !same_set) {
            self.send(Some(session), Change::Present { folder: job.folder, ids }).await?;
        }
        let mut next = place.clone();
        settle_at(&mut next, selected, top);
        if selected.highestmodseq.is_some() {
            let modseq = seen.told.flags.iter().filter_map(|fetched| fetched.modseq).max();
            next.modseq = next.modseq.max(modseq.unwrap_or(0));
        }
        (next.count, next.flags) = (count, digest);
        let retry: RemoteSet = place.worth_another_try().collect();
        next.again.retain(|(uid, _)| !retry.contains(&RemoteId::Uid(*uid)));
        let fetch: RemoteSet = fresh.minus(&seen.delivered).uids().chain(retry.uids()).collect();
        if fetch.len() > MANY {
            let cursor = Place { finished: false, ..place.clone() }.cursor();
            self.send(Some(session), Change::Cursor { folder: job.folder, cursor }).await?;
        }
        let mut run = Run::new(job, next, &fetch);
        for uid in seen.unreadable {
            run.unreadable(uid);
        }
        Ok(Ok(run))
    }

    pub(super) async fn send_flags<'f>(
        &self,
        session: &mut Session,
        folder: FolderKey,
        fetched: impl Iterator<Item = &'f Fetched>,
    ) -> Result<(), ConnectError> {
        let of: Vec<(RemoteId, Flags)> =
            fetched.filter_map(|fetched| Some((RemoteId::Uid(fetched.uid?), fetched.flags.clone()?))).collect();
        for part in of.chunks(FLAGS_A_CHANGE) {
            self.send(Some(session), Change::Flags { folder, of: part.to_vec() }).await?;
        }
        Ok(())
    }
}

/// Whether what was there, what came and what went make what is there now.
fn adds_up(place: &Place, selected: &Selected, seen: &Seen, fresh: &RemoteSet) -> bool {
    let mut gone = RemoteSet::new();
    for (first, last) in seen.told.vanished.ranges() {
        gone.insert_range(*first, (*last).min(place.next.saturating_sub(1)));
    }
    let came = fresh.len() + seen.delivered.minus(fresh).minus(&seen.told.vanished).len();
    (place.count as usize + came).checked_sub(gone.len()) == Some(selected.exists as usize)
}

/// Moves a place to what the open folder says, never from a valid value to none.
pub(super) fn settle_at(place: &mut Place, selected: &Selected, top: u32) {
    place.next = place.next.max(selected.uidnext.unwrap_or(0)).max(top.saturating_add(1));
    place.modseq = place.modseq.max(selected.highestmodseq.unwrap_or(0));
    place.count = selected.exists;
    place.doubt = selected.uidvalidity.is_none() && place.validity > 0;
}

/// The messages that were asked for often enough.
pub(super) fn tired(place: &Place) -> RemoteSet {
    let worth: RemoteSet = place.worth_another_try().collect();
    place.again.iter().map(|(uid, _)| *uid).collect::<RemoteSet>().minus(&worth)
}

/// The UIDs among FETCH responses.
pub(super) fn uids_of(fetched: &[Fetched]) -> RemoteSet {
    fetched.iter().filter_map(|fetched| fetched.uid).collect()
}

/// The highest UID, 0 for none.
pub(super) fn highest(uids: &RemoteSet) -> u32 {
    uids.ranges().last().map_or(0, |(_, last)| *last)
}

/// A digest of all flags: two pulls with the same one have nothing to tell.
fn flags_digest(fetched: &[Fetched]) -> u64 {
    let mut sorted: Vec<(u32, Option<&Flags>)> =
        fetched.iter().filter_map(|fetched| Some((fetched.uid?, fetched.flags.as_ref()))).collect();
    sorted.sort_unstable_by_key(|(uid, _)| *uid);
    let mut hasher = DefaultHasher::new();
    sorted.hash(&mut hasher);
    hasher.finish().max(1)
}
