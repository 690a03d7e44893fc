//! Domains at Mailgun (features M27): kept under settings, asked how they are, and what they post to us.

mod hook;
mod line;
mod log;
mod missed;
mod source;
mod suppression;
mod transport;

pub use hook::{Arrived, NotTaken, arrive, happen};
pub(crate) use log::round as read_logs;
pub(crate) use source::DomainSource;
pub use suppression::{is_held, lift, list_of, suppressed};
pub(crate) use transport::DomainTransport;

use crate::{
    MailRoom,
    accounts::is_host,
    doer::{Doer, given},
    words::{Checks, Refusal, field},
};
use connect::{
    ConnectError, Secret,
    mailgun::{Access, Found, Region, Validity},
};
use mail::{MailgunDomainKey, address::fold_address};
use store::{
    StoreError, UserRole, Viewer,
    mailgun::{self, Change, MailgunDomain, Record},
};
use zeroize::Zeroizing;

/// A post older than a day is not believed, so nobody needs to know after three that it was taken. Milliseconds.
const POSTS_KEPT: i64 = 3 * 24 * 3_600_000;
/// Longer than any key there is.
const KEY_MAX: usize = 500;

/// What an administrator says of a domain; what is left out of a change stays.
#[derive(Clone, Default)]
pub struct DomainInput {
    /// Its name; of a new one.
    pub domain: Option<String>,
    /// `us` or `eu`.
    pub region: Option<String>,
    /// The API key.
    pub api_key: Option<Zeroizing<String>>,
    /// The key that Mailgun signs its posts with.
    pub signing_key: Option<Zeroizing<String>>,
}

/// A domain as it was saved, and why Mailgun could not be asked about it, if so.
#[derive(Debug)]
pub struct Saved {
    /// The domain.
    pub domain: MailgunDomain,
    /// It is tried again by itself.
    pub unasked: Option<ConnectError>,
}

/// The addresses that Mailgun posts to, below an address of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// Mail that came in, as a whole: its address ends in `mime`, which is how Mailgun knows.
    pub mail: String,
    /// What became of mail.
    pub events: String,
}

/// The addresses for a domain, where people reach us at `here`.
pub fn hooks(here: &str, domain: MailgunDomainKey) -> Hooks {
    let here = here.trim_end_matches('/');
    Hooks {
        mail: format!("{here}/hooks/mailgun/{domain}/mime"),
        events: format!("{here}/hooks/mailgun/{domain}/events"),
    }
}

/// The organisation's domains, for whoever manages mailboxes.
pub async fn list(room: &MailRoom, viewer: &Viewer) -> Result<Vec<MailgunDomain>, Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("", field::NO_RIGHT_TO_MANAGE));
    }
    let organisation = viewer.organisation;
    Ok(room.store.db.read(move |tx| Box::pin(async move { mailgun::list(tx, organisation).await })).await?)
}

/// One of them.
pub async fn get(room: &MailRoom, viewer: &Viewer, id: MailgunDomainKey) -> Result<MailgunDomain, Refusal> {
    let found = list(room, viewer).await?.into_iter().find(|domain| domain.id == id);
    found.ok_or(Refusal::NotFound)
}

/// Adds a domain, once Mailgun knows it by this key in this region. When Mailgun can't be asked it is added all the same.
pub async fn add(room: &MailRoom, viewer: &Viewer, input: DomainInput) -> Result<Saved, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let (name, change) = checked(&input, true)?;
    let asked = ask(room, &name, &change).await;
    let (found, unasked) = answered(room, &name, &change, asked, "domain").await?;
    let (id, keys) = (MailgunDomainKey(doer.key()), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            mailgun::add(tx, &keys, organisation, id, &name, &change, doer.now).await?;
            if let Some(found) = &found {
                note(tx, organisation, id, found, doer.now).await?;
            }
            doer.did(tx, "organisation.mailgun_added", id, "").await?;
            mailgun::get(tx, organisation, id).await
        })
    });
    Ok(Saved { domain: write.await?, unasked })
}

