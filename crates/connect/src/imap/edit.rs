//! What we want done there: flags, moves, removals, appends, new folders.

use super::{
    cause,
    command::{Command, uid_set},
    folder,
    place::Place,
    response::{Condition, Response, Status},
    session::Session,
    wire::{Broken, Patience},
};
use crate::{ConnectError, Edit, EditDone};
use bytes::Bytes;
use mail::{Flags, RemoteId, RemoteSet};
use std::{collections::HashMap, time::Duration};

/// How long the server may think about a message that it was given.
const APPEND_TIME: Duration = Duration::from_secs(300);

type Done = Result<EditDone, ConnectError>;

/// What the edits need to know of the account.
pub struct Account<'a> {
    /// The places of the last pulls.
    pub places: &'a HashMap<String, Place>,
    /// What stands before the names of our own folders.
    pub personal: &'a str,
}

/// Does the edits in order. When the connection breaks, the rest is answered with that error and `false` comes back.
pub async fn run(account: Account<'_>, session: &mut Session, edits: Vec<Edit>) -> (Vec<Done>, bool) {
    let mut done: Vec<Done> = Vec::with_capacity(edits.len());
    while done.len() < edits.len() {
        let rest = &edits[done.len()..];
        let step = match &rest[0] {
            Edit::Flags { folder, epoch, .. } => {
                let together = rest.iter().take_while(
                    |edit| matches!(edit, Edit::Flags { folder: f, epoch: e, .. } if f == folder && e == epoch),
                );
                let count = together.count();
                store_flags(&account, session, folder, *epoch, &rest[..count]).await
            }
            other => one(&account, session, other).await.map(|result| vec![result]),
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

async fn one(account: &Account<'_>, session: &mut Session, edit: &Edit) -> Result<Done, Broken> {
    match edit {
        Edit::Flags { .. } => Ok(Ok(EditDone::default())),
        Edit::Move { folder, epoch, remote, to } => match enter(account, session, folder, *epoch, remote).await? {
            Ok(Some(uid)) => move_one(session, uid, to).await,
            Ok(None) => missing(),
            Err(error) => Ok(Err(error)),
        },
        Edit::Delete { folder, epoch, remote } => match enter(account, session, folder, *epoch, remote).await? {
            Ok(Some(uid)) => Ok(remove(session, uid).await?.map(|()| EditDone::default())),
            Ok(None) => missing(),
            Err(error) => Ok(Err(error)),
        },
        Edit::Append { folder, raw, flags, internal_at } => append(session, folder, raw, flags, *internal_at).await,
        Edit::CreateFolder { folder } => create(session, folder, account.personal).await,
    }
}

fn missing() -> Result<Done, Broken> {
    Ok(Ok(EditDone { new: None, missing: true }))
}

fn fine(status: Status) -> Result<EditDone, ConnectError> {
    match status.condition {
        Condition::Ok => Ok(EditDone { new: status.new_id(), missing: false }),
        _ => Err(cause::work(&status)),
    }
}

/// Opens a folder for writing; says whether the epoch is the present one, so that no id of another time is touched.
async fn select(
    account: &Account<'_>,
    session: &mut Session,
    folder: &str,
    epoch: i64,
) -> Result<Result<bool, ConnectError>, Broken> {
    let open = session.selected.as_ref().is_some_and(|selected| selected.remote == folder && selected.writable);
    if !open && let Err(status) = folder::open(session, folder, true, None).await? {
        return Ok(Err(cause::work(&status)));
    }
    let validity = session.selected.as_ref().and_then(|selected| selected.uidvalidity);
    let same = validity.is_none_or(|validity| i64::from(validity) == epoch & i64::from(u32::MAX));
    let latest = account.places.get(folder).is_none_or(|place| place.epoch() == epoch);
    Ok(Ok(same && latest))
}

/// Opens the folder of an edit; `None` when the message is not there any more.
async fn enter(
    account: &Account<'_>,
    session: &mut Session,
    folder: &str,
    epoch: i64,
    remote: &RemoteId,
) -> Result<Result<Option<u32>, ConnectError>, Broken> {
    let RemoteId::Uid(uid) = *remote else { return Ok(Ok(None)) };
    match select(account, session, folder, epoch).await? {
        Ok(true) => {}
        Ok(false) => return Ok(Ok(None)),
        Err(error) => return Ok(Err(error)),
    }
    let (status, responses) = session.run(Command::new(&format!("UID FETCH {uid} (UID)"))).await?;
    if status.condition != Condition::Ok {
        return Ok(Err(cause::work(&status)));
    }
    Ok(Ok(Some(uid).filter(|uid| fetched(&responses).contains(&RemoteId::Uid(*uid)))))
}

fn fetched(responses: &[Response]) -> RemoteSet {
    let uids = responses.iter().filter_map(|response| match response {
        Response::Fetch(fetched) => fetched.uid,
        _ => None,
    });
    uids.collect()
}

/// All flag edits of one folder in one round trip, with a look at which of the messages are there.
async fn store_flags(
    account: &Account<'_>,
    session: &mut Session,
    folder: &str,
    epoch: i64,
    edits: &[Edit],
) -> Result<Vec<Done>, Broken> {
    match select(account, session, folder, epoch).await? {
        Ok(true) => {}
        Ok(false) => return Ok(edits.iter().map(|_| Ok(EditDone { new: None, missing: true })).collect()),
        Err(error) => return Ok(edits.iter().map(|_| Err(error.clone())).collect()),
    }
    let mut stores = Vec::new();
    let mut asked = RemoteSet::new();
    for edit in edits {
        let Edit::Flags { remote: RemoteId::Uid(uid), add, remove, .. } = edit else {
            stores.push((0, Vec::new(), None));
            continue;
        };
        asked.insert_range(*uid, *uid);
        let mut tags = Vec::new();
        let mut refused = None;
        for (sign, flags) in [('+', add), ('-', remove)] {
            if flags.iter().any(|flag| !is_flag(flag)) {
                refused = Some("a flag that IMAP can't carry");
            } else if !flags.is_empty() {
                let command = format!("UID STORE {uid} {sign}FLAGS.SILENT ({})", flags.join(" "));
                tags.push(session.put(Command::new(&command)).await?);
            }
        }
        stores.push((*uid, tags, refused));
    }
    let mut there = RemoteSet::new();
    if !asked.is_empty() {
        let command = format!("UID FETCH {} (UID)", uid_set(asked.ranges()));
        let tag = session.put(Command::new(&command)).await?;
        session.finish(tag, |arrived| there = union(&there, &fetched(&[arrived.response]))).await?;
    }
    let mut done = Vec::new();
    for (uid, tags, refused) in stores {
        let mut result = Ok(EditDone { new: None, missing: !there.contains(&RemoteId::Uid(uid)) });
        for tag in tags {
            let status = session.finish(tag, |_| {}).await?;
            if status.condition != Condition::Ok {
                result = Err(cause::work(&status));
            }
        }
        if let Some(words) = refused {
            let words = crate::ServerWords(words.to_owned());
            result = Err(ConnectError::Refused { cause: crate::error::Cause::Refused, words });
        }
        done.push(result);
    }
    Ok(done)
}

fn union(one: &RemoteSet, other: &RemoteSet) -> RemoteSet {
    let mut both = one.clone();
    for (first, last) in other.ranges() {
        both.insert_range(*first, *last);
    }
    both
}

/// An atom, perhaps after a backslash: nothing that could end the command.
pub(super) fn is_flag(flag: &str) -> bool {
    let name = flag.strip_prefix('\\').unwrap_or(flag);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte))
}

/// MOVE (RFC 6851), or COPY and removal where the server does not know it.
pub(super) async fn move_one(session: &mut Session, uid: u32, to: &str) -> Result<Done, Broken> {
    let moves = session.capabilities.has("MOVE");
    let verb = if moves { "UID MOVE" } else { "UID COPY" };
    let (status, responses) = session.run(Command::new(&format!("{verb} {uid} ")).folder(to, session.utf8)).await?;
    let told = responses.into_iter().find_map(|response| match response {
        Response::Status(status) => status.new_id(),
        _ => None,
    });
    let mut done = match fine(status) {
        Ok(done) => done,
        Err(error) => return Ok(Err(error)),
    };
    done.new = done.new.or(told);
    if moves {
        return Ok(Ok(done));
    }
    Ok(remove(session, uid).await?.map(|()| done))
}

/// Marks a message as deleted and expunges it, and never another one: without UIDPLUS only when no other message is
/// marked; else it stays marked until somebody expunges (RFC 4315 §2.1).
pub(super) async fn remove(session: &mut Session, uid: u32) -> Result<Result<(), ConnectError>, Broken> {
    let (status, _) = session.run(Command::new(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"))).await?;
    if status.condition != Condition::Ok {
        return Ok(Err(cause::work(&status)));
    }
    let expunge = if session.capabilities.has("UIDPLUS") {
        format!("UID EXPUNGE {uid}")
    } else {
        match folder::search(session, Command::new("DELETED")).await? {
            Ok(marked) if marked.uids().eq([uid]) => "EXPUNGE".to_owned(),
            Ok(_) => return Ok(Ok(())),
            Err(status) => return Ok(Err(cause::work(&status))),
        }
    };
    let (status, _) = session.run(Command::new(&expunge)).await?;
    Ok(fine(status).map(|_| ()))
}

pub(super) async fn append(
    session: &mut Session,
    folder: &str,
    raw: &Bytes,
    flags: &Flags,
    internal_at: Option<i64>,
) -> Result<Done, Broken> {
    session.settle().await?;
    let mut command = Command::new("APPEND ").folder(folder, session.utf8);
    let names: Vec<String> = flags.to_imap().split(' ').filter(|name| is_flag(name)).map(str::to_owned).collect();
    command = command.text(&format!(" ({}) ", names.join(" ")));
    if let Some(at) = internal_at {
        command = command.text(&format!("\"{}\" ", super::fetch::date_text(at)));
    }
    // RFC 6855 §4: headers in UTF-8 need the agreement of both sides. RFC 3516: NUL needs a literal of its own kind.
    let header_end = memchr::memmem::find(raw, b"\r\n\r\n").unwrap_or(raw.len());
    command = match () {
        () if session.utf8 && !raw[..header_end].is_ascii() => command.text("UTF8 (~").literal(raw.clone()).text(")"),
        () if raw.contains(&0) && session.capabilities.has("BINARY") => command.text("~").literal(raw.clone()),
        () => command.literal(raw.clone()),
    };
    let tag = session.put(command).await?;
    session.wire.flush().await?;
    session.wire.patience = Patience::within(APPEND_TIME);
    Ok(fine(session.finish(tag, |_| {}).await?))
}

/// Makes a folder and subscribes to it, so that other programs show it. One that is there already is fine.
pub(super) async fn create(session: &mut Session, folder: &str, personal: &str) -> Result<Done, Broken> {
    session.settle().await?;
    let ours = folder.starts_with(personal) || folder.eq_ignore_ascii_case("INBOX");
    let name = if ours { folder.to_owned() } else { format!("{personal}{folder}") };
    let (status, _) = session.run(Command::new("CREATE ").folder(&name, session.utf8)).await?;
    if status.condition != Condition::Ok {
        let (_, listed) = session.run(Command::new("LIST \"\" ").folder(&name, session.utf8)).await?;
        let there = listed.iter().any(|response| matches!(response, Response::List(_)));
        if !there && !status.named("ALREADYEXISTS") {
            return Ok(Err(cause::work(&status)));
        }
    }
    session.put_quietly(Command::new("SUBSCRIBE ").folder(&name, session.utf8)).await?;
    session.wire.flush().await?;
    Ok(Ok(EditDone::default()))
}
