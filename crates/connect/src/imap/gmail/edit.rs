//! What was done here, done there (features M19): labels put on and taken off. Whatever is done twice does no harm.

use super::{
    super::{
        cause,
        command::Command,
        edit::{append, create, is_flag, move_one, remove},
        folder,
        response::{Condition, Response},
        session::Session,
        wire::Broken,
    },
    FOLDER_EPOCH,
    entry::{self, Entry},
    letter,
    map::{Label, Map, Room},
    remote_id,
};
use crate::{ConnectError, Edit, EditDone, ServerWords, error::Cause};
use mail::{RemoteId, RemoteSet};

type Done = Result<EditDone, ConnectError>;
/// What an edit of flags comes down to: which letter, what is set and what is cleared.
type Marks<'a> = (u64, &'a Vec<String>, &'a Vec<String>);

/// Does the edits in order. When the connection breaks, the rest is answered with that error and `false` comes back.
pub async fn run(map: &Map, session: &mut Session, edits: Vec<Edit>) -> (Vec<Done>, bool) {
    let mut done: Vec<Done> = Vec::with_capacity(edits.len());
    while done.len() < edits.len() {
        let rest = &edits[done.len()..];
        let step = match &rest[0] {
            Edit::Flags { folder, .. } => {
                let room = map.room_of(folder);
                let is_so = |edit: &&Edit| matches!(edit, Edit::Flags { folder, .. } if map.room_of(folder) == room);
                let count = rest.iter().take_while(is_so).count();
                flags(map, session, room, &rest[..count]).await
            }
            other => one(map, session, other).await.map(|result| vec![result]),
        };
        match step {
            Ok(results) => done.extend(results),
            Err(broken) => {
                let error = ConnectError::from(broken);
                done.resize_with(edits.len(), || Err(error.clone()));
                return (done, false);
            }
        }
    }
    (done, true)
}

async fn one(map: &Map, session: &mut Session, edit: &Edit) -> Result<Done, Broken> {
    match edit {
        Edit::Flags { .. } => Ok(Ok(EditDone::default())),
        Edit::Move { folder, epoch, remote, to } => match find(map, session, folder, *epoch, remote).await? {
            Ok(Some(entry)) => relocate(map, session, &entry, folder, to).await,
            Ok(None) => missing(),
            Err(error) => Ok(Err(error)),
        },
        Edit::Delete { folder, epoch, remote } => match find(map, session, folder, *epoch, remote).await? {
            Ok(Some(entry)) => delete(map, session, &entry, folder).await,
            Ok(None) => missing(),
            Err(error) => Ok(Err(error)),
        },
        Edit::Append { folder, raw, flags, internal_at } => {
            let done = append(session, folder, raw, flags, *internal_at).await?;
            let Ok(EditDone { new: Some((_, RemoteId::Uid(uid))), .. }) = done else { return Ok(done) };
            Ok(Ok(EditDone { new: identifier(session, folder, uid).await?, missing: false }))
        }
        Edit::CreateFolder { folder } => create(session, folder, "").await,
    }
}

fn missing() -> Result<Done, Broken> {
    Ok(Ok(EditDone { new: None, missing: true }))
}

/// Opens a room for writing.
async fn enter(map: &Map, session: &mut Session, room: Room) -> Result<Result<(), ConnectError>, Broken> {
    let name = map.name(room);
    let is_open = session.selected.as_ref().is_some_and(|selected| selected.remote == name && selected.writable);
    if !is_open && let Err(status) = folder::open(session, name, true, None).await? {
        return Ok(Err(cause::work(&status)));
    }
    Ok(Ok(()))
}

/// The numbers of letters in the open room, each where it is there.
async fn locate(session: &mut Session, letters: &[u64]) -> Result<Vec<Option<u32>>, Broken> {
    let verb = if session.capabilities.has("ESEARCH") { "UID SEARCH RETURN (ALL)" } else { "UID SEARCH" };
    let mut tags = Vec::with_capacity(letters.len());
    for letter in letters {
        tags.push(session.put(Command::new(&format!("{verb} X-GM-MSGID {letter}"))).await?);
    }
    let mut found = Vec::with_capacity(letters.len());
    for tag in tags {
        let mut uid = None;
        session
            .finish(tag, |arrived| {
                if let Response::Search(_, uids) = arrived.response {
                    uid = uids.uids().next().or(uid);
                }
            })
            .await?;
        found.push(uid);
    }
    Ok(found)
}

/// The letter of an edit, in its open room; `None` when it does not lie in that folder any more.
async fn find(
    map: &Map,
    session: &mut Session,
    folder: &str,
    epoch: i64,
    remote: &RemoteId,
) -> Result<Result<Option<Entry>, ConnectError>, Broken> {
    let Some(letter) = letter(remote).filter(|_| epoch == FOLDER_EPOCH) else { return Ok(Ok(None)) };
    let room = map.room_of(folder);
    if let Err(error) = enter(map, session, room).await? {
        return Ok(Err(error));
    }
    let Some(uid) = locate(session, &[letter]).await?.into_iter().flatten().next() else { return Ok(Ok(None)) };
    let found = entry::of(session, map, room, &[uid].into_iter().collect::<RemoteSet>()).await?;
    Ok(match found {
        Ok(entries) => Ok(entries.into_iter().find(|entry| entry.letter == letter && entry.lies_in(folder))),
        Err(status) => Err(cause::work(&status)),
    })
}