/// Changes a domain's region or keys. Mailboxes that were refused by the old ones are tried at once.
pub async fn change(
    room: &MailRoom,
    viewer: &Viewer,
    id: MailgunDomainKey,
    input: DomainInput,
) -> Result<Saved, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let before = get(room, viewer, id).await?;
    let (_, change) = checked(&DomainInput { domain: None, ..input }, false)?;
    let region = change.region.clone().unwrap_or_else(|| before.region.clone());
    let key = match &change.api_key {
        Some(key) => Some(key.clone()),
        None => line::api_key(room, &before).await?,
    };
    let full = Change { region: Some(region), api_key: key, signing_key: None };
    let asked = ask(room, &before.name, &full).await;
    // The name of a domain stays: when Mailgun does not know it, the key is that of another account there.
    let (found, unasked) = answered(room, &before.name, &full, asked, "api_key").await?;
    let keys = room.store.keys.clone();
    let fields = given(&[
        ("region", change.region.is_some()),
        ("api_key", change.api_key.is_some()),
        ("signing_key", change.signing_key.is_some()),
    ]);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            mailgun::set(tx, &keys, organisation, id, &change, doer.now).await?;
            if let Some(found) = &found {
                note(tx, organisation, id, found, doer.now).await?;
            }
            doer.did(tx, "organisation.mailgun_changed", id, fields).await?;
            let domain = mailgun::get(tx, organisation, id).await?;
            let woken = mailgun::wake(tx, organisation, &domain.name, doer.now).await?;
            Ok((domain, woken))
        })
    });
    let (domain, woken) = write.await?;
    woken.into_iter().for_each(|account| room.transports.forget(account));
    Ok(Saved { domain, unasked })
}

/// Has Mailgun look into DNS again, and reads what became of mail meanwhile.
pub async fn check(room: &MailRoom, viewer: &Viewer, id: MailgunDomainKey) -> Result<MailgunDomain, Refusal> {
    Doer::administrator(room, viewer)?;
    let domain = get(room, viewer, id).await?;
    let line = line::of(room, &domain).await?;
    let found = line.found(true).await?;
    let (organisation, now) = (domain.organisation, room.clock.now());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            note(tx, organisation, id, &found, now).await?;
            mailgun::get(tx, organisation, id).await
        })
    });
    let domain = write.await?;
    log::read(room, &domain).await?;
    Ok(domain)
}

/// Has Mailgun post mail of the domain, and what becomes of it, to us. What else was set up there stays.
pub async fn tell(room: &MailRoom, viewer: &Viewer, id: MailgunDomainKey, here: &str) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let domain = get(room, viewer, id).await?;
    let hooks = hooks(here, id);
    line::of(room, &domain).await?.tell(&hooks.mail, &hooks.events).await?;
    let write =
        room.store.db.write(move |tx| Box::pin(async move { doer.did(tx, "organisation.mailgun_told", id, "").await }));
    Ok(write.await?)
}

/// Removes a domain that no mailbox goes by.
pub async fn remove(room: &MailRoom, viewer: &Viewer, id: MailgunDomainKey) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            mailgun::remove(tx, doer.organisation(), id).await?;
            doer.did(tx, "organisation.mailgun_removed", id, "").await
        })
    });
    Ok(write.await?)
}

/// The domain that fits an address best: its own, else the only one there is.
pub fn fitting<'a>(domains: &'a [MailgunDomain], address: &str) -> Option<&'a MailgunDomain> {
    let folded = fold_address(address);
    let own = folded.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
    let mut active = domains.iter().filter(|domain| domain.is_active());
    let exact = active.clone().find(|domain| domain.name == own);
    exact.or_else(|| active.clone().find(|domain| domain.name.ends_with(&format!(".{own}")))).or_else(|| active.next())
}

/// Forgets posts that nobody would believe any more.
pub(crate) async fn sweep(tx: &mut store::Tx, now: i64) -> Result<(), StoreError> {
    mailgun::sweep(tx, now - POSTS_KEPT).await
}

