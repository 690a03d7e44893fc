//! What happened since (developers.google.com/workspace/gmail/api/reference/rest/v1/users.history/list), and who hears of it.

use super::{
    Desk, fault,
    mailbox::{Watch, What, id},
    message, ok,
};
use crate::asked::Reply;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const USUAL: usize = 100;
const MOST: usize = 500;
/// How long somebody is told of news.
const WATCH_HOURS: i64 = 7 * 24;

impl Desk<'_> {
    pub(super) fn history(&mut self) -> Reply {
        let Some(start) = self.asked.query("startHistoryId").and_then(|text| text.parse::<u64>().ok()) else {
            return fault::invalid("Missing or invalid startHistoryId");
        };
        let size = self.number("maxResults", USUAL, MOST);
        let after = self.asked.query("pageToken").and_then(|token| token.parse().ok()).unwrap_or(start);
        let wanted = self.asked.query("labelId").map(str::to_owned);
        let mailbox = self.mailbox();
        if start < mailbox.oldest || start > mailbox.history {
            return fault::not_found();
        }
        let has_label = |serial: u64| match (&wanted, mailbox.messages.get(&serial)) {
            (Some(label), Some(message)) => message.labels.contains(label),
            (wanted, _) => wanted.is_none(),
        };
        let events: Vec<_> = mailbox
            .events
            .iter()
            .filter(|event| event.history > after && has_label(event.serial))
            .take(size + 1)
            .collect();
        let records: Vec<Value> = events
            .iter()
            .take(size)
            .map(|event| {
                let gone = json!({ "id": id(event.serial), "threadId": id(event.serial) });
                let known = mailbox.messages.get(&event.serial);
                let named = known.map_or(gone.clone(), message::named);
                let labelled = known.map_or(gone, message::labelled);
                let (kind, one) = match &event.what {
                    What::Added => ("messagesAdded", json!({ "message": labelled })),
                    What::Deleted => ("messagesDeleted", json!({ "message": labelled })),
                    What::On(labels) => ("labelsAdded", json!({ "message": labelled, "labelIds": labels })),
                    What::Off(labels) => ("labelsRemoved", json!({ "message": labelled, "labelIds": labels })),
                };
                json!({ "id": event.history.to_string(), "messages": [named], kind: [one] })
            })
            .collect();
        let mut answer = json!({ "historyId": mailbox.history.to_string() });
        if events.len() > size {
            answer["nextPageToken"] = json!(events[size - 1].history.to_string());
        }
        if !records.is_empty() {
            answer["history"] = json!(records);
        }
        ok(&answer)
    }

    pub(super) fn watch(&mut self) -> Reply {
        let asked = self.asked.json().unwrap_or_default();
        let topic = asked["topicName"].as_str().unwrap_or_default().to_owned();
        let pieces: Vec<&str> = topic.split('/').collect();
        if !matches!(pieces.as_slice(), ["projects", _, "topics", _]) {
            return fault::invalid("Invalid topicName does not match projects/*/topics/*");
        }
        let ends_at = Timestamp::now() + SignedDuration::from_hours(WATCH_HOURS);
        let mailbox = self.mailbox();
        mailbox.watch = Some(Watch { topic, ends_at, told: mailbox.history });
        ok(&json!({
            "historyId": mailbox.history.to_string(), "expiration": ends_at.as_millisecond().to_string(),
        }))
    }
}
