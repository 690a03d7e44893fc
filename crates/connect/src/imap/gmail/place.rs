//! Our place in a mailbox at Gmail: how each room stood. Every folder keeps the same.

use super::map::Room;
use mail::Cursor;
use serde::{Deserialize, Serialize};

const MARK: &str = "gmail-imap ";
/// So often, in seconds, everything is compared, whatever the server told.
const COMPARED_EVERY: i64 = 24 * 3600;

/// How a room stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// UIDVALIDITY; 0 for none.
    #[serde(rename = "v")]
    pub validity: u32,
    /// UIDNEXT: everything below was met.
    #[serde(rename = "n")]
    pub next: u32,
    /// HIGHESTMODSEQ; 0 for none.
    #[serde(rename = "m")]
    pub modseq: u64,
    /// How many letters there were.
    #[serde(rename = "c")]
    pub count: u32,
}

/// Our place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// How each room stood.
    pub rooms: Vec<(Room, Stand)>,
    /// When everything was last compared, in seconds since 1970.
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

    /// Whether everything is to be compared now.
    pub fn wants_comparing(&self, now: i64) -> bool {
        now - self.compared_at >= COMPARED_EVERY
    }

    /// How a room stood.
    pub fn stand(&self, room: Room) -> Option<Stand> {
        self.rooms.iter().find(|(known, _)| *known == room).map(|(_, stand)| *stand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_kept_and_no_other_connectors() {
        let stand = Stand { validity: 1, next: 9, modseq: 1 << 60, count: 4 };
        let place = Place { rooms: vec![(Room::All, stand), (Room::Bin, Stand::default())], compared_at: 5 };
        assert_eq!(Place::read(Some(&place.cursor())), Some(place.clone()));
        assert_eq!((place.stand(Room::All), place.stand(Room::Spam)), (Some(stand), None));
        assert_eq!(Place::read(Some(&super::super::super::place::Place::default().cursor())), None);
    }
}
