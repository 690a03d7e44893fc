//! What is told of a letter without its bytes.

use super::{
    super::{
        command::{Command, uid_set},
        fetch::Fetched,
        response::{Condition, Response, Status},
        session::{FETCH_TIME, Session},
        wire::{Broken, Patience},
    },
    map::{Map, Room},
};
use mail::{Flags, RemoteId, RemoteSet};
use std::{collections::HashMap, sync::Arc};

/// What is asked of each.
const ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE X-GM-MSGID X-GM-LABELS)";

/// A letter in a room.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number in the room.
    pub uid: u32,
    /// Its identifier, which never changes; nor do its bytes.
    pub letter: u64,
    /// Its flags.
    pub flags: Flags,
    /// The folders in which it lies; shared, because thousands lie in the same.
    pub places: Arc<Vec<String>>,
    /// When it came in, milliseconds since 1970.
    pub internal_at: Option<i64>,
    /// Its length in bytes.
    pub size: u64,
}

impl Entry {
    /// Whether it lies in this folder.
    pub fn lies_in(&self, folder: &str) -> bool {
        self.places.iter().any(|place| place == folder)
    }
}

/// Every letter of the open room, rising by number, or those that changed since.
pub async fn all(
    session: &mut Session,
    map: &Map,
    room: Room,
    since: Option<u64>,
) -> Result<Result<Vec<Entry>, Status>, Broken> {
    let since = since.map(|modseq| format!(" (CHANGEDSINCE {modseq})")).unwrap_or_default();
    ask(session, map, room, format!("UID FETCH 1:* {ITEMS}{since}")).await
}

/// These letters of the open room.
pub async fn of(
    session: &mut Session,
    map: &Map,
    room: Room,
    uids: &RemoteSet,
) -> Result<Result<Vec<Entry>, Status>, Broken> {
    let found = ask(session, map, room, format!("UID FETCH {} {ITEMS}", uid_set(uids.ranges()))).await?;
    Ok(found.map(|entries| entries.into_iter().filter(|it| uids.contains(&RemoteId::Uid(it.uid))).collect()))
}

async fn ask(
    session: &mut Session,
    map: &Map,
    room: Room,
    command: String,
) -> Result<Result<Vec<Entry>, Status>, Broken> {
    let tag = session.put(Command::new(&command)).await?;
    session.wire.patience = Patience::progress(FETCH_TIME);
    let mut entries: Vec<Entry> = Vec::new();
    let mut met: HashMap<Vec<String>, Arc<Vec<String>>> = HashMap::new();
    let status = session
        .finish(tag, |arrived| {
            if let Response::Fetch(fetched) = arrived.response {
                entries.extend(entry(map, room, *fetched, &mut met));
            }
        })
        .await?;
    if status.condition != Condition::Ok {
        return Ok(Err(status));
    }
    entries.sort_by_key(|entry| entry.uid);
    // What a server tells twice counts as it was told last.
    entries.reverse();
    entries.dedup_by_key(|entry| entry.uid);
    entries.reverse();
    Ok(Ok(entries))
}

/// `None` when it tells of less: a flag that changed meanwhile.
fn entry(map: &Map, room: Room, fetched: Fetched, met: &mut HashMap<Vec<String>, Arc<Vec<String>>>) -> Option<Entry> {
    let (uid, letter, labels) = (fetched.uid?, fetched.letter?, fetched.labels?);
    let places = match met.get(&labels) {
        Some(places) => places.clone(),
        None => {
            let places = Arc::new(map.places(room, &labels));
            met.insert(labels, places.clone());
            places
        }
    };
    Some(Entry {
        uid,
        letter,
        flags: fetched.flags.unwrap_or_default(),
        places,
        internal_at: fetched.internal_at,
        size: fetched.size.unwrap_or(0),
    })
}
