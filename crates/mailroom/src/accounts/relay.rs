//! The address of ours to which a mailbox's mail is forwarded (features M2 *relay*).

use crate::{
    MailRoom,
    words::{FieldError, field},
};
use connect::direct::domain_of;
use mail::{AccountKey, address::fold_address, search};
use rand::RngExt;
use store::{
    StoreError, Tx,
    account::{self, AccountSettings, Incoming},
    listener::{self, Listener},
};

/// What can't be taken for one another when somebody types it over.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// So many of them make an address that nobody guesses.
const CHANCE: usize = 8;
/// Longest readable part of an address.
const READABLE_MAX: usize = 24;
/// Names before the `@` that mean something else at every mail server, or at ours: `b+TOKEN` is where reports come back, and
/// no mailbox can be had that would get those on another's mail; `bounce+` is kept free beside it.
const RESERVED: [&str; 6] = ["postmaster", "abuse", "mailer-daemon", "b", "bounce", "noreply"];

/// How mail gets to our own addresses.
#[derive(Debug, Clone)]
pub struct OwnAddresses {
    /// The domain of all of them.
    pub domain: String,
    /// The domain was chosen, and is not only a name for this machine.
    pub is_public: bool,
    /// The nodes that take mail in now.
    pub listeners: Vec<Listener>,
}

/// How mail gets to our own addresses.
pub async fn own_addresses(room: &MailRoom) -> Result<OwnAddresses, StoreError> {
    let now = room.clock.now();
    let listeners = room.store.db.read(move |tx| Box::pin(async move { listener::list(tx, now).await })).await?;
    let domain = room.config.base_domain.clone();
    let is_public = !domain.ends_with(".localhost") && domain.contains('.');
    Ok(OwnAddresses { domain, is_public, listeners })
}

/// The domain of return paths of ours: that of our own addresses, while somebody takes mail in there.
pub(crate) async fn return_domain(room: &MailRoom) -> Result<Option<String>, StoreError> {
    let own = own_addresses(room).await?;
    let is_open = own.is_public && !own.listeners.is_empty();
    Ok(is_open.then(|| domain_of(&format!("x@{}", own.domain))))
}

/// Whether the mail server keeps this name before the `@` for itself.
pub(crate) fn is_reserved(local: &str) -> bool {
    RESERVED.contains(&local)
}

/// What should be looked at when a mailbox is to get its mail at an address of ours.
pub(super) async fn warning(room: &MailRoom, settings: &AccountSettings) -> Result<Option<FieldError>, StoreError> {
    if !matches!(settings.incoming, Incoming::Relay { .. }) || !own_addresses(room).await?.listeners.is_empty() {
        return Ok(None);
    }
    Ok(Some(FieldError::new("incoming.kind", field::WARN_NO_LISTENER)))
}

/// Gives a mailbox whose mail comes to an address of ours that address: its own when that is at our domain, else one that
/// nobody can guess. What it has it keeps.
pub(super) async fn give_address(
    tx: &mut Tx,
    domain: &str,
    before: Option<AccountKey>,
    settings: &mut AccountSettings,
) -> Result<(), StoreError> {
    let Incoming::Relay { relay_address } = &mut settings.incoming else { return Ok(()) };
    let folded = fold_address(&settings.address);
    let own = fold_address(&format!("x@{domain}"));
    let is_ours = folded.rsplit_once('@').is_some_and(|(_, of)| own.ends_with(&format!("@{of}")));
    if is_ours {
        let local = folded.split(['@', '+']).next().unwrap_or_default();
        if is_reserved(local) {
            return Err(conflict(field::RESERVED_ADDRESS));
        }
        let found = account::by_own_address(tx, &folded).await?;
        if found.is_some_and(|found| Some(found.account) != before) {
            return Err(conflict(field::ADDRESS_TAKEN));
        }
        *relay_address = Some(settings.address.clone());
        return Ok(());
    }
    if relay_address.is_some() {
        return Ok(());
    }
    let readable = readable(&settings.address);
    loop {
        let chance: String = (0..CHANCE).map(|_| letter()).collect();
        let made = format!("{readable}-{chance}@{domain}");
        if account::by_own_address(tx, &fold_address(&made)).await?.is_none() {
            *relay_address = Some(made);
            return Ok(());
        }
    }
}

fn letter() -> char {
    let at = rand::rng().random_range(0..LETTERS.len());
    LETTERS.get(at).copied().map_or('x', char::from)
}

/// What stands before the `@`, as anybody can type it.
fn readable(address: &str) -> String {
    let local = search::fold(address.split('@').next().unwrap_or_default());
    let plain: String =
        local.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit()).take(READABLE_MAX).collect();
    if plain.is_empty() { "post".to_owned() } else { plain }
}

fn conflict((code, text): field::Why) -> StoreError {
    StoreError::Conflict { field: "address", code, message: text.en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_says_for_whom_it_is_and_can_be_typed() {
        assert_eq!(readable("Info@voorbeeld.nl"), "info");
        assert_eq!(readable("j.de-vries+x@voorbeeld.nl"), "jdevriesx");
        assert_eq!(readable("用户@例え.jp"), "post");
        assert!(LETTERS.contains(&(letter() as u8)));
    }
}
