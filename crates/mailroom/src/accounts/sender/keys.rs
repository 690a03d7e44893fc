//! The keys of a domain: made here, signing once the DNS shows them, and followed by others without a gap.

use super::{Kept, Sender, get, kept, rotation};
use crate::{MailRoom, doer::Doer, words::Refusal};
use connect::{
    direct::domain_of,
    dkim::{self, Algorithm},
    dns::DnsError,
};
use mail::{AccountKey, OrganisationKey, SignatureKey};
use std::collections::HashSet;
use store::{
    StoreError, Viewer,
    account::Account,
    dkim_key::{self, DkimKey},
    mta_sts,
    secret::new_token,
    sender,
};

/// How long the record of a key that signs no more should stay in the DNS, in milliseconds: as long as a mail is tried, and
/// some days for reading.
pub(super) const OVERLAP: i64 = 7 * 24 * 3_600_000;
/// How long it is told that the record may go, when nobody takes it away.
const FORGET: i64 = 90 * 24 * 3_600_000;

/// Sees to it that a mailbox which is delivered here has what it needs: the proof that its domain is asked for, and a key
/// of each manner. What can't be done now is done at the next look.
pub(crate) async fn prepare(room: &MailRoom, account: &Account) {
    if !account.settings.is_delivered_here() {
        return;
    }
    if let Err(error) = prepared(room, account.organisation, &domain_of(&account.settings.address)).await {
        tracing::error!(%error, account = %account.id, "the keys of a sender could not be made");
    }
}

async fn prepared(room: &MailRoom, organisation: OrganisationKey, domain: &str) -> Result<(), StoreError> {
    let name = domain.to_owned();
    let token = new_token().trim_start_matches("pk_").to_owned();
    let write = room.store.db.write(move |tx| {
        let (name, token) = (name.clone(), token.clone());
        Box::pin(async move {
            sender::ask_domain(tx, organisation, &name, &token).await?;
            dkim_key::of_domain(tx, organisation, &name).await
        })
    });
    let known = write.await?;
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        let has = |key: &DkimKey| key.algorithm == algorithm.as_str() && key.retired_at.is_none();
        if !known.iter().any(has) {
            make(room, organisation, domain, algorithm, 0).await?;
        }
    }
    Ok(())
}

/// Makes a key, unless one of its manner waits for its record already. `told`: how often administrators know of it.
pub(super) async fn make(
    room: &MailRoom,
    organisation: OrganisationKey,
    domain: &str,
    algorithm: Algorithm,
    told: i64,
) -> Result<(), StoreError> {
    // An RSA key takes a processor for some tenths of a second.
    let made = tokio::task::spawn_blocking(move || dkim::make(algorithm)).await;
    let made = made.map_err(|error| StoreError::Broken(error.to_string()))?;
    let made = made.map_err(|error| StoreError::Broken(error.to_string()))?;
    let now = room.clock.now();
    let key = DkimKey {
        id: SignatureKey(room.store.make.key(now)),
        organisation,
        domain: domain.to_owned(),
        selector: selector(algorithm),
        algorithm: algorithm.as_str().to_owned(),
        public: made.public,
        published_at: None,
        began_at: None,
        retired_at: None,
        told,
        created_at: now,
    };
    let (ring, private) = (room.store.keys.clone(), made.private);
    let write = room.store.db.write(move |tx| {
        let (ring, key, private) = (ring.clone(), key.clone(), private.clone());
        Box::pin(async move {
            sender::hold(tx, key.organisation, &key.domain).await?;
            let known = dkim_key::of_domain(tx, key.organisation, &key.domain).await?;
            // Another node was quicker.
            if known.iter().any(|known| known.waits() && known.algorithm == key.algorithm) {
                return Ok(());
            }
            dkim_key::add(tx, &ring, &key, &private).await
        })
    });
    write.await
}

/// A name that nobody else of the domain uses for a key: a key never comes back under the name of another.
fn selector(algorithm: Algorithm) -> String {
    let letter = if algorithm == Algorithm::Rsa { 'r' } else { 'e' };
    format!("pk{letter}{:08x}", rand::random::<u32>())
}

/// Makes new keys for the domain of the mailbox. The old ones sign until the DNS shows the new ones.
pub async fn renew(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Sender, Refusal> {
    let before: Kept = kept(room, viewer, id).await?;
    let domain = before.domain_name();
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        // One that is not published yet is new enough. Whoever asks has the records before them.
        make(room, viewer.organisation, &domain, algorithm, 1).await?;
    }
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        let (doer, domain) = (doer.clone(), domain.clone());
        Box::pin(async move { doer.did(tx, "account.sender_keys", id, domain).await })
    });
    write.await?;
    get(room, viewer, id).await
}

/// What the DNS shows of a key decides whether it signs. An answer that could not be had changes nothing.
pub(super) async fn seen(room: &MailRoom, key: &DkimKey, found: Result<bool, DnsError>) -> Result<(), StoreError> {
    let (now, key) = (room.clock.now(), key.clone());
    let is_news = match &found {
        Ok(found) => *found != key.published_at.is_some(),
        Err(_) => false,
    };
    if !is_news {
        return Ok(());
    }
    let write = room.store.db.write(move |tx| {
        let key = key.clone();
        Box::pin(async move {
            match key.published_at {
                None => dkim_key::published(tx, &key, now).await,
                Some(_) => dkim_key::gone(tx, &key).await,
            }
        })
    });
    write.await
}

/// Looks whether the DNS shows the keys of every domain, and forgets what is long past.
pub(crate) async fn look_after(room: &MailRoom) {
    if let Err(error) = looked_after(room).await {
        tracing::warn!(%error, "the keys of senders could not be looked after; it is tried again");
    }
}

async fn looked_after(room: &MailRoom) -> Result<(), StoreError> {
    let active = room.store.db.read(|tx| Box::pin(async move { dkim_key::active(tx).await })).await?;
    let mut told = HashSet::new();
    for key in active {
        let found = dkim::is_published(&room.world, &key.selector, &key.domain, &key.public).await;
        if found == Ok(false) && key.published_at.is_some() && told.insert(key.domain.clone()) {
            tracing::warn!(domain = %key.domain, "a key is in the DNS no more and signs no longer");
        }
        seen(room, &key, found).await?;
    }
    rotation::go_on(room).await?;
    let now = room.clock.now();
    let old = room.store.db.read(move |tx| Box::pin(async move { dkim_key::retired(tx, now - OVERLAP).await })).await?;
    for key in old {
        // Taken out of the DNS, as was asked: nothing is left to say of it.
        if dkim::is_published(&room.world, &key.selector, &key.domain, &key.public).await == Ok(false) {
            let write = room.store.db.write(move |tx| {
                let key = key.clone();
                Box::pin(async move { dkim_key::forget(tx, &key).await })
            });
            write.await?;
        }
    }
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            mta_sts::sweep(tx, now).await?;
            dkim_key::sweep(tx, now - FORGET).await.map(|_| ())
        })
    });
    write.await
}
