//! The bytes of letters, several in one question as long as they are short.

use super::{
    fault::later,
    item::{self, FIELDS},
    line::{Line, Question},
    xml::Node,
};
use crate::{
    Change, ConnectError, Outlet,
    error::Cause,
    follow::{Hand, Item},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mail::{Flags, FolderKey, RemoteId};
use tokio::sync::OwnedSemaphorePermit;

/// Letters in one question, and the bytes of them all: one that is longer is asked for alone.
const BATCH: usize = 20;
const BATCH_BYTES: u64 = 1 << 20;
/// Questions for letters at once.
const IN_FLIGHT: usize = 2;
/// What stands around the letters in an answer, in bytes for each.
const AROUND: u64 = 64 << 10;

/// Where letters go, and how long they may be.
#[derive(Clone, Copy)]
struct Fetch<'a> {
    line: &'a Line,
    out: &'a Outlet,
    folder: FolderKey,
    /// In bytes.
    limit: u64,
}

/// Hands over these letters.
pub async fn letters(line: &Line, hand: &mut Hand<'_>, new: Vec<Item>) -> Result<(), ConnectError> {
    let fetch = Fetch { line, out: hand.out, folder: hand.folder, limit: hand.limit };
    let mut answers = stream::iter(batches(new)).map(|batch| fetched(fetch, batch)).buffer_unordered(IN_FLIGHT);
    while let Some(changes) = answers.next().await {
        for change in changes? {
            hand.over(change).await?;
        }
        hand.progress().await?;
    }
    Ok(())
}

fn batches(new: Vec<Item>) -> Vec<Vec<Item>> {
    let (mut batches, mut bytes): (Vec<Vec<Item>>, u64) = (Vec::new(), 0);
    for item in new {
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes + item.size <= BATCH_BYTES => {
                bytes += item.size;
                batch.push(item);
            }
            _ => {
                bytes = item.size;
                batches.push(vec![item]);
            }
        }
    }
    batches
}

async fn fetched(fetch: Fetch<'_>, batch: Vec<Item>) -> Result<Vec<Change>, ConnectError> {
    // All the memory of a batch is asked for at once: two batches that each have half of theirs would wait for ever.
    let wanted = batch.iter().map(kib).sum::<u32>().clamp(1, fetch.out.room_total.max(1));
    let mut room = fetch.out.room.clone().acquire_many_owned(wanted).await.ok();
    match asked(fetch, &batch).await {
        Ok(messages) => {
            let mut changes = Vec::new();
            for (item, message) in batch.into_iter().zip(messages) {
                let part = kib(&item) as usize;
                let own = room.as_mut().and_then(|room| room.split(part.min(room.num_permits())));
                changes.extend(letter(fetch, item, message, own)?);
            }
            Ok(changes)
        }
        Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) if batch.len() > 1 => {
            drop(room);
            // Their sizes were not what the list said: one by one.
            let mut changes = Vec::new();
            for item in batch {
                changes.extend(Box::pin(fetched(fetch, vec![item])).await?);
            }
            Ok(changes)
        }
        Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) => {
            Ok(batch.iter().map(|item| Hand::too_large(fetch.folder, &item.id, fetch.limit)).collect())
        }
        Err(error) => Err(error),
    }
}

fn kib(item: &Item) -> u32 {
    u32::try_from(item.size / 1024 + 1).unwrap_or(u32::MAX)
}

async fn asked(fetch: Fetch<'_>, batch: &[Item]) -> Result<Vec<Result<Node, ConnectError>>, ConnectError> {
    let ids: String = batch.iter().map(|item| item::named(&item.id)).collect();
    let question = format!(
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>{FIELDS}</m:ItemShape><m:ItemIds>{ids}</m:ItemIds></m:GetItem>"
    );
    let limit = fetch.limit.saturating_mul(4) / 3 + AROUND * batch.len() as u64;
    let question = Question::new(&question).letters(usize::try_from(limit).unwrap_or(usize::MAX));
    let messages = fetch.line.several(question).await?;
    if messages.len() != batch.len() {
        return Err(later(Cause::Protocol, None, "another number of letters than was asked for"));
    }
    Ok(messages)
}

/// What is told of one letter: nothing when it is gone by now.
fn letter(
    Fetch { folder, limit, .. }: Fetch<'_>,
    item: Item,
    message: Result<Node, ConnectError>,
    room: Option<OwnedSemaphorePermit>,
) -> Result<Option<Change>, ConnectError> {
    let unreadable = |code, reason| Ok(Some(Hand::unreadable(folder, &item.id, code, reason)));
    let message = match message {
        Ok(message) => message,
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => return Ok(None),
        // What can't be had of one letter says nothing of the others.
        Err(ConnectError::Refused { words, .. }) => return unreadable("refused", words.0),
        Err(error) => return Err(error),
    };
    let node = message.inside(&["Items"]).first();
    let now = node.and_then(item::read);
    let text = node.and_then(|node| node.child("MimeContent")).map_or("", |content| content.text.as_str());
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let raw = match STANDARD.decode(packed) {
        Ok(raw) if raw.is_empty() => return unreadable("empty", "Exchange gave no content".to_owned()),
        Ok(raw) if raw.len() as u64 > limit => return Ok(Some(Hand::too_large(folder, &item.id, limit))),
        Ok(raw) => Bytes::from(raw),
        Err(_) => return unreadable("refused", "the content is no base 64".to_owned()),
    };
    let flags = now.as_ref().and_then(|now| now.flags.clone()).or(item.flags).unwrap_or_else(Flags::default);
    let internal_at = now.and_then(|now| now.received_at).or(item.received_at);
    let remote = RemoteId::Name(item.id);
    Ok(Some(Change::Message { folder, remote, raw, flags, internal_at, room }))
}
