//! Which folders there are, and in the same round trip how they stand (RFC 5819).

use super::{
    cause,
    command::Command,
    response::{Condition, Counts, Listed, Response},
    session::Session,
    utf7,
    wire::Broken,
};
use crate::{ConnectError, RemoteFolder};
use mail::Role;
use std::collections::{HashMap, HashSet};

/// More folders than this are cut off, with a line in the log.
const MOST_FOLDERS: usize = 20_000;

/// The prefixes of the server's namespaces (RFC 2342).
#[derive(Debug, Clone, Default)]
pub struct Namespaces {
    /// Before our own folders: `INBOX.` at some servers.
    pub personal: String,
    /// Before other people's and shared folders.
    pub foreign: Vec<String>,
}

/// What a LIST gave.
#[derive(Debug, Default)]
pub struct Listing {
    /// The folders.
    pub folders: Vec<RemoteFolder>,
    /// How they stand, by remote name, where the server said so.
    pub counts: HashMap<String, Counts>,
    /// Those that show letters of other folders once more, by remote name.
    pub views: HashMap<String, View>,
}

/// What a folder shows that is only another sight of what lies elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Everything (`\All`, RFC 6154 §2).
    All,
    /// What is flagged, or important (`\Flagged`, and `\Important` of RFC 8457).
    Some,
}

/// Lists the folders. `namespaces` is asked for once and kept by the caller; a `prefix` chosen by the user goes before
/// it.
pub async fn list(
    session: &mut Session,
    prefix: Option<&str>,
    namespaces: &mut Option<Namespaces>,
) -> Result<Listing, ConnectError> {
    if namespaces.is_none() && !session.capabilities.has("NAMESPACE") {
        *namespaces = Some(Namespaces::default());
    }
    if namespaces.is_none() {
        session.put_quietly(Command::new("NAMESPACE")).await?;
    }
    let mut heard = ask(session, prefix, true).await?;
    if heard.refused.is_some() && heard.extended {
        heard = ask(session, prefix, false).await?;
    }
    if let Some(refused) = heard.refused {
        return Err(cause::work(&refused));
    }
    let known = namespaces.get_or_insert_with(|| heard.namespaces.unwrap_or_default()).clone();
    let mut listing = Listing::default();
    let mut seen = HashSet::new();
    for listed in heard.listed {
        let view = view(&listed);
        let folder = folder(listed, session.utf8, &known);
        let foreign = prefix.is_none() && known.foreign.iter().any(|start| folder.remote.starts_with(start.as_str()));
        if foreign || !seen.insert(folder.remote.clone()) {
            continue;
        }
        if listing.folders.len() == MOST_FOLDERS {
            tracing::warn!(limit = MOST_FOLDERS, "the server lists more folders than we take; the rest is left out");
            break;
        }
        listing.views.extend(view.map(|view| (folder.remote.clone(), view)));
        listing.folders.push(folder);
    }
    listing.counts = heard.counts.into_iter().map(|(name, counts)| (remote_name(name, session.utf8), counts)).collect();
    for folder in &mut listing.folders {
        let counts = listing.counts.get(&folder.remote);
        folder.messages = counts.and_then(|counts| counts.messages).map(u64::from);
        folder.uidvalidity = counts.and_then(|counts| counts.uidvalidity);
    }
    Ok(listing)
}

#[derive(Default)]
struct Heard {
    listed: Vec<Listed>,
    counts: Vec<(String, Counts)>,
    namespaces: Option<Namespaces>,
    refused: Option<super::response::Status>,
    extended: bool,
}

