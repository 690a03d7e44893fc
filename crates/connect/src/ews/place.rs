//! Where in the history of a folder we are, as it is kept.

use mail::Cursor;
use serde::{Deserialize, Serialize};

const MARK: &str = "ews ";
/// Servers lose changes now and then (pains P19): so often, in seconds, every identifier is compared.
const COMPARED_EVERY: i64 = 6 * 3600;

/// A place in the history of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What the server calls it.
    pub state: String,
    /// Everything that was there at the beginning was told.
    pub whole: bool,
    /// How many letters there are by what was told; `None` when that is not known.
    pub count: Option<u64>,
    /// The count was another than the folder's own.
    pub doubt: bool,
    /// When every identifier was last compared, in seconds since 1970.
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

    /// Whether every identifier is to be compared now, when the folder itself counts `total` letters.
    pub fn wants_comparing(&self, total: Option<u64>, now: i64) -> bool {
        let is_wrong_again = self.doubt && total.is_some() && total != self.count;
        self.whole && (is_wrong_again || now - self.compared_at >= COMPARED_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_kept_and_no_other_connectors() {
        let place = Place { state: "H4sI\"AA==".into(), whole: true, count: Some(3), ..Place::default() };
        assert_eq!(Place::read(Some(&place.cursor())), Some(place.clone()));
        assert_eq!(Place::read(Some(&Cursor("graph {}".into()))), None);
        assert_eq!(Place::read(None), None);
        assert!(
            !Place { compared_at: 100, ..place.clone() }.wants_comparing(Some(4), 200),
            "mail may come in meanwhile"
        );
        let doubted = Place { doubt: true, compared_at: 100, ..place };
        assert!(doubted.wants_comparing(Some(4), 200) && !doubted.wants_comparing(Some(3), 200));
        assert!(doubted.wants_comparing(None, 100 + COMPARED_EVERY));
    }
}
