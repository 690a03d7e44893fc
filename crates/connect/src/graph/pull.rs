//! What changed in a folder: by delta, letter by letter, and the bytes of what is new.

use super::{
    FOLDER_EPOCH, compare, fault, folder_path,
    item::{self, Item, SELECT},
    place::Place,
};
use crate::line::{Line, Question, encoded, later};
use crate::{Change, ConnectError, FolderState, Known, Outlet, error::Cause, room};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mail::{Flags, FolderKey, RemoteId, RemoteSet};

/// Letters on a page: so many are asked for again when we die in the middle.
const PAGE: usize = 100;
/// Letters asked for at once; the line has no more places.
const IN_FLIGHT: usize = 4;
/// So much memory a letter is given before anybody knows how long it is, in KiB.
const FIRST_KIB: u32 = 64;
/// Pages of one round at most: a server that always knows of another is stopped.
const PAGES: usize = 100_000;

/// What a pull of one folder needs.
pub struct Pull<'a> {
    pub line: &'a Line,
    pub known: &'a dyn Known,
    pub out: &'a Outlet,
    pub limit: u64,
    /// How many letters the folder counted when it was listed.
    pub total: Option<u64>,
}

/// A folder while it is pulled.
pub struct Run<'a> {
    pub pull: &'a Pull<'a>,
    pub state: &'a FolderState,
    /// What is stored, and what was told in this pull; asked for when first needed.
    known: Option<RemoteSet>,
    /// Letters that came, letters that went.
    came: u64,
    went: u64,
    done: u64,
    told: bool,
}

/// How one round of delta ended.
struct Round {
    link: String,
    /// Everything that is there, when the round told everything.
    met: Option<RemoteSet>,
}

