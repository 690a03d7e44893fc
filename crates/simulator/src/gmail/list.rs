//! Labels and lists of letters.

use super::{Desk, Message, fault, mailbox::SYSTEM, message, ok};
use crate::asked::Reply;
use mail_parser::MessageParser;
use serde_json::{Value, json};

const USUAL: usize = 100;
const MOST: usize = 500;

impl Desk<'_> {
    pub(super) fn labels(&mut self) -> Reply {
        let system = SYSTEM.iter().map(|id| system(id));
        let own = self.mailbox().labels.iter().map(|(id, name)| own(id, name));
        let all: Vec<Value> = system.chain(own).collect();
        ok(&json!({ "labels": all }))
    }

    pub(super) fn label(&mut self, id: &str) -> Reply {
        let mailbox = self.mailbox();
        let mut shown = match mailbox.labels.iter().find(|(known, _)| known == id) {
            Some((id, name)) => own(id, name),
            None if SYSTEM.contains(&id) => system(id),
            None => return fault::not_found(),
        };
        let all = mailbox.with_labels(&[id], true).len();
        let unread = mailbox.with_labels(&[id, "UNREAD"], true).len();
        for (name, count) in
            [("messagesTotal", all), ("messagesUnread", unread), ("threadsTotal", all), ("threadsUnread", unread)]
        {
            shown[name] = json!(count);
        }
        ok(&shown)
    }

    pub(super) fn make_label(&mut self) -> Reply {
        let asked = self.asked.json().unwrap_or_default();
        let name = asked["name"].as_str().unwrap_or_default().to_owned();
        if name.trim().is_empty() {
            return fault::invalid("Invalid label name");
        }
        match self.mailbox().make_label(&name) {
            Some(id) => ok(&own(&id, &name)),
            None => fault::error(409, "aborted", "ABORTED", "Label name exists or conflicts"),
        }
    }

    /// The letters with all the labels that are asked for, that the search finds.
    pub(super) fn messages(&mut self) -> Reply {
        let wanted: Vec<String> = self.asked.all("labelIds");
        if let Some(unknown) = wanted.iter().find(|label| !self.mailbox().has_label(label)) {
            return fault::invalid(&format!("Invalid label: {unknown}"));
        }
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        // Who asks for spam by its name gets it.
        let by_name = wanted.iter().any(|label| ["SPAM", "TRASH"].contains(label));
        let everywhere = by_name || self.asked.query("includeSpamTrash") == Some("true");
        let query = self.asked.query("q").unwrap_or_default().to_owned();
        let found: Vec<Value> = self
            .mailbox()
            .with_labels(&wanted, everywhere)
            .into_iter()
            .filter(|one| finds(&query, one))
            .map(message::named)
            .collect();
        self.page("messages", found)
    }

    pub(super) fn drafts(&mut self) -> Reply {
        let query = self.asked.query("q").unwrap_or_default().to_owned();
        let drafts = self.mailbox().with_labels(&["DRAFT"], false).into_iter().filter(|one| finds(&query, one));
        let found: Vec<Value> = drafts
            .filter_map(|one| Some(json!({ "id": one.draft.clone()?, "message": message::named(one) })))
            .collect();
        self.page("drafts", found)
    }

    fn page(&self, name: &str, found: Vec<Value>) -> Reply {
        let size = self.number("maxResults", USUAL, MOST);
        let skip: usize = match self.asked.query("pageToken").map(|token| token.parse()) {
            None => 0,
            Some(Ok(skip)) => skip,
            Some(Err(_)) => return fault::invalid("Invalid pageToken"),
        };
        let total = found.len();
        let shown: Vec<Value> = found.into_iter().skip(skip).take(size).collect();
        let mut answer = json!({ "resultSizeEstimate": total });
        // An empty list is left out.
        if !shown.is_empty() {
            answer[name] = json!(shown);
        }
        if total > skip + size {
            answer["nextPageToken"] = json!((skip + size).to_string());
        }
        ok(&answer)
    }
}

fn system(id: &str) -> Value {
    json!({ "id": id, "name": id, "type": "system", "messageListVisibility": "hide", "labelListVisibility": "labelShow" })
}

fn own(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "type": "user", "messageListVisibility": "show", "labelListVisibility": "labelShow" })
}

/// The few words of Gmail's search that programs use: `rfc822msgid:`, `after:` and `before:` with seconds.
fn finds(query: &str, message: &Message) -> bool {
    let at = message.received_at.as_second();
    query.split_whitespace().all(|word| match word.split_once(':') {
        Some(("rfc822msgid", wanted)) => {
            let parsed = MessageParser::default().parse(&message.raw);
            parsed.as_ref().and_then(|parsed| parsed.message_id()) == Some(wanted.trim_matches(['<', '>']))
        }
        Some(("after", seconds)) => seconds.parse().is_ok_and(|seconds: i64| at > seconds),
        Some(("before", seconds)) => seconds.parse().is_ok_and(|seconds: i64| at < seconds),
        _ => false,
    })
}
