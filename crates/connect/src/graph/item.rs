//! One letter as a list names it, and lists of letters.

use super::folder_path;
use crate::follow::Item;
use crate::line::{Line, Question, encoded, later};
use crate::{ConnectError, error::Cause};
use mail::{Flags, RemoteId, RemoteSet};
use serde_json::Value;

/// What is asked of each letter in a list.
pub const SELECT: &str = "$select=isRead,isDraft,flag,receivedDateTime";

/// Letters on a page of identifiers.
pub const TOP: usize = 500;
/// Pages at most.
const PAGES: usize = 20_000;

/// Reads one; whatever has no identifier is none.
pub fn read(value: &Value) -> Option<Item> {
    let flags = value["isRead"].as_bool().map(|seen| Flags {
        seen,
        flagged: value["flag"]["flagStatus"] == "flagged",
        draft: value["isDraft"] == true,
        ..Flags::default()
    });
    let received_at = value["receivedDateTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Some(Item {
        id: value["id"].as_str()?.to_owned(),
        key: String::new(),
        is_gone: value.get("@removed").is_some(),
        flags,
        received_at: received_at.map(|at| at.as_millisecond()),
        size: 0,
    })
}

/// The letters of a list.
pub fn all(answer: &Value) -> Vec<Item> {
    answer["value"].as_array().into_iter().flatten().filter_map(read).collect()
}

/// The letters in a list of letters that bear this Message-ID.
pub async fn by_message_id(line: &Line, path: &str, message_id: &str) -> Result<Vec<Item>, ConnectError> {
    let bare = message_id.trim().trim_start_matches('<').trim_end_matches('>').replace('\'', "''");
    let filter = encoded(&format!("internetMessageId eq '<{bare}>'"));
    Ok(all(&line.json(Question::get(format!("{path}?{SELECT}&$top=10&$filter={filter}"))).await?))
}

/// Every identifier in a folder, of letters that pass the filter.
pub async fn ids(line: &Line, folder: &str, filter: &str) -> Result<RemoteSet, ConnectError> {
    let mut found = RemoteSet::new();
    let mut next = Some(format!("{}/messages?$select=id&$top={TOP}{filter}", folder_path(folder)));
    for _ in 0..PAGES {
        let Some(page) = next else { return Ok(found) };
        let answer = line.json(Question::get(page)).await?;
        for item in all(&answer) {
            found.insert(&RemoteId::Name(item.id));
        }
        next = answer["@odata.nextLink"].as_str().map(str::to_owned);
    }
    Err(later(Cause::Protocol, "there is no end to the list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_letter_is_read_with_what_is_said_of_it() {
        let said = json!({ "id": "AA=", "isRead": true, "isDraft": false, "flag": { "flagStatus": "flagged" },
            "receivedDateTime": "2026-11-22T10:00:00Z" });
        let item = read(&said).unwrap();
        assert_eq!(item.flags, Some(Flags { seen: true, flagged: true, ..Flags::default() }));
        assert_eq!(item.received_at, Some(1_795_341_600_000));
        let gone = read(&json!({ "id": "AA=", "@removed": { "reason": "deleted" } })).unwrap();
        assert!(gone.is_gone && gone.flags.is_none() && !gone.is_draft());
        assert_eq!(read(&json!({ "subject": "x" })), None);
    }
}
