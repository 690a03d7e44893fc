//! Which conversation a message belongs to.
//!
//! The chain of Message-IDs decides (RFC 5322 §3.6.4), in whatever order the mail comes: what a message cites is kept
//! too, so that an answer fetched before its question meets it later. Citing alone is not enough: the subject or a
//! person must be shared, so that nobody gets into a stranger's case with a number he found (pains P13).

use super::{Incoming, context::Context};
use crate::{KeyMaker, StoreError, Tx, vals};
use mail::{
    Address, ConversationKey, Message, MessageId, OrganisationKey, address::address_hash, thread::base_subject,
};
use std::collections::{HashMap, HashSet};

/// At most so many cited ids count, the newest; a chain of a thousand is a mistake or an attack.
const CITED: usize = 50;

/// A message's own id and the ids it cites, as the numbers they are stored by.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// Of its Message-ID.
    pub own: Option<i64>,
    /// Of what it answers, nearest first.
    pub cited: Vec<i64>,
}

impl Ids {
    /// Reads them from a message. An id that looks like ours but is not signed by us does not count: `trusted` says.
    pub fn of(message: &Message, trusted: impl Fn(&MessageId) -> bool) -> Ids {
        let cited = mail::thread::ancestors(message).filter(|id| trusted(id)).map(hash_of);
        let mut met = HashSet::new();
        Ids {
            own: message.message_id.as_ref().map(hash_of),
            cited: cited.filter(|hash| met.insert(*hash)).take(CITED).collect(),
        }
    }
}

/// The number a Message-ID is stored by.
pub fn hash_of(id: &MessageId) -> i64 {
    let hash = blake3::hash(id.as_str().as_bytes());
    hash.as_bytes()[..8].iter().fold(0i64, |number, byte| number << 8 | i64::from(*byte))
}

/// Where a message was put.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) conversation: ConversationKey,
    /// It joined others.
    pub(super) joined: bool,
}

struct Known {
    base_subject: String,
    /// Of the batch itself, or read when the subject differs.
    people: Option<HashSet<i64>>,
}

/// Finds or makes the conversation of each message, and remembers their ids.
pub(super) async fn place(
    tx: &mut Tx,
    make: &KeyMaker,
    context: &Context,
    fresh: &[&Incoming],
) -> Result<Vec<Placed>, StoreError> {
    let organisation = context.organisation;
    let mut threads = Threads::load(tx, organisation, fresh).await?;
    let mut placed = Vec::with_capacity(fresh.len());
    let mut merges = Vec::new();
    for item in fresh {
        let subject = base_subject(&item.message.subject);
        let people = people_of(context, &item.message);
        let mut mine: Option<ConversationKey> = None;
        for hash in item.ids.own.iter().chain(&item.ids.cited) {
            for candidate in threads.of(*hash) {
                if mine == Some(candidate) || !threads.related(tx, context, candidate, &subject, &people).await? {
                    continue;
                }
                match mine {
                    None => mine = Some(candidate),
                    // Two conversations that this message ties together: the older one stays.
                    Some(other) => {
                        let (stays, goes) = (other.min(candidate), other.max(candidate));
                        threads.merge(stays, goes);
                        merges.push((stays, goes));
                        mine = Some(stays);
                    }
                }
            }
        }
        let joined = mine.is_some();
        let conversation = mine.unwrap_or_else(|| ConversationKey(make.key(context.now)));
        threads.join(conversation, item, subject, people);
        placed.push(Placed { conversation, joined });
    }
    for item in &mut placed {
        item.conversation = threads.root(item.conversation);
    }
    threads.save(tx, context, fresh, &placed).await?;
    for (stays, goes) in merges {
        merge(tx, organisation, threads.root(stays), goes).await?;
    }
    Ok(placed)
}

struct Threads {
    by_hash: HashMap<i64, Vec<ConversationKey>>,
    known: HashMap<ConversationKey, Known>,
    merged: HashMap<ConversationKey, ConversationKey>,
}

