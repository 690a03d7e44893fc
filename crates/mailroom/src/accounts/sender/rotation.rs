//! Keys that grow old: new ones are made in good time and their records told of, and the old ones sign until the DNS shows
//! the new. Nobody but who keeps the domain can publish a record, so this is as far as it goes by itself.

use super::{Kept, Sender, get, kept, keys};
use crate::{
    MailRoom,
    accounts::app::day,
    doer::Doer,
    outgoing::system,
    words::{Refusal, field, letter},
};
use connect::{
    direct::domain_of,
    dkim::{self, Algorithm},
};
use mail::{AccountKey, OrganisationKey};
use std::{collections::BTreeMap, ops::RangeInclusive};
use store::{
    StoreError, UserRole, Viewer,
    account::{self, Account},
    dkim_key::{self, DkimKey},
    sender,
    user::{self, User},
};

const DAY: i64 = 24 * 3_600_000;
/// New keys are there so long before they are due, in milliseconds.
pub(super) const LEAD: i64 = 14 * DAY;
/// How old keys may be chosen to become, in days.
pub const DAYS: RangeInclusive<i64> = 30..=1095;
/// Users that are asked whether they are administrators.
const MANY: usize = 1000;

/// How the keys of a domain are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// New ones take over when the ones that sign did so for so many days; `None` is when somebody asks.
    pub renew_after_days: Option<i64>,
    /// When that will be, in milliseconds since 1970.
    pub due_at: Option<i64>,
    /// How the ones that sign stand.
    pub age: Age,
}

/// How the keys that sign stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// None signs.
    Unsigned,
    /// They sign, and nothing is to be done.
    Fresh,
    /// Their followers wait for their records, in good time.
    Ready,
    /// Their followers wait for their records, and the time has come.
    Overdue,
}

impl Age {
    /// The name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Age::Unsigned => "unsigned",
            Age::Fresh => "fresh",
            Age::Ready => "ready",
            Age::Overdue => "overdue",
        }
    }
}

impl Rotation {
    pub(super) fn of(keys: &[DkimKey], days: i64, now: i64) -> Rotation {
        let oldest = keys.iter().filter(|key| key.signs()).filter_map(|key| key.began_at).min();
        let due_at = oldest.filter(|_| days > 0).map(|began| began + days * DAY);
        let waits = following(keys).next().is_some();
        let age = match (oldest, waits) {
            (None, _) => Age::Unsigned,
            (Some(_), false) => Age::Fresh,
            (Some(_), true) if due_at.is_some_and(|due| due <= now) => Age::Overdue,
            (Some(_), true) => Age::Ready,
        };
        Rotation { renew_after_days: Some(days).filter(|days| *days > 0), due_at, age }
    }
}

/// The keys that wait to follow one that signs. One whose manner never signed is missed by nobody: some providers of DNS
/// can't show it.
fn following(keys: &[DkimKey]) -> impl Iterator<Item = &DkimKey> {
    let follows = |key: &DkimKey| keys.iter().any(|old| old.signs() && old.algorithm == key.algorithm);
    keys.iter().filter(move |key| key.waits() && follows(key))
}

/// Chooses when new keys of the mailbox's domain are made; `None` is only when somebody asks.
pub async fn renew_after(
    room: &MailRoom,
    viewer: &Viewer,
    id: AccountKey,
    days: Option<i64>,
) -> Result<Sender, Refusal> {
    let before: Kept = kept(room, viewer, id).await?;
    if days.is_some_and(|days| !DAYS.contains(&days)) {
        return Err(Refusal::field("renew_after_days", field::NOT_AN_AGE_OF_KEYS));
    }
    let (doer, domain) = (Doer::new(room, viewer), before.domain_name());
    let write = room.store.db.write(move |tx| {
        let (doer, domain) = (doer.clone(), domain.clone());
        Box::pin(async move {
            sender::renew_after(tx, doer.organisation(), &domain, days.unwrap_or(0)).await?;
            doer.did(tx, "account.sender_renewal", id, domain).await
        })
    });
    write.await?;
    get(room, viewer, id).await
}

