//! What changed in a folder: by its state, letter by letter, and the bytes of what is new.

use super::{
    FOLDER_EPOCH, compare,
    fault::later,
    fetch, folder,
    item::{self, FIELDS, Item},
    line::{Line, Question},
    place::Place,
    xml::{Node, written},
};
use crate::{Change, ConnectError, FolderState, Known, Outlet, error::Cause};
use mail::{RemoteId, RemoteSet};

/// Changes on a page: so many are asked for again when we die in the middle.
const PAGE: usize = 100;
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

/// How one round ended.
struct Round {
    state: String,
    /// Everything that is there, when the round told everything.
    met: Option<RemoteSet>,
}

impl Pull<'_> {
    /// Pulls a folder. One that can't be opened is parked; trouble of the whole mailbox ends the pull.
    pub async fn folder(&self, state: FolderState) -> Result<(), ConnectError> {
        let mut run = Run { pull: self, state: &state, known: None, came: 0, went: 0, done: 0, told: false };
        match run.all().await {
            Err(ConnectError::Refused { words, cause: Cause::NoSuchFolder | Cause::Refused }) => {
                self.send(Change::Parked { folder: state.folder, words: words.0 }).await
            }
            other => other,
        }
    }

    /// Hands a change over.
    pub async fn send(&self, change: Change) -> Result<(), ConnectError> {
        let nobody = |_| later(Cause::Dropped, None, "nobody takes the changes any more");
        self.out.changes.send(change).await.map_err(nobody)
    }
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), ConnectError> {
        let now = jiff::Timestamp::now().as_second();
        let before = Place::read(self.state.cursor.as_ref());
        if before.is_none() {
            self.pull.send(Change::Epoch { folder: self.state.folder, epoch: FOLDER_EPOCH }).await?;
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
        let total = self.pull.total;
        let next = Place { state: round.state, whole: true, ..place.clone() };
        let next = match round.met {
            Some(met) => {
                let next = Place { count: Some(met.len() as u64), doubt: false, compared_at: now, ..next };
                self.pull.send(Change::Present { folder: self.state.folder, ids: met }).await?;
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
        if self.told || before.as_ref() != Some(&next) {
            let cursor = next.cursor();
            self.pull.send(Change::Cursor { folder: self.state.folder, cursor }).await?;
        }
        Ok(())
    }

    /// Tells what the server tells from the place on. A round that began here with nothing tells everything.
    async fn round(&mut self, place: &Place) -> Result<Round, ConnectError> {
        let mut met = place.state.is_empty().then(RemoteSet::new);
        let mut state = place.state.clone();
        for _ in 0..PAGES {
            let answer = self.pull.line.one(Question::new(&question(&self.state.remote, &state))).await?;
            let items: Vec<Item> = answer.inside(&["Changes"]).iter().filter_map(changed).collect();
            if let Some(met) = &mut met {
                for item in items.iter().filter(|item| !item.is_gone) {
                    met.insert(&RemoteId::Name(item.id.clone()));
                }
            }
            let is_last = answer.truth("IncludesLastItemInRange") != Some(false);
            let next = answer.said("SyncState").unwrap_or_default().to_owned();
            if next.is_empty() || (!is_last && next == state) {
                return Err(later(Cause::Protocol, None, "a page that leads nowhere"));
            }
            self.tell(items).await?;
            state = next;
            if is_last {
                return Ok(Round { state, met });
            }
            if !place.whole {
                // A first fetch that is interrupted goes on from here.
                let half = Place { state: state.clone(), whole: false, ..Place::default() };
                self.pull.send(Change::Cursor { folder: self.state.folder, cursor: half.cursor() }).await?;
            }
        }
        Err(later(Cause::Protocol, None, "there is no end to the changes"))
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
                    // That it was read says nothing of its other flags.
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
            self.pull.send(Change::Gone { folder, ids: gone }).await?;
        }
        if !unsaid.is_empty() {
            let ids: Vec<&str> = unsaid.iter().map(String::as_str).collect();
            for found in item::look(self.pull.line, &ids).await? {
                match found {
                    Ok(item) => flags.extend(item.flags.map(|now| (RemoteId::Name(item.id), now))),
                    // It is gone by now, of which the next pull hears.
                    Err(ConnectError::Refused { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if !flags.is_empty() {
            self.pull.send(Change::Flags { folder, of: flags }).await?;
        }
        let total = self.pull.total.unwrap_or_default().max(self.done + new.len() as u64);
        let (pull, mut done) = (self.pull, self.done);
        let told = fetch::letters(pull, folder, new, total, &mut done).await?;
        self.done = done;
        let known = self.known().await;
        told.iter().for_each(|id| known.insert(id));
        Ok(())
    }
}

fn question(remote: &str, state: &str) -> String {
    let state = if state.is_empty() { String::new() } else { format!("<m:SyncState>{}</m:SyncState>", written(state)) };
    format!(
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{FIELDS}</m:ItemShape><m:SyncFolderId>{}</m:SyncFolderId>{state}<m:MaxChangesReturned>{PAGE}</m:MaxChangesReturned></m:SyncFolderItems>",
        folder::named(remote)
    )
}

/// One change; what is no mail is none.
fn changed(node: &Node) -> Option<Item> {
    match node.name.as_str() {
        "Create" | "Update" => node.children.first().and_then(Item::read),
        "Delete" => Item::read(node).map(|item| Item { is_gone: true, flags: None, ..item }),
        "ReadFlagChange" => Item::read(node).map(|item| Item { flags: None, ..item }),
        _ => None,
    }
}
