//! Our place in a folder's history: what a [`Cursor`] of this connector holds.

use mail::Cursor;
use serde::{Deserialize, Serialize};

/// How often a message that came empty or was refused is asked for.
pub const TRIES: u8 = 3;

/// Where the last pull of a folder ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// UIDVALIDITY; 0 when the server never gave one. A valid one is never replaced by none.
    #[serde(rename = "v")]
    pub validity: u32,
    /// How often we had to begin anew under the same UIDVALIDITY, because UIDs went back.
    #[serde(rename = "g", default)]
    pub generation: u32,
    /// The server gave no UIDVALIDITY last time, though it had before.
    #[serde(rename = "d", default)]
    pub doubt: bool,
    /// UIDNEXT: everything below was dealt with.
    #[serde(rename = "n")]
    pub next: u32,
    /// HIGHESTMODSEQ; 0 for none.
    #[serde(rename = "m")]
    pub modseq: u64,
    /// How many messages there were.
    #[serde(rename = "c")]
    pub count: u32,
    /// Everything was handed over; else the store must be asked what it has.
    #[serde(rename = "f")]
    pub finished: bool,
    /// A digest of all flags, for servers that have no MODSEQ.
    #[serde(rename = "s", default)]
    pub flags: u64,
    /// Messages that could not be read, and how often we tried.
    #[serde(rename = "a", default)]
    pub again: Vec<(u32, u8)>,
}

impl Place {
    /// Reads a cursor; one that we can't read is no place.
    pub fn read(cursor: &Cursor) -> Option<Place> {
        serde_json::from_str(&cursor.0).ok()
    }

    /// The cursor for it.
    pub fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// The epoch that goes with the ids.
    pub fn epoch(&self) -> i64 {
        i64::from(self.generation) << 32 | i64::from(self.validity.max(1))
    }

    /// The messages that are worth asking for once more.
    pub fn worth_another_try(&self) -> impl Iterator<Item = u32> + '_ {
        self.again.iter().filter(|(_, tries)| *tries < TRIES).map(|(uid, _)| *uid)
    }

    /// The place at which a new epoch begins, given what the server says now.
    pub fn anew(old: Option<&Place>, validity: Option<u32>) -> Place {
        let before = old.cloned().unwrap_or_default();
        let same = validity.is_none_or(|validity| validity == before.validity);
        Place {
            validity: validity.unwrap_or(before.validity),
            generation: if old.is_some() && same { before.generation + 1 } else { 0 },
            doubt: validity.is_none() && before.validity > 0,
            ..Place::default()
        }
    }

    /// Whether ids of this place mean something else now: another UIDVALIDITY, none where there was one, or a UIDNEXT
    /// that went back (RFC 9051 §2.3.1.1).
    pub fn is_lost(&self, validity: Option<u32>, next: Option<u32>) -> bool {
        let other = match validity {
            Some(validity) => validity != self.validity,
            None => self.validity > 0 && !self.doubt,
        };
        other || next.is_some_and(|next| next < self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_cursor() {
        let place = Place { validity: 7, next: 9, modseq: 1 << 60, again: vec![(3, 1)], ..Place::default() };
        assert_eq!(Place::read(&place.cursor()), Some(place));
        assert_eq!(Place::read(&Cursor("delta-link".into())), None);
    }

    #[test]
    fn a_valid_uidvalidity_is_never_replaced_by_none() {
        let place = Place { validity: 7, next: 9, finished: true, ..Place::default() };
        assert!(place.is_lost(None, Some(9)));
        let doubtful = Place { next: 9, ..Place::anew(Some(&place), None) };
        assert_eq!((doubtful.validity, doubtful.epoch()), (7, 1 << 32 | 7));
        assert!(!doubtful.is_lost(None, Some(9)), "a second answer without it begins nothing anew");
        assert!(!doubtful.is_lost(Some(7), Some(9)));
        assert!(doubtful.is_lost(Some(8), Some(9)));
    }

    #[test]
    fn uids_that_go_back_are_another_epoch() {
        let place = Place { validity: 7, next: 9, ..Place::default() };
        assert!(place.is_lost(Some(7), Some(8)) && !place.is_lost(Some(7), None));
        assert_ne!(Place::anew(Some(&place), Some(7)).epoch(), place.epoch());
        assert_eq!(Place::anew(None, None).epoch(), 1);
    }
}
