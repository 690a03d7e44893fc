//! Where in the history of a folder we are, as it is kept.

use mail::Cursor;
use serde::{Deserialize, Serialize};

/// Histories lose changes now and then (pains P19): so often, in seconds, every name is compared.
const COMPARED_EVERY: i64 = 6 * 3600;
/// A place that nobody asks from ends some day: so often, in seconds, a new one is kept though nothing happened.
const AGE: i64 = 24 * 3600;

/// A place in the history of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What the provider calls it, or where it says to ask next; empty at the beginning.
    pub next: String,
    /// Everything that was there at the beginning was told; before that `next` leads to the rest of it.
    pub whole: bool,
    /// How many letters there are by what was told; `None` when that is not known.
    pub count: Option<u64>,
    /// The count was another than the folder's own.
    pub doubt: bool,
    /// When the place was given, in seconds since 1970.
    pub at: i64,
    /// When every name was last compared, the same.
    pub compared_at: i64,
}

impl Place {
    /// What a cursor says; none that is of another connector.
    pub fn read(mark: &str, cursor: Option<&Cursor>) -> Option<Place> {
        serde_json::from_str(cursor?.0.strip_prefix(mark)?).ok()
    }

    /// As it is kept.
    pub fn cursor(&self, mark: &str) -> Cursor {
        Cursor(format!("{mark}{}", serde_json::to_string(self).unwrap_or_default()))
    }

    /// Whether every name is to be compared now, when the folder itself counts `total` letters.
    pub fn wants_comparing(&self, total: Option<u64>, now: i64) -> bool {
        let is_wrong_again = self.doubt && total.is_some() && total != self.count;
        self.whole && (is_wrong_again || now - self.compared_at >= COMPARED_EVERY)
    }

    /// Whether this is worth keeping after `before`, when nothing was told in between.
    pub fn is_news_after(&self, before: &Place) -> bool {
        let as_before = Place { next: before.next.clone(), at: before.at, ..self.clone() };
        as_before != *before || self.at - before.at >= AGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_kept_and_no_other_connectors() {
        let place = Place { next: "https://x/delta?$deltatoken=a\"b".into(), whole: true, ..Place::default() };
        assert_eq!(Place::read("graph ", Some(&place.cursor("graph "))), Some(place.clone()));
        assert_eq!(Place::read("graph ", Some(&place.cursor("ews "))), None);
        assert_eq!(Place::read("ews ", Some(&Cursor("1 7 9".into()))), None);
        assert_eq!(Place::read("ews ", None), None);
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

    #[test]
    fn a_new_name_for_the_same_place_is_kept_once_a_day() {
        let before = Place { next: "a".into(), whole: true, at: 100, ..Place::default() };
        let after = Place { next: "b".into(), at: 200, ..before.clone() };
        assert!(!after.is_news_after(&before));
        assert!(Place { at: 100 + AGE, ..after.clone() }.is_news_after(&before));
        assert!(Place { doubt: true, ..after }.is_news_after(&before));
    }
}