impl Pull<'_> {
    /// Pulls a folder. One that can't be opened is parked; trouble of the whole mailbox ends the pull.
    pub async fn folder(&self, state: FolderState) -> Result<(), ConnectError> {
        let mut run = Run { pull: self, state: &state, known: None, came: 0, went: 0, done: 0, told: false };
        match run.all().await {
            Err(ConnectError::Refused { words, cause: Cause::NoSuchFolder | Cause::Refused }) => {
                run.send(Change::Parked { folder: state.folder, words: words.0 }).await
            }
            other => other,
        }
    }
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), ConnectError> {
        let now = jiff::Timestamp::now().as_second();
        let before = Place::read(self.state.cursor.as_ref());
        if before.is_none() {
            self.send(Change::Epoch { folder: self.state.folder, epoch: FOLDER_EPOCH }).await?;
        }
        let mut place = before.clone().unwrap_or_default();
        let round = match self.round(&mut place, now).await {
            Err(ConnectError::CursorLost) => {
                // Everything is told anew, and compared by that (reliability case 26).
                place = Place::default();
                self.round(&mut place, now).await?
            }
            other => other?,
        };
        let was_whole = before.as_ref().is_some_and(|place| place.whole);
        let total = self.pull.total;
        let next = Place { link: round.link, whole: true, at: now, ..place.clone() };
        let next = match round.met {
            Some(met) => {
                let next = Place { count: Some(met.len() as u64), doubt: false, compared_at: now, ..next };
                self.send(Change::Present { folder: self.state.folder, ids: met }).await?;
                next
            }
            None if self.state.thorough || !was_whole || next.wants_comparing(total, now) => {
                let met = compare::run(self).await?;
                Place { count: Some(met.len() as u64), doubt: false, compared_at: now, ..next }
            }
            None => {
                let count = next.count.map(|count| (count + self.came).saturating_sub(self.went));
                let doubt = total.map_or(next.doubt, |total| count != Some(total));
                Place { count, doubt, ..next }
            }
        };
        let is_news = |before: &Place| {
            let as_before = Place { link: before.link.clone(), at: before.at, ..next.clone() };
            as_before != *before || before.is_old(now)
        };
        if self.told || before.as_ref().is_none_or(is_news) {
            let cursor = next.cursor();
            self.send(Change::Cursor { folder: self.state.folder, cursor }).await?;
        }
        Ok(())
    }

    /// Tells what delta tells from the place on. A round that began here with nothing tells everything.
    async fn round(&mut self, place: &mut Place, now: i64) -> Result<Round, ConnectError> {
        let mut met = place.link.is_empty().then(RemoteSet::new);
        let mut link = match place.link.as_str() {
            "" => format!(
                "{}/messages/delta?{SELECT}&$orderby={}",
                folder_path(&self.state.remote),
                encoded("receivedDateTime desc")
            ),
            link => link.to_owned(),
        };
        for _ in 0..PAGES {
            let answer = self
                .pull
                .line
                .json(Question::get(link.clone()).with("prefer", format!("odata.maxpagesize={PAGE}")))
                .await?;
            let items = item::all(&answer);
            if let Some(met) = &mut met {
                for item in items.iter().filter(|item| !item.is_gone) {
                    met.insert(&RemoteId::Name(item.id.clone()));
                }
            }
            self.tell(items).await?;
            if let Some(last) = answer["@odata.deltaLink"].as_str() {
                return Ok(Round { link: last.to_owned(), met });
            }
            let next = answer["@odata.nextLink"].as_str().filter(|next| *next != link);
            link = next.map(str::to_owned).ok_or_else(|| later(Cause::Protocol, "a page that leads nowhere"))?;
            if !place.whole {
                // A first fetch that is interrupted goes on from here.
                let half = Place { link: link.clone(), whole: false, at: now, ..Place::default() };
                self.send(Change::Cursor { folder: self.state.folder, cursor: half.cursor() }).await?;
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
        let since = self.state.since;
        let folder = self.state.folder;
        let (mut gone, mut flags, mut new) = (RemoteSet::new(), Vec::new(), Vec::new());
        for item in items {
            let id = RemoteId::Name(item.id.clone());
            let is_known = self.known().await.contains(&id);
            if item.is_gone {
                self.went += u64::from(is_known);
                gone.insert(&id);
                continue;
            }
            if is_known && !item.is_draft() {
                flags.extend(item.flags.clone().map(|flags| (id, flags)));
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
            self.send(Change::Gone { folder, ids: gone }).await?;
        }
        if !flags.is_empty() {
            self.send(Change::Flags { folder, of: flags }).await?;
        }
        self.fetch(new).await
    }

    async fn fetch(&mut self, new: Vec<Item>) -> Result<(), ConnectError> {
        let (folder, pull) = (self.state.folder, self.pull);
        let total = pull.total.unwrap_or_default().max(self.done + new.len() as u64);
        let mut letters =
            stream::iter(new.into_iter().map(|item| letter(pull, folder, item))).buffer_unordered(IN_FLIGHT);
        let mut told = Vec::new();
        while let Some(change) = letters.next().await {
            // One that is gone by now has nothing to be told of.
            let Some(change) = change? else { continue };
            if let Change::Message { remote, .. } | Change::Unreadable { remote, .. } = &change {
                told.push(remote.clone());
            }
            pull.send(change).await?;
            self.done += 1;
        }
        drop(letters);
        if !told.is_empty() {
            let done = self.done;
            self.send(Change::Progress { folder, done, total }).await?;
        }
        let known = self.known().await;
        told.iter().for_each(|id| known.insert(id));
        Ok(())
    }

    pub async fn send(&self, change: Change) -> Result<(), ConnectError> {
        self.pull.send(change).await
    }
}

impl Pull<'_> {
    async fn send(&self, change: Change) -> Result<(), ConnectError> {
        self.out.changes.send(change).await.map_err(|_| later(Cause::Dropped, "nobody takes the changes any more"))
    }
}

/// The bytes of a letter as it lies there; `None` when it doesn't any more.
async fn letter(pull: &Pull<'_>, folder: FolderKey, item: Item) -> Result<Option<Change>, ConnectError> {
    let remote = RemoteId::Name(item.id.clone());
    let mut room = room::first(pull.out, FIRST_KIB).await;
    let path = format!("/messages/{}", encoded(&item.id));
    let unreadable = |code, reason| Ok(Some(Change::Unreadable { folder, remote: remote.clone(), code, reason }));
    let answer = match pull.line.ask(Question::get(format!("{path}/$value")).slowly().at_most(pull.limit)).await {
        Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) => {
            return unreadable("too_large", format!("it is above the limit of {} bytes", pull.limit));
        }
        answer => answer?,
    };
    match answer.status {
        200 => {}
        404 => return Ok(None),
        // What can't be had of one letter says nothing of the others.
        400 | 403 | 422 | 500 | 501 => return unreadable("refused", fault::said(&answer).1.0),
        _ => return Err(fault::meaning(&answer)),
    }
    if answer.body.is_empty() {
        return unreadable("empty", "Microsoft gave no content".to_owned());
    }
    let raw = Bytes::from(answer.body);
    room::grow(&mut room, pull.out, raw.len()).await;
    let flags = match item.flags {
        Some(flags) => flags,
        None => {
            let again = pull.line.json(Question::get(format!("{path}?{SELECT}"))).await;
            again.ok().and_then(|said| Item::read(&said)?.flags).unwrap_or_else(Flags::default)
        }
    };
    let internal_at = item.received_at;
    Ok(Some(Change::Message { folder, remote, raw, flags, internal_at, room }))
}
