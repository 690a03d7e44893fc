//! Where in the history of a folder we are, as it is kept.

use mail::Cursor;
use serde::{Deserialize, Serialize};

const MARK: &str = "graph ";
/// Delta loses changes now and then (pains P19): so often, in seconds, every identifier is compared.
const COMPARED_EVERY: i64 = 6 * 3600;
/// A link that nobody uses ends some day: so often, in seconds, a new one is kept though nothing happened.
const LINK_AGE: i64 = 24 * 3600;

/// A place in the history of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where to ask next.
    pub link: String,
    /// Everything that was there at the beginning was told; before that the link leads to the rest of it.
    pub whole: bool,
    /// How many letters there are by what was told; `None` when that is not known.
    pub count: Option<u64>,
    /// The count was another than the folder's own.
    pub doubt: bool,
    /// When the link was given, in seconds since 1970.
    pub at: i64,
    /// When every identifier was last compared, the same.
    pub compared_at: i64,
}

impl Place {
    /// What a cursor says; none that is of another connector, or of another mailbox's server.
    pub fn read(cursor: Option<&Cursor>) -> Option<Place> {
        serde_json::from_str(cursor?.0.strip_prefix(MARK)?).ok()
    }

    /// As it is kept.
    pub fn cursor(&self) -> Cursor {
        Cursor(format!("{MARK}{}", serde_json::to_string(self).unwrap_or_default()))
    }

    /// Whether every identifier is to be compared now, when the folder itself counts `total` letters.
    pub fn wants_comparing(&self, total: Option<u64>, now: i64) -> bool {
        let is_wrong_again = self.doubt && total.is_some() && total != self.count;
        self.whole && (is_wrong_again || now - self.compared_at >= COMPARED_EVERY)
    }

    /// Whether a new link is worth keeping when nothing happened.
    pub fn is_old(&self, now: i64) -> bool {
        now - self.at >= LINK_AGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_kept_and_no_other_connectors() {
        let place = Place { link: "https://x/delta?$deltatoken=a\"b".into(), whole: true, ..Place::default() };
        assert_eq!(Place::read(Some(&place.cursor())), Some(place));
        assert_eq!(Place::read(Some(&Cursor("1 7 9".into()))), None);
        assert_eq!(Place::read(None), None);
    }

    #[test]
    fn a_folder_is_compared_when_the_counts_differ_twice_or_time_has_passed() {
        let place = Place { whole: true, count: Some(3), compared_at: 100, ..Place::default() };
        assert!(!place.wants_comparing(Some(4), 200), "mail may come in between the two");
        let doubted = Place { doubt: true, ..place.clone() };
        assert!(doubted.wants_comparing(Some(4), 200) && !doubted.wants_comparing(Some(3), 200));
        assert!(!doubted.wants_comparing(None, 200));
        assert!(place.wants_comparing(Some(3), 100 + COMPARED_EVERY));
    }
}
