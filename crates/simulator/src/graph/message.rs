//! Letters: reading them and changing them.

use super::{Desk, letter};
use crate::asked::Reply;
use serde_json::{Value, json};

/// Letters on one page at most.
const TOP: usize = 1000;

impl Desk<'_> {
    pub(super) fn messages(&mut self, folder: Option<&str>) -> Reply {
        let id = match folder {
            None => None,
            Some(name) => match self.mailbox().folder(name) {
                Some(folder) => Some(folder.id.clone()),
                None => return self.not_found(),
            },
        };
        let (immutable, select) = (self.immutable(), self.asked.query("$select"));
        let filter = self.asked.query("$filter");
        let mailbox = self.mailbox();
        let mut found: Vec<_> = match &id {
            Some(id) => mailbox.letters_in(id),
            None => mailbox.letters.values().collect(),
        };
        if let Some(filter) = filter {
            let passed: Option<Vec<bool>> = found.iter().map(|letter| letter::passes(letter, filter)).collect();
            match passed {
                Some(passed) => {
                    let mut passed = passed.into_iter();
                    found.retain(|_| passed.next() == Some(true));
                }
                None => return self.wrong(400, "BadRequest", &format!("Invalid filter clause: {filter}")),
            }
        }
        let shown: Vec<Value> = found.into_iter().map(|one| letter::shown(one, immutable, select)).collect();
        let path = folder.map_or("messages".to_owned(), |folder| format!("mailFolders/{folder}/messages"));
        self.page(shown, &path, TOP)
    }

    pub(super) fn message(&mut self, id: &str) -> Reply {
        let (immutable, select) = (self.immutable(), self.asked.query("$select"));
        match self.mailbox().letter(id) {
            Some(found) => Reply::json(200, &letter::shown(found, immutable, select)),
            None => self.not_found(),
        }
    }

    /// The bytes as they are.
    pub(super) fn bytes(&mut self, id: &str) -> Reply {
        match self.mailbox().letter(id) {
            Some(found) => Reply {
                status: 200,
                headers: vec![("content-type", "text/plain".to_owned())],
                body: found.raw.to_vec(),
                is_cut: false,
            },
            None => self.not_found(),
        }
    }

    pub(super) fn change(&mut self, id: &str) -> Reply {
        let Some(serial) = self.mailbox().letter(id).map(|letter| letter.serial) else { return self.not_found() };
        let body = self.asked.json().unwrap_or_default();
        let flag = &body["flag"]["flagStatus"];
        if !flag.is_null() && !["notFlagged", "flagged", "complete"].contains(&flag.as_str().unwrap_or_default()) {
            return self.wrong(
                400,
                "RequestBodyRead",
                "Cannot convert the literal to the expected type 'followupFlagStatus'.",
            );
        }
        let mut faults = std::mem::take(&mut self.cloud.faults);
        self.mailbox().change(serial, &mut faults, |letter| {
            letter.is_read = body["isRead"].as_bool().unwrap_or(letter.is_read);
            if let Some(flag) = flag.as_str() {
                letter.flag = flag.to_owned();
            }
            if let Some(words) = body["categories"].as_array() {
                letter.categories = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            }
        });
        self.cloud.faults = faults;
        self.message(id)
    }

    pub(super) fn delete(&mut self, id: &str) -> Reply {
        let Some(serial) = self.mailbox().letter(id).map(|letter| letter.serial) else { return self.not_found() };
        let mut faults = std::mem::take(&mut self.cloud.faults);
        self.mailbox().remove(serial, &mut faults);
        self.cloud.faults = faults;
        Reply::bare(204)
    }

    pub(super) fn relocate(&mut self, id: &str) -> Reply {
        let Some(serial) = self.mailbox().letter(id).map(|letter| letter.serial) else { return self.not_found() };
        let body = self.asked.json().unwrap_or_default();
        let to = body["destinationId"].as_str().unwrap_or_default();
        let mut faults = std::mem::take(&mut self.cloud.faults);
        let moved = self.mailbox().relocate(serial, to, &mut faults);
        self.cloud.faults = faults;
        if !moved {
            return self.not_found();
        }
        let immutable = self.immutable();
        let shown = self.mailbox().letters.get(&serial).map_or(json!({}), |one| letter::shown(one, immutable, None));
        Reply::json(201, &shown)
    }
}
