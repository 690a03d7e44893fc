//! One letter as a list names it.

use crate::ConnectError;
use crate::line::{Line, Question, encoded};
use mail::Flags;
use serde_json::Value;

/// What is asked of each letter in a list.
pub const SELECT: &str = "$select=isRead,isDraft,flag,receivedDateTime";

/// A letter in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its immutable identifier.
    pub id: String,
    /// It left the folder.
    pub is_gone: bool,
    /// Its flags; `None` when the list did not say.
    pub flags: Option<Flags>,
    /// When it came in, milliseconds since 1970.
    pub received_at: Option<i64>,
}

impl Item {
    /// Reads one; whatever has no identifier is none.
    pub fn read(value: &Value) -> Option<Item> {
        let id = value["id"].as_str()?.to_owned();
        let flags = value["isRead"].as_bool().map(|seen| Flags {
            seen,
            flagged: value["flag"]["flagStatus"] == "flagged",
            draft: value["isDraft"] == true,
            ..Flags::default()
        });
        let received_at = value["receivedDateTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let is_gone = value.get("@removed").is_some();
        Some(Item { id, is_gone, flags, received_at: received_at.map(|at| at.as_millisecond()) })
    }

    /// It is still being written, so that its bytes change though its identifier stays.
    pub fn is_draft(&self) -> bool {
        self.flags.as_ref().is_some_and(|flags| flags.draft)
    }
}

/// The letters of a list.
pub fn all(answer: &Value) -> Vec<Item> {
    answer["value"].as_array().into_iter().flatten().filter_map(Item::read).collect()
}

/// The letters in a list of letters that bear this Message-ID.
pub async fn by_message_id(line: &Line, path: &str, message_id: &str) -> Result<Vec<Item>, ConnectError> {
    let bare = message_id.trim().trim_start_matches('<').trim_end_matches('>').replace('\'', "''");
    let filter = encoded(&format!("internetMessageId eq '<{bare}>'"));
    Ok(all(&line.json(Question::get(format!("{path}?{SELECT}&$top=10&$filter={filter}"))).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_letter_is_read_with_what_is_said_of_it() {
        let said = json!({ "id": "AA=", "isRead": true, "isDraft": false, "flag": { "flagStatus": "flagged" },
            "receivedDateTime": "2026-11-22T10:00:00Z" });
        let item = Item::read(&said).unwrap();
        assert_eq!(item.flags, Some(Flags { seen: true, flagged: true, ..Flags::default() }));
        assert_eq!(item.received_at, Some(1_795_341_600_000));
        let gone = Item::read(&json!({ "id": "AA=", "@removed": { "reason": "deleted" } })).unwrap();
        assert!(gone.is_gone && gone.flags.is_none() && !gone.is_draft());
        assert_eq!(Item::read(&json!({ "subject": "x" })), None);
    }
}
