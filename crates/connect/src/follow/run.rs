//! A pull of one folder: by its history, letter by letter, and the bytes of what is new.

use super::{EPOCH, Hand, Item, Pull, Teller, compare::compare, place::Place};
use crate::{Change, ConnectError, FolderState, error::Cause, line::later};
use mail::{RemoteId, RemoteSet};

/// Pages of one round at most: a provider that always knows of another is stopped.
const PAGES: usize = 100_000;

/// A folder while it is pulled.
pub struct Run<'a, T> {
    pub pull: &'a Pull<'a, T>,
    pub state: &'a FolderState,
    pub hand: Hand<'a>,
    /// What is stored, and what was told in this pull; asked for when first needed.
    known: Option<RemoteSet>,
    /// Letters that came, letters that went.
    came: u64,
    went: u64,
    /// Something was told.
    told: bool,
    now: i64,
}

/// How one round ended.
struct Round {
    next: String,
    /// Everything that is there, when the round told everything.
    met: Option<RemoteSet>,
}

impl<T: Teller> Pull<'_, T> {
    /// Pulls a folder. One that can't be opened is parked; trouble of the whole mailbox ends the pull.
    pub async fn folder(&self, state: FolderState) -> Result<(), ConnectError> {
        let (folder, told) = (state.folder, RemoteSet::new());
        let hand = Hand { folder, out: self.out, limit: self.limit, done: 0, total: 0, told };
        let now = jiff::Timestamp::now().as_second();
        let mut run = Run { pull: self, state: &state, hand, known: None, came: 0, went: 0, told: false, now };
        match run.all().await {
            Err(ConnectError::Refused { words, cause: Cause::NoSuchFolder | Cause::Refused }) => {
                run.hand.over(Change::Parked { folder, words: words.0 }).await
            }
            other => other,
        }
    }
}

impl<T: Teller> Run<'_, T> {
    async fn all(&mut self) -> Result<(), ConnectError> {
        let (folder, now, total) = (self.state.folder, self.now, self.pull.total);
        let before = Place::read(T::MARK, self.state.cursor.as_ref());
        if before.is_none() {
            self.hand.over(Change::Epoch { folder, epoch: EPOCH }).await?;
        }
        let mut place = before.clone().unwrap_or_default();
        let round = match self.round(&place).await {
            Err(ConnectError::CursorLost) => {
                // Everything is told anew, and compared by that (reliability case 26).
                place = Place::default();
                self.round(&place).await?
            }
            other => other?,
        };
        let was_whole = before.as_ref().is_some_and(|place| place.whole);
        let next = Place { next: round.next, whole: true, at: now, ..place };
        let compared = |met: &RemoteSet| (Some(met.len() as u64), false, now);
        let (count, doubt, compared_at) = match round.met {
            Some(met) => {
                let compared = compared(&met);
                self.hand.over(Change::Present { folder, ids: met }).await?;
                compared
            }
            None if self.state.thorough || !was_whole || next.wants_comparing(total, now) => {
                compared(&compare(self).await?)
            }
            None => {
                let count = next.count.map(|count| (count + self.came).saturating_sub(self.went));
                let doubt = total.map_or(next.doubt, |total| count != Some(total));
                (count, doubt, next.compared_at)
            }
        };
        let next = Place { count, doubt, compared_at, ..next };
        if self.told || before.is_none_or(|before| next.is_news_after(&before)) {
            self.hand.over(Change::Cursor { folder, cursor: next.cursor(T::MARK) }).await?;
        }
        Ok(())
    }

    /// Tells what the provider tells from the place on. A round that began here with nothing tells everything.
    async fn round(&mut self, place: &Place) -> Result<Round, ConnectError> {
        let mut met = place.next.is_empty().then(RemoteSet::new);
        let mut next = place.next.clone();
        for _ in 0..PAGES {
            let told = self.pull.teller.changes(&self.state.remote, &next).await?;
            if let Some(met) = &mut met {
                for item in told.items.iter().filter(|item| !item.is_gone) {
                    met.insert(&RemoteId::Name(item.id.clone()));
                }
            }
            if told.next.is_empty() || (!told.is_last && told.next == next) {
                return Err(later(Cause::Protocol, "a page that leads nowhere"));
            }
            self.tell(told.items).await?;
            next = told.next;
            if told.is_last {
                return Ok(Round { next, met });
            }
            if !place.whole {
                // A first fetch that is interrupted goes on from here.
                let half = Place { next: next.clone(), at: self.now, ..Place::default() };
                let cursor = half.cursor(T::MARK);
                self.hand.over(Change::Cursor { folder: self.state.folder, cursor }).await?;
            }
        }
        Err(later(Cause::Protocol, "there is no end to the changes"))
    }

    /// What is stored and told of this folder.
    pub async fn known(&mut self) -> &mut RemoteSet {
        if self.known.is_none() {
            self.known = Some(self.pull.known.known(self.state.folder).await);
        }
        self.known.get_or_insert_default()
    }

    /// Tells of these letters: what is gone, what is flagged otherwise, what is new with its bytes.
    pub async fn tell(&mut self, items: Vec<Item>) -> Result<(), ConnectError> {
        if items.is_empty() {
            return Ok(());
        }
        self.told = true;
        let (since, folder) = (self.state.since, self.state.folder);
        let (mut gone, mut flags, mut unsaid, mut new) = (RemoteSet::new(), Vec::new(), Vec::new(), Vec::new());
        for item in items {
            let id = RemoteId::Name(item.id.clone());
            let is_known = self.known().await.contains(&id);
            if item.is_gone {
                self.went += u64::from(is_known);
                gone.insert(&id);
                continue;
            }
            if is_known && !item.is_draft() {
                match item.flags {
                    Some(now) => flags.push((id, now)),
                    None => unsaid.push(item.id),
                }
                continue;
            }
            if is_known {
                // Its bytes may be others by now: it goes, and comes anew.
                gone.insert(&id);
            } else {
                self.came += 1;
            }
            if since.zip(item.received_at).is_none_or(|(since, at)| at >= since) {
                new.push(item);
            }
        }
        if !gone.is_empty() {
            let left = self.known().await.minus(&gone);
            self.known = Some(left);
            self.hand.over(Change::Gone { folder, ids: gone }).await?;
        }
        if !unsaid.is_empty() {
            let found = self.pull.teller.look(unsaid).await?;
            flags.extend(found.into_iter().filter_map(|item| Some((RemoteId::Name(item.id), item.flags?))));
        }
        if !flags.is_empty() {
            self.hand.over(Change::Flags { folder, of: flags }).await?;
        }
        if new.is_empty() {
            return Ok(());
        }
        self.hand.total = self.pull.total.unwrap_or_default().max(self.hand.done + new.len() as u64);
        self.pull.teller.letters(&mut self.hand, new).await?;
        let told = std::mem::take(&mut self.hand.told);
        let known = self.known().await;
        told.names().for_each(|name| known.insert(&RemoteId::Name(name.to_owned())));
        Ok(())
    }
}