fn checked(input: &DomainInput, is_new: bool) -> Result<(String, Change), Refusal> {
    let mut checks = Checks::default();
    let name = input.domain.as_deref().unwrap_or_default().trim().trim_end_matches('.').to_lowercase();
    if is_new {
        checks.line("domain", &name, 255);
        let is_domain = name.is_ascii() && name.contains('.') && is_host(&name);
        if !(name.is_empty() || is_domain) {
            checks.wrong("domain", field::NOT_A_DOMAIN);
        }
    }
    let region = input.region.as_deref().map(str::trim);
    if region.is_some_and(|region| Region::from_name(region).is_none()) {
        checks.wrong("region", field::UNKNOWN_KIND);
    }
    match &input.api_key {
        Some(key) => checks.line("api_key", key.trim(), KEY_MAX),
        None if is_new => checks.wrong("api_key", field::REQUIRED),
        None => {}
    }
    if let Some(key) = &input.signing_key {
        checks.line("signing_key", key.trim(), KEY_MAX);
    }
    checks.done()?;
    let bytes = |key: &Zeroizing<String>| Zeroizing::new(key.trim().as_bytes().to_vec());
    let region = region.map(str::to_owned).or_else(|| is_new.then(|| Region::Eu.as_str().to_owned()));
    let (api_key, signing_key) = (input.api_key.as_ref().map(bytes), input.signing_key.as_ref().map(bytes));
    Ok((name, Change { region, api_key, signing_key }))
}

async fn ask(room: &MailRoom, name: &str, change: &Change) -> Result<Found, ConnectError> {
    let region = change.region.as_deref().and_then(Region::from_name).unwrap_or(Region::Eu);
    let key = change.api_key.as_ref().map(|key| Secret::new(key.as_slice())).unwrap_or_else(|| Secret::new(""));
    let access = Access { region, domain: name.to_owned(), key };
    connect::mailgun::Line::new(&room.world, access)?.found(false).await
}

/// What Mailgun said of a domain, or the field in which it is wrong: `named` when nobody there knows it under this key. A
/// passing trouble refuses nothing.
async fn answered(
    room: &MailRoom,
    name: &str,
    change: &Change,
    asked: Result<Found, ConnectError>,
    named: &str,
) -> Result<(Option<Found>, Option<ConnectError>), Refusal> {
    match asked {
        Ok(found) => Ok((Some(found), None)),
        Err(ConnectError::Credentials { .. }) => Err(Refusal::field("api_key", field::MAILGUN_KEY_REFUSED)),
        Err(ConnectError::Refused { .. }) => Err(Refusal::field("api_key", field::MAILGUN_KEY_LIMITED)),
        Err(ConnectError::Settings { cause: connect::error::Cause::DomainUnknown, .. }) => {
            let region = change.region.as_deref().and_then(Region::from_name);
            let other = if region == Some(Region::Us) { Region::Eu } else { Region::Us };
            let elsewhere = Change { region: Some(other.as_str().to_owned()), ..change.clone() };
            match ask(room, name, &elsewhere).await {
                Ok(_) => Err(Refusal::field("region", field::MAILGUN_OTHER_REGION)),
                Err(_) => Err(Refusal::field(named, field::MAILGUN_UNKNOWN)),
            }
        }
        Err(error) => Ok((None, Some(error))),
    }
}

async fn note(
    tx: &mut store::Tx,
    organisation: mail::OrganisationKey,
    id: MailgunDomainKey,
    found: &Found,
    now: i64,
) -> Result<(), StoreError> {
    let record = |record: &connect::mailgun::DnsRecord| Record {
        sends: record.sends,
        kind: record.kind.clone(),
        name: record.name.clone(),
        value: record.value.clone(),
        priority: record.priority.clone(),
        validity: match record.validity {
            Validity::Valid => "valid",
            Validity::Invalid => "invalid",
            Validity::Unknown => "unknown",
        }
        .to_owned(),
    };
    let records: Vec<Record> = found.records.iter().map(record).collect();
    mailgun::found(tx, organisation, id, found.state.as_str(), &records, now).await
}