/// Makes what is due, and tells of what is waited for.
pub(super) async fn go_on(room: &MailRoom) -> Result<(), StoreError> {
    let active = room.store.db.read(|tx| Box::pin(async move { dkim_key::active(tx).await })).await?;
    let mut domains: BTreeMap<(OrganisationKey, String), Vec<DkimKey>> = BTreeMap::new();
    for key in active {
        domains.entry((key.organisation, key.domain.clone())).or_default().push(key);
    }
    let mut accounts: Option<Vec<Account>> = None;
    for ((organisation, domain), known) in domains {
        let name = domain.clone();
        let read = room.store.db.read(move |tx| {
            let name = name.clone();
            Box::pin(async move { sender::domain(tx, organisation, &name).await })
        });
        let days = read.await?.map_or(0, |domain| domain.renew_after_days);
        let (now, rotation) = (room.clock.now(), Rotation::of(&known, days, room.clock.now()));
        let Some(due) = rotation.due_at.filter(|due| due - LEAD <= now) else { continue };
        // Nobody is asked to publish keys for mail that leaves in another way by now.
        if accounts.is_none() {
            accounts = Some(room.store.db.read(|tx| Box::pin(async move { account::load_all(tx).await })).await?);
        }
        let is_its = |account: &&Account| {
            account.organisation == organisation
                && account.settings.is_delivered_here()
                && domain_of(&account.settings.address) == domain
        };
        let Some(account) = accounts.iter().flatten().find(is_its) else { continue };
        let is_old = |key: &DkimKey| key.signs() && key.began_at.is_some_and(|began| began + days * DAY - LEAD <= now);
        for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
            if !known.iter().any(|key| key.algorithm == algorithm.as_str() && is_old(key)) {
                continue;
            }
            keys::make(room, organisation, &domain, algorithm, 0).await?;
        }
        tell(room, account, &domain, due).await?;
    }
    Ok(())
}

/// Tells administrators once that the records are waited for, and once more when it is time.
async fn tell(room: &MailRoom, account: &Account, domain: &str, due: i64) -> Result<(), StoreError> {
    let (organisation, name, is_late) = (account.organisation, domain.to_owned(), due <= room.clock.now());
    let times = if is_late { 2 } else { 1 };
    let write = room.store.db.write(move |tx| {
        let name = name.clone();
        Box::pin(async move {
            let keys = dkim_key::of_domain(tx, organisation, &name).await?;
            let waiting: Vec<DkimKey> = following(&keys).cloned().collect();
            let mut is_news = false;
            for key in &waiting {
                is_news |= dkim_key::told(tx, key, times).await?;
            }
            let people = if is_news { user::list(tx, organisation, None, MANY).await?.0 } else { Vec::new() };
            Ok((waiting, people, is_news))
        })
    });
    let (waiting, people, is_news) = write.await?;
    if !is_news {
        return Ok(());
    }
    let date = day(due);
    match is_late {
        true => {
            tracing::warn!(%domain, due = %date, "the records of new DKIM keys are not in the DNS; the old keys sign on")
        }
        false => tracing::info!(%domain, due = %date, "new DKIM keys were made and wait for their records"),
    }
    let facts = [
        ("domain", system::plain(domain)),
        ("date", system::plain(&date)),
        ("records", system::plain(&waiting.iter().map(written).collect::<String>())),
        ("link", system::plain(&room.link(&format!("/mailboxes/{}/sender", account.id)))),
    ];
    let letter = if is_late { &letter::KEYS_OVERDUE } else { &letter::KEYS_MADE };
    let is_asked = |user: &&User| user.active && user.role == UserRole::Administrator;
    for person in people.iter().filter(is_asked) {
        if let Err(error) = system::send(room, person, letter, &facts).await {
            tracing::warn!(%error, "an administrator could not be told by mail of new DKIM keys");
        }
    }
    Ok(())
}

/// A record as it stands in a letter.
fn written(key: &DkimKey) -> String {
    let value = Algorithm::from_name(&key.algorithm).map(|algorithm| dkim::record(algorithm, &key.public));
    format!("{}\n{}\n\n", dkim::record_name(&key.selector, &key.domain), value.unwrap_or_default())
}