impl Threads {
    async fn load(tx: &mut Tx, organisation: OrganisationKey, fresh: &[&Incoming]) -> Result<Threads, StoreError> {
        let hashes: HashSet<i64> =
            fresh.iter().flat_map(|item| item.ids.own.iter().chain(&item.ids.cited)).copied().collect();
        let hashes: Vec<i64> = hashes.into_iter().collect();
        let lists: Vec<_> = hashes.iter().map(|hash| vals![organisation, *hash].to_vec()).collect();
        let sql = "SELECT t.conversation, c.base_subject FROM thread_ids t
                   JOIN conversations c ON c.organisation = t.organisation AND c.id = t.conversation
                   WHERE t.organisation = $1 AND t.hash = $2 ORDER BY t.conversation";
        let mut threads = Threads { by_hash: HashMap::new(), known: HashMap::new(), merged: HashMap::new() };
        for (hash, rows) in hashes.into_iter().zip(tx.rows_many(sql, &lists).await?) {
            for mut row in rows {
                let conversation = ConversationKey(row.int(0));
                threads.by_hash.entry(hash).or_default().push(conversation);
                threads.known.entry(conversation).or_insert(Known { base_subject: row.text(1), people: None });
            }
        }
        Ok(threads)
    }

    fn of(&self, hash: i64) -> Vec<ConversationKey> {
        let found = self.by_hash.get(&hash).map(Vec::as_slice).unwrap_or_default();
        let mut roots: Vec<_> = found.iter().map(|conversation| self.root(*conversation)).collect();
        roots.dedup();
        roots
    }

    fn root(&self, mut conversation: ConversationKey) -> ConversationKey {
        while let Some(into) = self.merged.get(&conversation) {
            conversation = *into;
        }
        conversation
    }

    async fn related(
        &mut self,
        tx: &mut Tx,
        context: &Context,
        conversation: ConversationKey,
        subject: &str,
        people: &HashSet<i64>,
    ) -> Result<bool, StoreError> {
        let Some(known) = self.known.get_mut(&conversation) else { return Ok(false) };
        if known.base_subject == subject {
            return Ok(true);
        }
        if known.people.is_none() {
            known.people = Some(stored_people(tx, context, conversation).await?);
        }
        Ok(known.people.as_ref().is_some_and(|theirs| !theirs.is_disjoint(people)))
    }

    fn merge(&mut self, stays: ConversationKey, goes: ConversationKey) {
        if stays == goes {
            return;
        }
        self.merged.insert(goes, stays);
        let Some(gone) = self.known.remove(&goes) else { return };
        if let Some(people) = self.known.get_mut(&stays).and_then(|known| known.people.as_mut()) {
            people.extend(gone.people.unwrap_or_default());
        }
    }

    fn join(&mut self, conversation: ConversationKey, item: &Incoming, subject: String, people: HashSet<i64>) {
        for hash in item.ids.own.iter().chain(&item.ids.cited) {
            let there = self.by_hash.entry(*hash).or_default();
            if !there.contains(&conversation) {
                there.push(conversation);
            }
        }
        match self.known.get_mut(&conversation) {
            Some(known) => known.people.iter_mut().for_each(|theirs| theirs.extend(&people)),
            None => {
                self.known.insert(conversation, Known { base_subject: subject, people: Some(people) });
            }
        }
    }