async fn ask(session: &mut Session, prefix: Option<&str>, extended: bool) -> Result<Heard, Broken> {
    let capabilities = &session.capabilities;
    let mut wanted = Vec::new();
    if extended
        && capabilities.has("SPECIAL-USE")
        && (capabilities.has("LIST-EXTENDED") || capabilities.has("LIST-STATUS"))
    {
        wanted.push("SPECIAL-USE");
    }
    if extended && capabilities.has("LIST-STATUS") {
        let modseq = capabilities.has("CONDSTORE") || capabilities.has("QRESYNC");
        wanted.push(match modseq {
            true => "STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)",
            false => "STATUS (MESSAGES UIDNEXT UIDVALIDITY)",
        });
    }
    let verb = if capabilities.has("XLIST") && !capabilities.has("SPECIAL-USE") { "XLIST" } else { "LIST" };
    let returns = if wanted.is_empty() { String::new() } else { format!(" RETURN ({})", wanted.join(" ")) };
    let mut heard = Heard { extended: !wanted.is_empty(), ..Heard::default() };
    let pattern = format!("{}*", prefix.unwrap_or_default());
    let noted = std::mem::take(&mut session.noted);
    let mut tags = Vec::new();
    if session.selected.is_some() {
        // Of the folder that is open a server tells what this connection has seen of it, not how it stands.
        tags.push(session.put(Command::new("NOOP")).await?);
    }
    let mut moved = false;
    if prefix.is_some_and(|prefix| !prefix.is_empty()) {
        tags.push(session.put(Command::new(&format!("{verb} \"\" INBOX{returns}"))).await?);
    }
    let command = Command::new(&format!("{verb} \"\" ")).string(pattern.as_bytes()).text(&returns);
    tags.push(session.put(command).await?);
    for tag in tags {
        let status = session
            .finish(tag, |arrived| match arrived.response {
                Response::List(listed) if heard.listed.len() <= 2 * MOST_FOLDERS => heard.listed.push(listed),
                Response::Counts(name, counts) if heard.counts.len() <= 2 * MOST_FOLDERS => {
                    heard.counts.push((name, counts));
                }
                Response::Namespace([personal, others, shared]) => {
                    let foreign = others.into_iter().chain(shared).filter(|prefix| !prefix.is_empty()).collect();
                    let personal = personal.into_iter().next().unwrap_or_default();
                    heard.namespaces = Some(Namespaces { personal, foreign });
                }
                Response::Fetch(_) => moved = true,
                _ => {}
            })
            .await?;
        if status.condition != Condition::Ok {
            heard.refused = Some(status);
        }
    }
    if let Some(selected) = &mut session.selected {
        selected.changed |= moved;
    }
    // What LIST told of the folders is no news.
    session.noted = noted;
    Ok(heard)
}

fn view(listed: &Listed) -> Option<View> {
    let has = |names: &[&str]| listed.attributes.iter().any(|known| names.contains(&known.as_str()));
    match () {
        () if has(&["\\all", "\\allmail"]) => Some(View::All),
        () if has(&["\\flagged", "\\starred", "\\important"]) => Some(View::Some),
        () => None,
    }
}

/// The key to a folder: modified UTF-7 whatever the session speaks, and INBOX in one spelling (RFC 9051 §5.1).
pub(super) fn remote_name(name: String, utf8: bool) -> String {
    if name.eq_ignore_ascii_case("INBOX") {
        return "INBOX".to_owned();
    }
    if utf8 { utf7::encode(&name) } else { name }
}

fn folder(listed: Listed, utf8: bool, namespaces: &Namespaces) -> RemoteFolder {
    let has = |name: &str| listed.attributes.iter().any(|known| known == name);
    let declared = match () {
        () if listed.name.eq_ignore_ascii_case("INBOX") || has("\\inbox") => Role::Inbox,
        () if has("\\sent") => Role::Sent,
        () if has("\\drafts") => Role::Drafts,
        () if has("\\junk") || has("\\spam") => Role::Junk,
        () if has("\\trash") => Role::Trash,
        () if has("\\archive") => Role::Archive,
        () => Role::None,
    };
    let selectable =
        listed.readable && !has("\\noselect") && !has("\\nonexistent") && super::command::sendable(&listed.name);
    let remote = remote_name(listed.name, utf8);
    let shown = remote.strip_prefix(namespaces.personal.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(&remote);
    RemoteFolder {
        name: utf7::decode(shown),
        remote,
        declared,
        selectable,
        separator: listed.separator,
        messages: None,
        uidvalidity: None,
    }
}
