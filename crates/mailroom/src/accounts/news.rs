//! Being told by a provider that something happened in a mailbox. What is told only wakes; whatever is lost on the way is found
//! at the interval.

use super::{topic, vendor};
use crate::{MailRoom, incoming};
use blake3::Hash;
use connect::{Secret, graph};
use mail::AccountKey;
use serde_json::Value;
use store::{
    StoreError,
    account::{self, Access, Account},
    app_registration::AppProvider,
};

/// The path of ours to which Microsoft posts; the mailbox comes after it.
pub const MICROSOFTS: &str = "/hooks/microsoft";
/// What the words that Microsoft repeats to us are made for.
const PURPOSE: &str = "postkamer 2026 word for change notifications";

/// Where a provider is to tell of a mailbox.
#[derive(Default)]
pub(super) struct Told {
    /// A topic of Google's Pub/Sub.
    pub(super) topic: Option<String>,
    /// An address of ours.
    pub(super) hook: Option<graph::News>,
}

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There is no such mailbox.
    #[error("no such mailbox")]
    Unknown,
    /// It does not say the word that only Microsoft was told.
    #[error("the word is wrong")]
    Unproven,
    /// It is none that we know.
    #[error("this is no change notification")]
    Nonsense,
    /// It could not be taken now.
    #[error(transparent)]
    Later(#[from] StoreError),
}

/// Where this provider is to tell of this mailbox, as far as it can.
pub(super) async fn told(room: &MailRoom, account: &Account, provider: AppProvider) -> Result<Told, StoreError> {
    if vendor::tells_by_topic(provider) {
        return Ok(Told { topic: topic::name_of(room, account.organisation).await?, hook: None });
    }
    // Microsoft tells nobody of a mailbox that somebody else shared with them
    // (learn.microsoft.com/graph/outlook-change-notifications-overview).
    if account.settings.access == Access::Shared || !is_reached(room) {
        return Ok(Told::default());
    }
    let Some(word) = word(room, account.id).await? else { return Ok(Told::default()) };
    let (address, word) = (room.link(&format!("{MICROSOFTS}/{}", account.id)), Secret::new(word.to_hex().as_bytes()));
    Ok(Told { topic: None, hook: Some(graph::News { address, word }) })
}

/// Microsoft posts to https alone; a simulator on this machine is not so strict.
fn is_reached(room: &MailRoom) -> bool {
    let is_simulated = room.world.vendors.microsoft.interface.starts_with("http://");
    let set = &room.config.base_url;
    set.starts_with("https://") || is_simulated && set.starts_with("http://")
}

/// The word that Microsoft repeats in all it tells of this mailbox; the same after a restart and on every node.
async fn word(room: &MailRoom, id: AccountKey) -> Result<Option<Hash>, StoreError> {
    let ring = room.store.keys.clone();
    let read = room.store.db.read(move |tx| {
        let ring = ring.clone();
        Box::pin(async move {
            match account::organisation_of(tx, id).await? {
                Some(organisation) => ring.message_id_key(tx, organisation).await.map(Some),
                None => Ok(None),
            }
        })
    });
    let word = |secret: &[u8]| blake3::keyed_hash(&blake3::derive_key(PURPOSE, secret), &id.0.to_be_bytes());
    Ok(read.await?.map(|secret| word(&secret)))
}

/// What Microsoft says of telling itself: it ends or has ended, until it is asked anew
/// (learn.microsoft.com/graph/change-notifications-lifecycle-events). Of what it could not tell it says `missed`: that is found
/// by fetching, as ever.
const NO_LONGER: [&str; 2] = ["reauthorizationRequired", "subscriptionRemoved"];

/// Takes a post: whoever says the word has the mailbox fetched. Said again it does no more than that.
pub async fn arrive(room: &MailRoom, id: AccountKey, post: &[u8]) -> Result<(), NotTaken> {
    let post: Value = serde_json::from_slice(post).map_err(|_| NotTaken::Nonsense)?;
    let told = post["value"].as_array().filter(|told| !told.is_empty()).ok_or(NotTaken::Nonsense)?;
    let word = word(room, id).await?.ok_or(NotTaken::Unknown)?;
    let anew = is_over(told, word).ok_or(NotTaken::Unproven)?;
    Ok(incoming::call(room, id, anew).await?)
}

/// Whether Microsoft says that it tells no longer; `None` when nothing of this says the word.
fn is_over(told: &[Value], word: Hash) -> Option<bool> {
    // Two such words are compared in a time that says nothing of how much is right.
    let is_proven = |one: &&Value| one["clientState"].as_str().and_then(|said| Hash::from_hex(said).ok()) == Some(word);
    let proven: Vec<&Value> = told.iter().filter(is_proven).collect();
    let is_over = |one: &&Value| one["lifecycleEvent"].as_str().is_some_and(|event| NO_LONGER.contains(&event));
    (!proven.is_empty()).then(|| proven.iter().any(is_over))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_says_the_word_says_that_telling_is_over() {
        let word = blake3::hash(b"word");
        let told = |word: Hash, event: &str| json!({ "clientState": word.to_hex().as_str(), "lifecycleEvent": event });
        let (ours, other) = (word, blake3::hash(b"other"));
        assert_eq!(is_over(&[told(other, "subscriptionRemoved")], word), None);
        assert_eq!(is_over(&[told(ours, "missed"), told(other, "subscriptionRemoved")], word), Some(false));
        for event in NO_LONGER {
            assert_eq!(is_over(&[told(ours, "missed"), told(ours, event)], word), Some(true));
        }
    }
}