/// Flag edits of one room, in three round trips however many they are.
async fn flags(map: &Map, session: &mut Session, room: Room, edits: &[Edit]) -> Result<Vec<Done>, Broken> {
    if let Err(error) = enter(map, session, room).await? {
        return Ok(edits.iter().map(|_| Err(error.clone())).collect());
    }
    let wanted = edits.iter().map(|edit| match edit {
        Edit::Flags { epoch: FOLDER_EPOCH, remote, add, remove, .. } => Some((letter(remote)?, add, remove)),
        _ => None,
    });
    let wanted: Vec<Option<Marks<'_>>> = wanted.collect();
    let letters: Vec<u64> = wanted.iter().flatten().map(|(letter, ..)| *letter).collect();
    let mut uids = locate(session, &letters).await?.into_iter();
    let mut stores = Vec::with_capacity(edits.len());
    for edit in wanted {
        let Some((uid, (_, add, remove))) = edit.and_then(|edit| Some((uids.next().flatten()?, edit))) else {
            stores.push(None);
            continue;
        };
        let mut tags = Vec::new();
        let mut fits = true;
        for (sign, flags) in [('+', add), ('-', remove)] {
            fits &= flags.iter().all(|flag| is_flag(flag));
            if fits && !flags.is_empty() {
                let command = format!("UID STORE {uid} {sign}FLAGS.SILENT ({})", flags.join(" "));
                tags.push(session.put(Command::new(&command)).await?);
            }
        }
        stores.push(Some((tags, fits)));
    }
    let mut done = Vec::with_capacity(stores.len());
    for store in stores {
        let Some((tags, fits)) = store else {
            done.push(Ok(EditDone { new: None, missing: true }));
            continue;
        };
        let mut result = if fits { Ok(EditDone::default()) } else { Err(refused("a flag that IMAP can't carry")) };
        for tag in tags {
            let status = session.finish(tag, |_| {}).await?;
            if status.condition != Condition::Ok {
                result = Err(cause::work(&status));
            }
        }
        done.push(result);
    }
    Ok(done)
}

fn refused(words: &str) -> ConnectError {
    ConnectError::Refused { cause: Cause::Refused, words: ServerWords(words.to_owned()) }
}

/// Puts one label on and takes another off. Into the bin or among spam, and out of them, the letter itself is moved.
async fn relocate(map: &Map, session: &mut Session, entry: &Entry, from: &str, to: &str) -> Result<Done, Broken> {
    if to != from && map.is_fixed(to) {
        return Ok(Err(refused("Gmail puts nothing among what was sent or is being written")));
    }
    let here = Some((FOLDER_EPOCH, remote_id(entry.letter)));
    if map.room_of(from) != Room::All || map.room_of(to) != Room::All {
        let moved = move_one(session, entry.uid, to).await?;
        return Ok(moved.map(|_| EditDone { new: here, missing: false }));
    }
    if to != from {
        for (sign, label) in [('+', map.label(to)), ('-', map.label(from))] {
            if let Some(label) = label
                && let Err(error) = relabel(session, entry.uid, sign, &label).await?
            {
                return Ok(Err(error));
            }
        }
    }
    // What has another label still lies there, and not in the archive.
    let others = entry.places.iter().any(|place| place != from || map.is_fixed(place));
    let lies = !map.is_archive(to) || !others;
    Ok(Ok(EditDone { new: here.filter(|_| lies), missing: false }))
}

async fn relabel(
    session: &mut Session,
    uid: u32,
    sign: char,
    label: &Label,
) -> Result<Result<(), ConnectError>, Broken> {
    let command = Command::new(&format!("UID STORE {uid} {sign}X-GM-LABELS ("));
    let command = match label {
        Label::System(name) => command.text(name),
        Label::Own(name) => command.folder(name, session.utf8),
    };
    let (status, _) = session.run(command.text(")")).await?;
    Ok(if status.condition == Condition::Ok { Ok(()) } else { Err(cause::work(&status)) })
}

/// Takes a letter out of one folder; out of its last one it is gone for good, which at Gmail only what is in the bin can be.
async fn delete(map: &Map, session: &mut Session, entry: &Entry, from: &str) -> Result<Done, Broken> {
    let mut uid = entry.uid;
    if map.room_of(from) == Room::All {
        if entry.places.len() > 1
            && let Some(label) = map.label(from)
        {
            return Ok(relabel(session, uid, '-', &label).await?.map(|()| EditDone::default()));
        }
        if let Some(bin) = map.bin() {
            if let Err(error) = move_one(session, uid, bin).await? {
                return Ok(Err(error));
            }
            if let Err(error) = enter(map, session, Room::Bin).await? {
                return Ok(Err(error));
            }
            match locate(session, &[entry.letter]).await?.into_iter().flatten().next() {
                Some(there) => uid = there,
                None => return Ok(Ok(EditDone::default())),
            }
        }
    }
    Ok(remove(session, uid).await?.map(|()| EditDone::default()))
}

/// The identifier of what was put into a folder under this number.
async fn identifier(session: &mut Session, remote: &str, uid: u32) -> Result<Option<(i64, RemoteId)>, Broken> {
    if folder::open(session, remote, false, None).await?.is_err() {
        return Ok(None);
    }
    let (_, responses) = session.run(Command::new(&format!("UID FETCH {uid} (UID X-GM-MSGID)"))).await?;
    let letters = responses.into_iter().filter_map(|response| match response {
        Response::Fetch(fetched) if fetched.uid == Some(uid) => fetched.letter,
        _ => None,
    });
    Ok(letters.last().map(|letter| (FOLDER_EPOCH, remote_id(letter))))
}
