//! What happened in the mailbox since (developers.google.com/workspace/gmail/api/guides/sync).

use super::{USER, label, line};
use crate::{
    ConnectError,
    error::Cause,
    line::{Line, Question, encoded, later},
};
use serde_json::Value;
use std::collections::BTreeMap;

const COST: u32 = 2;
/// Records on a page, as many as there may be.
const PAGE: usize = 500;
/// Pages at most.
const PAGES: usize = 20_000;

/// What happened.
#[derive(Debug, Default)]
pub struct Happened {
    /// Letters to which something happened, with whether it says where they lie.
    pub letters: BTreeMap<String, bool>,
    /// Where the history is by now.
    pub now: u64,
}

/// What happened since; `None` when Gmail no longer knows what.
pub async fn since(line: &Line, start: u64) -> Result<Option<Happened>, ConnectError> {
    let mut happened = Happened { now: start, ..Happened::default() };
    let mut page = String::new();
    for _ in 0..PAGES {
        let path = format!("{USER}/history?startHistoryId={start}&maxResults={PAGE}{page}");
        let answer = line.ask(Question::get(path).costing(COST)).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let answer = line.well(answer)?;
        let answer: Value =
            serde_json::from_slice(&answer.body).map_err(|_| later(Cause::Protocol, "the answer is not JSON"))?;
        for record in answer["history"].as_array().into_iter().flatten() {
            note(record, &mut happened.letters);
        }
        match answer["nextPageToken"].as_str() {
            Some(next) => page = format!("&pageToken={}", encoded(next)),
            None => {
                let said = answer["historyId"].as_str().and_then(|text| text.parse().ok());
                happened.now = match said {
                    Some(now) => now,
                    None => line::history(line).await?,
                };
                return Ok(Some(happened));
            }
        }
    }
    Err(later(Cause::Protocol, "there is no end to the history"))
}

fn note(record: &Value, letters: &mut BTreeMap<String, bool>) {
    for kind in ["messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"] {
        for one in record[kind].as_array().into_iter().flatten() {
            let Some(id) = one["message"]["id"].as_str() else { continue };
            let labels = one["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let moves =
                kind.starts_with("messages") || labels.into_iter().any(|name| label::is_place(name) || name == "CHAT");
            *letters.entry(id.to_owned()).or_default() |= moves;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_where_a_letter_lies_is_told_from_what_only_says_something_of_it() {
        let mut letters = BTreeMap::new();
        let of = |id: &str| json!({ "id": id, "threadId": id });
        let record = json!({ "id": "9",
            "messagesAdded": [{ "message": of("new") }], "messagesDeleted": [{ "message": of("gone") }],
            "labelsAdded": [{ "message": of("read"), "labelIds": ["STARRED", "IMPORTANT"] }],
            "labelsRemoved": [{ "message": of("moved"), "labelIds": ["INBOX"] }, { "message": of("read"), "labelIds": ["UNREAD"] }] });
        note(&record, &mut letters);
        let moved: Vec<&str> = letters.iter().filter(|(_, moves)| **moves).map(|(id, _)| id.as_str()).collect();
        assert_eq!((moved, letters.len()), (vec!["gone", "moved", "new"], 4));
    }
}
