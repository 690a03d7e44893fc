//! Where in the history of the mailbox a folder is, as it is kept.

use mail::Cursor;
use serde::{Deserialize, Serialize};

const MARK: &str = "gmail ";
/// So often, in seconds, every identifier is compared, whatever the history told.
const COMPARED_EVERY: i64 = 24 * 3600;
/// A place in the history that nobody asks from ends after a week at the least; so often, in seconds, the present one is kept
/// though nothing happened.
const AGE: i64 = 12 * 3600;

/// A place in the history of the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Everything up to here was told.
    pub history: u64,
    /// When that was, in seconds since 1970.
    pub at: i64,
    /// When every identifier was last compared, the same.
    pub compared_at: i64,
}

impl Place {
    /// What a cursor says; none that is of another connector.
    pub fn read(cursor: Option<&Cursor>) -> Option<Place> {
        serde_json::from_str(cursor?.0.strip_prefix(MARK)?).ok()
    }

    /// As it is kept.
    pub fn cursor(&self) -> Cursor {
        Cursor(format!("{MARK}{}", serde_json::to_string(self).unwrap_or_default()))
    }

    /// Whether every identifier is to be compared now.
    pub fn wants_comparing(&self, now: i64) -> bool {
        now - self.compared_at >= COMPARED_EVERY
    }

    /// Whether the present place is worth keeping when nothing happened.
    pub fn is_old(&self, now: i64) -> bool {
        now - self.at >= AGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_kept_and_no_other_connectors() {
        let place = Place { history: 7_000_000_000_000, at: 5, compared_at: 3 };
        assert_eq!(Place::read(Some(&place.cursor())), Some(place));
        assert_eq!(Place::read(Some(&Cursor("graph {}".into()))), None);
        assert!(place.wants_comparing(3 + COMPARED_EVERY) && !place.is_old(6));
    }
}
