//! Opening a folder, and asking what is in it.

use super::{
    command::Command,
    fetch::Fetched,
    response::{Condition, Response, Status},
    session::{Arrived, FETCH_TIME, Selected, Session},
    wire::{Broken, Patience},
};
use mail::RemoteSet;

/// What the server told while it opened a folder, or of the changes in an open one.
#[derive(Debug, Default)]
pub struct Told {
    /// These UIDs are gone.
    pub vanished: RemoteSet,
    /// Flags, as they are now.
    pub flags: Vec<Fetched>,
}

impl Told {
    /// Takes what a response adds.
    pub fn take(&mut self, arrived: Arrived) {
        match arrived.response {
            Response::Vanished { uids, .. } => {
                for (first, last) in uids.ranges() {
                    self.vanished.insert_range(*first, *last);
                }
            }
            Response::Fetch(fetched) if fetched.uid.is_some() => self.flags.push(*fetched),
            Response::Status(status) if status.named("CLOSED") => *self = Told::default(),
            _ => {}
        }
    }
}

/// Opens a folder. With `since` (UIDVALIDITY and MODSEQ) the server tells in the same answer what changed after that
/// (RFC 7162 §3.2.5). `Ok(Err(_))` is the server's refusal; the session goes on.
pub async fn open(
    session: &mut Session,
    remote: &str,
    writable: bool,
    since: Option<(u32, u64)>,
) -> Result<Result<Told, Status>, Broken> {
    session.settle().await?;
    session.end_idle().await?;
    let verb = if writable { "SELECT " } else { "EXAMINE " };
    let command = Command::new(verb).folder(remote, session.utf8);
    let command = match since {
        Some((validity, modseq)) if session.qresync => command.text(&format!(" (QRESYNC ({validity} {modseq}))")),
        _ if session.capabilities.has("CONDSTORE") || session.qresync => command.text(" (CONDSTORE)"),
        _ => command,
    };
    session.selected = Some(Selected { remote: remote.to_owned(), writable, ..Selected::default() });
    let tag = session.put(command).await?;
    session.wire.patience = Patience::progress(FETCH_TIME);
    let mut told = Told::default();
    let status = session.finish(tag, |arrived| told.take(arrived)).await?;
    if status.condition != Condition::Ok {
        session.selected = None;
        return Ok(Err(status));
    }
    if let Some(selected) = &mut session.selected {
        selected.changed = false;
    }
    Ok(Ok(told))
}

/// Every UID in the open folder.
pub async fn all_uids(session: &mut Session) -> Result<Result<RemoteSet, Status>, Broken> {
    search(session, Command::new("ALL")).await
}

/// The UIDs that meet the criteria, which `criteria` holds as the rest of a SEARCH command.
pub async fn search(session: &mut Session, mut criteria: Command) -> Result<Result<RemoteSet, Status>, Broken> {
    let extended = session.capabilities.has("ESEARCH");
    let verb: &[u8] = if extended { b"UID SEARCH RETURN (ALL) " } else { b"UID SEARCH " };
    let first = criteria.parts.first_mut().map_or(&mut criteria.last, |(text, _)| text);
    first.splice(0..0, verb.iter().copied());
    let tag = session.put(criteria).await?;
    session.wire.patience = Patience::progress(FETCH_TIME);
    let mut found = RemoteSet::new();
    let status = session
        .finish(tag, |arrived| {
            if let Response::Search(of, uids) = arrived.response
                && of.is_none_or(|of| of == tag)
            {
                for (first, last) in uids.ranges() {
                    found.insert_range(*first, *last);
                }
            }
        })
        .await?;
    if status.condition != Condition::Ok {
        return Ok(Err(status));
    }
    // `ALL 1:4294967295` of a folder with three messages is a lie that must not cost us the memory for it.
    let most = session.selected.as_ref().map_or(0, |selected| selected.exists as usize) + 1000;
    if found.len() > most {
        return Err(Broken::Malformed("more search results than there are messages"));
    }
    Ok(Ok(found))
}

/// The flags of all messages in the open folder that changed after `since`, or of all messages.
pub async fn flags(session: &mut Session, since: Option<u64>) -> Result<Result<Told, Status>, Broken> {
    let tag = session.put(flags_command(session, since)).await?;
    session.wire.patience = Patience::progress(FETCH_TIME);
    let mut told = Told::default();
    let status = session.finish(tag, |arrived| told.take(arrived)).await?;
    Ok(if status.condition == Condition::Ok { Ok(told) } else { Err(status) })
}

/// The command that [`flags`] sends.
pub fn flags_command(session: &Session, since: Option<u64>) -> Command {
    match since {
        Some(modseq) if session.qresync => {
            Command::new(&format!("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {modseq} VANISHED)"))
        }
        Some(modseq) => Command::new(&format!("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {modseq})")),
        None => Command::new("UID FETCH 1:* (UID FLAGS)"),
    }
}
