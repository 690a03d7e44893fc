//! What lies in the mailbox: numbers for this session, names that last (UIDL, RFC 1939 §7), sizes.
//!
//! A name that several messages carry at once, or that is none, says nothing: which of them is new could not be told when
//! one of them goes. Such messages go by the digest of their heads.

use bytes::Bytes;
use mail::{RemoteId, RemoteSet};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A name longer than this is none. The standard has 70 characters.
const NAME_BYTES: usize = 255;
/// More messages than this with doubtful names are too many to look at each time.
const DOUBTFUL_MAX: usize = 1000;

/// One message of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its number in this session.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// The server gave the name, to no other message.
    pub sure: bool,
    /// How many bytes the server says it has.
    pub size: Option<u64>,
}

/// All messages, in the order of the server: the oldest first, as a rule.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub messages: Vec<Named>,
}

impl Listing {
    /// Puts both lists together. Gives the numbers whose names are doubtful as well, or how many there are when they are
    /// too many.
    pub fn new(names: Vec<(u32, String)>, sizes: &HashMap<u32, u64>) -> Result<(Listing, Vec<u32>), usize> {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for (_, name) in &names {
            *times.entry(name).or_default() += 1;
        }
        let is_sure = |name: &str| times.get(name) == Some(&1) && is_name(name);
        let sure: Vec<bool> = names.iter().map(|(_, name)| is_sure(name)).collect();
        let mut listing = Listing::default();
        for ((number, name), sure) in names.into_iter().zip(sure) {
            listing.messages.push(Named { number, name, sure, size: sizes.get(&number).copied() });
        }
        let doubtful: Vec<u32> = listing.messages.iter().filter(|one| !one.sure).map(|one| one.number).collect();
        if doubtful.len() > DOUBTFUL_MAX { Err(doubtful.len()) } else { Ok((listing, doubtful)) }
    }

    /// Names the doubtful ones by their heads. A second with the same head is left out: it is the same message.
    pub fn named_by_heads(mut self, heads: Vec<(u32, Option<Bytes>)>) -> Listing {
        let heads: HashMap<u32, Option<Bytes>> = heads.into_iter().collect();
        let mut met = std::collections::HashSet::new();
        self.messages.retain_mut(|one| {
            if one.sure {
                return true;
            }
            let Some(Some(head)) = heads.get(&one.number) else { return false };
            let digest = Sha256::digest(head);
            let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            // A blank is in no name that a server gives.
            one.name = format!("head {hex}");
            met.insert(one.name.clone())
        });
        self
    }

    /// The names.
    pub fn names(&self) -> RemoteSet {
        let mut names = RemoteSet::new();
        for one in &self.messages {
            names.insert(&RemoteId::Name(one.name.clone()));
        }
        names
    }

    /// What tells one list from another.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for one in &self.messages {
            digest.update(one.name.as_bytes());
            digest.update(b"\n");
        }
        digest.finalize().into()
    }
}

/// Graphic ASCII, no more and no less (RFC 1939 §7).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &[&str]) -> (Listing, Vec<u32>) {
        let names = names.iter().enumerate().map(|(at, name)| (at as u32 + 1, (*name).to_owned())).collect();
        Listing::new(names, &HashMap::from([(1, 10)])).unwrap()
    }

    #[test]
    fn a_name_that_two_messages_have_is_none() {
        let (listing, doubtful) = listed(&["a", "b", "a", "", "c"]);
        assert_eq!(doubtful, [1, 3, 4]);
        let heads = [(1, "Subject: one"), (3, "Subject: three"), (4, "Subject: one")];
        let heads = heads.map(|(number, head)| (number, Some(Bytes::from_static(head.as_bytes()))));
        let listing = listing.named_by_heads(heads.to_vec());
        let kept: Vec<(u32, bool)> = listing.messages.iter().map(|one| (one.number, one.sure)).collect();
        assert_eq!(kept, [(1, false), (2, true), (3, false), (5, true)], "the same head twice is one message");
        assert!(listing.messages[0].name.starts_with("head "));
        assert_eq!(listing.messages[0].size, Some(10));
    }

    #[test]
    fn what_goes_by_its_head_keeps_its_name_when_another_goes() {
        let head = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let (both, _) = listed(&["x", "x"]);
        let both = both.named_by_heads(vec![(1, head("A: 1")), (2, head("A: 2"))]);
        let (later, _) = listed(&["x", "x"]);
        let later = later.named_by_heads(vec![(1, head("A: 2")), (2, head("A: 3"))]);
        assert_eq!(both.messages[1].name, later.messages[0].name);
        assert!(!both.names().contains(&RemoteId::Name(later.messages[1].name.clone())), "what is new is seen as new");
    }

    #[test]
    fn too_many_doubtful_names_are_told() {
        let names = (1..=2000).map(|number| (number, "0".to_owned())).collect();
        assert_eq!(Listing::new(names, &HashMap::new()).unwrap_err(), 2000);
    }
}
