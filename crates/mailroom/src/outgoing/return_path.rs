//! The envelope's sender of what we deliver ourselves: an address of our own for each handing over, so that whatever comes
//! back says by where it comes what it is about, also when nothing can be read of it (pains P24).

use crate::{MailRoom, accounts::relay};
use connect::{direct::domain_of, dns::DnsError};
use mail::{
    OutboxKey,
    address::fold_address,
    return_path::{Claim, ReturnPath},
};
use std::sync::Arc;
use store::{StoreError, account::Account, dkim_key, outbox::Leased};
use zeroize::Zeroizing;

/// Makes the return paths of one submission.
pub(super) struct OwnReturn {
    domain: String,
    secret: Arc<Zeroizing<Vec<u8>>>,
}

/// What the return paths of this submission are made with; `None` when what comes back could not be kept, when they would
/// lead nowhere, or would cost the mail its credit, and reports come to the mailbox's own address then.
pub(super) async fn of(room: &MailRoom, account: &Account, leased: &Leased) -> Option<OwnReturn> {
    // Who wants to hear of nothing hears of nothing.
    if leased.return_path.is_empty() || !account.settings.incoming.takes_mail() {
        return None;
    }
    match secret(room, account, leased).await {
        Ok(Some((domain, secret))) if takes_mail(room, &domain).await => Some(OwnReturn { domain, secret }),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, outbox = %leased.id, "a return path of our own could not be made");
            None
        }
    }
}

async fn secret(
    room: &MailRoom,
    account: &Account,
    leased: &Leased,
) -> Result<Option<(String, Arc<Zeroizing<Vec<u8>>>)>, StoreError> {
    let Some(domain) = relay::return_domain(room).await? else { return Ok(None) };
    let (organisation, ring, of) = (leased.organisation, room.store.keys.clone(), domain_of(&account.settings.address));
    let is_kin = is_kin(&domain, &of);
    let read = room.store.db.read(move |tx| {
        let (ring, of) = (ring.clone(), of.clone());
        Box::pin(async move {
            let is_signed = is_kin || dkim_key::of_domain(tx, organisation, &of).await?.iter().any(|key| key.signs());
            match is_signed {
                true => ring.message_id_key(tx, organisation).await.map(Some),
                // Its domain would be shown by nothing at all (RFC 7489 §3.1).
                false => Ok(None),
            }
        })
    });
    Ok(read.await?.map(|secret| (domain, secret)))
}

/// One lies below the other, so that SPF of the one speaks for the other (RFC 7489 §3.1.2).
fn is_kin(one: &str, other: &str) -> bool {
    let below = |lower: &str, upper: &str| lower.strip_suffix(upper).is_some_and(|rest| rest.ends_with('.'));
    one == other || below(one, other) || below(other, one)
}

/// Whether mail for the domain finds a way, as far as the DNS says. When nobody can say it goes the way that is sure.
async fn takes_mail(room: &MailRoom, domain: &str) -> bool {
    match room.world.resolver().mx(domain).await {
        Ok(found) => found.iter().any(|mx| !mx.exchange.is_empty()),
        Err(DnsError::NotFound) => room.world.resolver().has_addresses(domain).await.unwrap_or(false),
        Err(DnsError::Failed(_)) => false,
    }
}

impl OwnReturn {
    /// The return path of handing it over to these recipients, of whom `first` has the lowest number.
    pub(super) fn path(&self, leased: &Leased, first: i64, alone: bool) -> Option<String> {
        let recipient = u16::try_from(first).ok()?;
        let path = ReturnPath { organisation: leased.organisation, submission: leased.id, recipient, alone };
        Some(format!("{}@{}", path.local_part(&self.secret), self.domain))
    }
}

/// What the address is a return path of, when we made it.
pub(crate) async fn known(room: &MailRoom, claim: Claim) -> Result<Option<ReturnPath>, StoreError> {
    let (organisation, ring) = (claim.organisation(), room.store.keys.clone());
    let read = room.store.db.read(move |tx| {
        let ring = ring.clone();
        Box::pin(async move {
            match ring.message_id_key(tx, organisation).await {
                Ok(secret) => Ok(Some(secret)),
                Err(StoreError::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
    });
    Ok(read.await?.and_then(|secret| claim.verified(&secret)))
}

/// The same of an address that somebody else's report names.
pub(super) async fn cited(room: &MailRoom, address: &str) -> Result<Option<(OutboxKey, ReturnPath)>, StoreError> {
    let folded = fold_address(address);
    let Some((local, domain)) = folded.rsplit_once('@') else { return Ok(None) };
    match ReturnPath::claimed(local) {
        Some(claim) if domain == domain_of(&format!("x@{}", room.config.base_domain)) => {
            Ok(known(room, claim).await?.map(|path| (path.submission, path)))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_above_or_below_speaks_for_another() {
        for (one, other, kin) in [
            ("post.voorbeeld.nl", "voorbeeld.nl", true),
            ("voorbeeld.nl", "voorbeeld.nl", true),
            ("voorbeeld.nl", "klas.voorbeeld.nl", true),
            ("postvoorbeeld.nl", "voorbeeld.nl", false),
            ("post.voorbeeld.nl", "klas.voorbeeld.nl", false),
            ("post.voorbeeld.nl", "elders.nl", false),
        ] {
            assert_eq!(is_kin(one, other), kin, "{one} {other}");
        }
    }
}
