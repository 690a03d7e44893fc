//! The door: who has tried too often, from where, and with what (reliability.md §3, "Tries inward"; features U4).

use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{OrganisationKey, UserKey, address::fold_address};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use store::{
    Tx, UserRole, Viewer, audit,
    guard::{self, Admission, Block, Guard, Rule},
    secret::token_digest,
};

const DAY: i64 = 24 * 3_600_000;
/// More wrong passwords than people type in a day; past it the memory starts anew.
const REMEMBERED: usize = 100_000;

/// Wrong passwords of the last day, by a digest with a key that only this process has, so that a forgotten program that
/// tries an old password for ever locks nobody out. Cheap to clone.
#[derive(Clone)]
pub struct Wrongs(Arc<Memory>);

struct Memory {
    key: [u8; 32],
    met: Mutex<HashMap<[u8; 32], i64>>,
}

impl Default for Wrongs {
    fn default() -> Wrongs {
        Wrongs(Arc::new(Memory { key: rand::random(), met: Mutex::default() }))
    }
}

impl Wrongs {
    pub(super) fn has(&self, email: &str, password: &str, now: i64) -> bool {
        let known = self.0.met.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.digest(email, password)).is_some_and(|at| at + DAY > now)
    }

    pub(super) fn add(&self, email: &str, password: &str, now: i64) {
        let digest = self.digest(email, password);
        let mut known = self.0.met.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(digest, now);
    }

    fn digest(&self, email: &str, password: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0.key);
        hasher.update(fold_address(email).as_bytes()).update(&[0]).update(password.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// Who tries: by the address they typed, known or not, so that both are answered alike.
pub(super) fn who(email: &str) -> String {
    format!("who:{}", hex(&token_digest(&fold_address(email))))
}

pub(super) fn device(digest: &[u8; 32]) -> String {
    format!("device:{}", hex(digest))
}

pub(super) fn code(user: UserKey) -> String {
    format!("code:{user}")
}

/// The network of an address: what one attacker has to himself (/24 of IPv4, /64 of IPv6).
pub(super) fn network(source: IpAddr) -> String {
    match source.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("from:{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("from:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

pub(super) fn person_guard(subject: String, has_second_factor: bool) -> Guard {
    Guard { subject, rule: Rule::Person { has_second_factor } }
}

pub(super) fn network_guard(source: IpAddr) -> Guard {
    Guard { subject: network(source), rule: Rule::Network }
}

/// Counts a try, or says for how long there will be none.
pub(super) async fn admit(
    room: &MailRoom,
    guards: Vec<Guard>,
    organisation: Option<OrganisationKey>,
    counts: bool,
) -> Result<(), Refusal> {
    let now = room.clock.now();
    let write = room
        .store
        .db
        .write(move |tx| Box::pin(async move { guard::admit(tx, &guards, organisation, counts, now).await }));
    refused(write.await?, now)
}

pub(super) fn refused(admission: Admission, now: i64) -> Result<(), Refusal> {
    match admission {
        Admission::Go => Ok(()),
        Admission::Wait(until_at) => {
            Err(Refusal::Blocked { seconds: Some(((until_at - now).max(0) as u64).div_ceil(1000)) })
        }
        Admission::Stopped => Err(Refusal::Blocked { seconds: None }),
    }
}

/// The networks that are shut out now (features U4). Only an administrator sees them.
pub async fn blocked_networks(room: &MailRoom, viewer: &Viewer) -> Result<Vec<Block>, Refusal> {
    administrator(viewer)?;
    let (organisation, now) = (viewer.organisation, room.clock.now());
    let read =
        room.store.db.read(move |tx| Box::pin(async move { guard::blocked_networks(tx, organisation, now).await }));
    let mut blocks = read.await?;
    for block in &mut blocks {
        block.subject = block.subject.trim_start_matches("from:").to_owned();
    }
    Ok(blocks)
}

/// Lets a network try again. Only an administrator does.
pub async fn unblock_network(room: &MailRoom, viewer: &Viewer, network: &str) -> Result<(), Refusal> {
    administrator(viewer)?;
    let blocks = blocked_networks(room, viewer).await?;
    if !blocks.iter().any(|block| block.subject == network) {
        return Err(Refusal::NotFound);
    }
    let (subject, entry) = (format!("from:{network}"), entry(room, Some(viewer.user), "network.unblocked", network));
    let organisation = viewer.organisation;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            guard::lift(tx, &subject).await?;
            audit::append(tx, organisation, &entry).await
        })
    });
    Ok(write.await?)
}

pub(super) fn administrator(viewer: &Viewer) -> Result<(), Refusal> {
    match viewer.role {
        UserRole::Administrator => Ok(()),
        _ => Err(Refusal::forbidden("user", field::ADMINISTRATOR_ONLY)),
    }
}

/// The person set a new password by a link: what was counted against them is forgotten.
pub(super) async fn lift_person(tx: &mut Tx, email: &str, user: UserKey) -> Result<(), store::StoreError> {
    guard::lift(tx, &who(email)).await?;
    guard::lift(tx, &code(user)).await
}

pub(super) fn entry(room: &MailRoom, user: Option<UserKey>, action: &str, subject: &str) -> audit::Entry {
    let now = room.clock.now();
    audit::Entry {
        id: room.store.make.key(now),
        user,
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: String::new(),
        done_at: now,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network_and_strangers_do_not() {
        let network = |address: &str| network(address.parse().unwrap());
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.200"));
        assert_eq!(network("192.0.2.7"), "from:192.0.2.0/24");
        assert_eq!(network("2001:db8::1"), network("2001:db8:0:0:ffff::9"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    }

    #[test]
    fn a_wrong_password_is_remembered_for_a_day() {
        let wrongs = Wrongs::default();
        wrongs.add("Jan@elders.nl", "oud", 1_000);
        assert!(wrongs.has("jan@elders.nl", "oud", DAY) && !wrongs.has("jan@elders.nl", "oud", DAY + 1_000));
        assert!(!wrongs.has("jan@elders.nl", "ander", 2_000) && !wrongs.has("piet@elders.nl", "oud", 2_000));
    }
}