    async fn save(
        &self,
        tx: &mut Tx,
        context: &Context,
        fresh: &[&Incoming],
        placed: &[Placed],
    ) -> Result<(), StoreError> {
        let (mut conversations, mut ids) = (Vec::new(), Vec::new());
        for (item, placed) in fresh.iter().zip(placed) {
            let at = context.received_at(item);
            let key = placed.conversation;
            conversations.push(
                vals![
                    context.organisation,
                    key,
                    &*item.message.subject,
                    base_subject(&item.message.subject),
                    at,
                    !context.backlog && !context.is_outgoing(&item.message)
                ]
                .to_vec(),
            );
            for hash in item.ids.own.iter().chain(&item.ids.cited) {
                ids.push(vals![context.organisation, *hash, key].to_vec());
            }
        }
        // News from outside opens what was closed and shows what was out of sight.
        tx.execute_many(
            "INSERT INTO conversations (organisation, id, subject, base_subject, state, last_at)
             VALUES ($1, $2, $3, $4, 'open', $5)
             ON CONFLICT (organisation, id) DO UPDATE SET last_at = CASE
                     WHEN conversations.last_at < excluded.last_at THEN excluded.last_at ELSE conversations.last_at END,
                 state = CASE WHEN $6 AND conversations.last_at < excluded.last_at THEN 'open'
                     ELSE conversations.state END,
                 snoozed_until_at = CASE WHEN $6 AND conversations.last_at < excluded.last_at THEN NULL
                     ELSE conversations.snoozed_until_at END",
            &conversations,
        )
        .await?;
        tx.execute_many(
            "INSERT INTO thread_ids (organisation, hash, conversation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &ids,
        )
        .await?;
        Ok(())
    }
}

/// Everyone in the message but the account itself, which is in all of them.
fn people_of(context: &Context, message: &Message) -> HashSet<i64> {
    let folded = message.people().map(Address::folded).filter(|folded| *folded != context.own);
    folded.map(|folded| address_hash(&folded)).collect()
}

async fn stored_people(
    tx: &mut Tx,
    context: &Context,
    conversation: ConversationKey,
) -> Result<HashSet<i64>, StoreError> {
    let sql = "SELECT t.people FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
               WHERE m.organisation = $1 AND m.conversation = $2 ORDER BY m.id DESC LIMIT 50";
    let rows = tx.rows(sql, &vals![context.organisation, conversation]).await?;
    let mut people = HashSet::new();
    for mut row in rows {
        let lists: HashMap<String, Vec<Address>> = serde_json::from_str(&row.text(0)).unwrap_or_default();
        let folded = lists.values().flatten().map(Address::folded).filter(|folded| *folded != context.own);
        people.extend(folded.map(|folded| address_hash(&folded)));
    }
    Ok(people)
}

/// Puts everything of one conversation into another.
pub(crate) async fn merge(
    tx: &mut Tx,
    organisation: OrganisationKey,
    stays: ConversationKey,
    goes: ConversationKey,
) -> Result<(), StoreError> {
    if stays == goes {
        return Ok(());
    }
    let both = vals![organisation, stays, goes];
    for sql in [
        "UPDATE messages SET conversation = $2 WHERE organisation = $1 AND conversation = $3",
        "UPDATE notes SET conversation = $2 WHERE organisation = $1 AND conversation = $3",
        "UPDATE mentions SET conversation = $2 WHERE organisation = $1 AND conversation = $3",
        "UPDATE activities SET conversation = $2 WHERE organisation = $1 AND conversation = $3",
        "DELETE FROM presences WHERE organisation = $1 AND conversation = $3 AND conversation <> $2",
        "UPDATE outbox SET conversation = $2 WHERE organisation = $1 AND conversation = $3",
        "INSERT INTO thread_ids (organisation, hash, conversation)
             SELECT organisation, hash, CAST($2 AS BIGINT) FROM thread_ids WHERE organisation = $1 AND conversation = $3
             ON CONFLICT DO NOTHING",
        "DELETE FROM thread_ids WHERE organisation = $1 AND conversation = $3 AND conversation <> $2",
        "UPDATE conversations SET merged_into = $2 WHERE organisation = $1 AND id = $3",
    ] {
        tx.execute(sql, &both).await?;
    }
    Ok(())
}

/// Remembers the Message-ID of a mail we are about to send, so that answers to it and its own sent copy join.
pub async fn register(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: &MessageId,
    conversation: ConversationKey,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO thread_ids (organisation, hash, conversation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.execute(sql, &vals![organisation, hash_of(id), conversation]).await?;
    Ok(())
}
