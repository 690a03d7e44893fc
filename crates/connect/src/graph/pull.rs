//! What changed in a folder, by delta, and the bytes of what is new: what Microsoft is asked when a folder is followed.

use super::{
    batch, fault, folder_path,
    item::{self, SELECT, TOP},
};
use crate::follow::{Hand, Item, Teller, Told, next_of};
use crate::line::{Line, Question, encoded};
use crate::{Change, ConnectError, FolderState, Outlet, error::Cause, room};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mail::{Flags, FolderKey, RemoteId};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Letters on a page: so many are asked for again when we die in the middle.
const PAGE: usize = 100;
/// Letters asked for at once; the line has no more places.
const IN_FLIGHT: usize = 4;
/// So much memory a letter is given before anybody knows how long it is, in KiB.
const FIRST_KIB: u32 = 64;

/// The histories of a mailbox.
pub struct Delta<'a> {
    pub line: &'a Line,
    pub ahead: &'a Ahead,
}

/// What was answered before anybody came to that folder, by where it was asked.
pub struct Ahead(Mutex<HashMap<String, Result<Value, ConnectError>>>);

impl Ahead {
    fn take(&self, link: &str) -> Option<Result<Value, ConnectError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(link)
    }
}

/// Asks in one request what changed in several folders, in most of which nothing did: more of a history may follow.
pub async fn ahead(line: &Line, folders: &[FolderState]) -> Ahead {
    let links = folders.iter().filter_map(|state| next_of(Delta::MARK, state));
    // What leads elsewhere is judged when it is asked for.
    let links: Vec<String> = links.filter(|link| link.starts_with(line.interface())).collect();
    if links.len() < 2 {
        return Ahead(Mutex::default());
    }
    let answers = batch::ask(line, links.iter().map(|link| changes(link.clone())).collect()).await;
    Ahead(Mutex::new(links.into_iter().zip(answers).collect()))
}

fn changes(link: String) -> Question {
    Question::get(link).with("prefer", format!("odata.maxpagesize={PAGE}"))
}

#[async_trait]
impl Teller for Delta<'_> {
    const MARK: &'static str = "graph ";

    async fn changes(&self, folder: &str, place: &str) -> Result<Told, ConnectError> {
        let link = match place {
            "" => {
                format!("{}/messages/delta?{SELECT}&$orderby={}", folder_path(folder), encoded("receivedDateTime desc"))
            }
            link => link.to_owned(),
        };
        let answer = match self.ahead.take(&link) {
            Some(answer) => answer?,
            None => self.line.json(changes(link)).await?,
        };
        let link = |name: &str| answer[name].as_str().map(str::to_owned);
        let (items, last) = (item::all(&answer), link("@odata.deltaLink"));
        let is_last = last.is_some();
        Ok(Told { items, next: last.or_else(|| link("@odata.nextLink")).unwrap_or_default(), is_last })
    }

    async fn list(&self, folder: &str, at: &str) -> Result<(Vec<Item>, Option<String>), ConnectError> {
        let page = match at {
            "" => {
                let order = encoded("receivedDateTime desc");
                format!("{}/messages?{SELECT}&$top={TOP}&$orderby={order}", folder_path(folder))
            }
            link => link.to_owned(),
        };
        let answer = self.line.json(Question::get(page)).await?;
        Ok((item::all(&answer), answer["@odata.nextLink"].as_str().map(str::to_owned)))
    }

    /// An identifier survives a move: each letter is asked where it lies.
    async fn still_in(&self, folder: &str, ids: Vec<String>) -> Result<Vec<String>, ConnectError> {
        let at = self.line.json(Question::get(format!("{}?$select=id", folder_path(folder)))).await?;
        let letter = |id: &String| Question::get(format!("/messages/{}?$select=parentFolderId", encoded(id)));
        let answers = batch::ask(self.line, ids.iter().map(letter).collect()).await;
        let mut there = Vec::new();
        for (id, answer) in ids.into_iter().zip(answers) {
            match answer {
                Ok(letter) if letter["parentFolderId"] == at["id"] => there.push(id),
                Ok(_) | Err(ConnectError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(there)
    }

    async fn letters(&self, hand: &mut Hand<'_>, new: Vec<Item>) -> Result<(), ConnectError> {
        let (folder, out, limit) = (hand.folder, hand.out, hand.limit);
        let one = |item| letter(self.line, out, limit, folder, item);
        let mut letters = stream::iter(new.into_iter().map(one)).buffer_unordered(IN_FLIGHT);
        while let Some(change) = letters.next().await {
            if let Some(change) = change? {
                hand.over(change).await?;
            }
        }
        hand.progress().await
    }
}

/// The bytes of a letter as it lies there; `None` when it doesn't any more.
async fn letter(
    line: &Line,
    out: &Outlet,
    limit: u64,
    folder: FolderKey,
    item: Item,
) -> Result<Option<Change>, ConnectError> {
    let mut room = room::first(out, FIRST_KIB).await;
    let path = format!("/messages/{}", encoded(&item.id));
    let unreadable = |code, reason| Ok(Some(Hand::unreadable(folder, &item.id, code, reason)));
    let answer = match line.ask(Question::get(format!("{path}/$value")).slowly().at_most(limit)).await {
        Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) => {
            return Ok(Some(Hand::too_large(folder, &item.id, limit)));
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
    room::grow(&mut room, out, raw.len()).await;
    let flags = match item.flags {
        Some(flags) => flags,
        None => {
            let again = line.json(Question::get(format!("{path}?{SELECT}"))).await;
            again.ok().and_then(|said| item::read(&said)?.flags).unwrap_or_else(Flags::default)
        }
    };
    let (remote, internal_at) = (RemoteId::Name(item.id), item.received_at);
    Ok(Some(Change::Message { folder, remote, raw, flags, internal_at, room }))
}
