//! What happens while the program lives: mail comes and goes on the server, and people send, read and move it here.

use super::{Storm, Submission};
use crate::house::Running;
use serde_json::{Value, json};

impl Storm {
    /// Somebody writes to us.
    pub(super) fn letter(&mut self) {
        let n = self.letters;
        self.letters += 1;
        let folder = match n % 7 {
            1 => "Archief",
            2 => "Ongewenst",
            _ => "INBOX",
        };
        let filling = "Het regent al weken.\r\n".repeat(self.chance.below(60));
        let raw = format!(
            "From: Klant <klant{n}@elders.test>\r\nTo: anna@voorbeeld.test\r\nSubject: Brief {n}.\r\n\
             Message-ID: <brief.{n}@elders.test>\r\nDate: Thu, 05 Mar 2026 09:30:00 +0100\r\n\r\n{filling}Groet {n}\r\n"
        );
        self.model.append(folder, raw.as_bytes(), &[]);
    }

    /// What happens in a life: mail comes and goes on the server, and people send, read and move it here.
    pub(super) fn live(&mut self, running: &Running) {
        self.letter();
        let snapshot = self.model.snapshot();
        let uids = |folder: &str| snapshot[folder].messages.keys().copied().collect::<Vec<u32>>();
        let (inbox, junk) = (uids("INBOX"), uids("Ongewenst"));
        if inbox.len() > 30 && self.chance.happens(1, 4) {
            self.model.expunge("INBOX", &[self.chance.pick(&inbox)]);
        }
        // Another client marks where nobody does it here: what was promised here must not be undone by the test itself.
        if !junk.is_empty() {
            self.model.set_flags("Ongewenst", self.chance.pick(&junk), &["\\Flagged"]);
        }
        self.submit(running);
        self.mark_and_move(running);
    }

    /// Something new to send, and again what was never answered.
    fn submit(&mut self, running: &Running) {
        let n = self.submissions.len();
        let subject = format!("Antwoord {n}.");
        let body = json!({
            "account": self.account, "to": [{ "address": format!("klant{n}@elders.test") }], "subject": subject,
            "text": "Dank voor uw bericht.",
        });
        self.submissions.push(Submission { subject, body, id: None });
        self.ask_again(running);
    }

    /// Asks again for what was never answered, with the same key.
    pub(super) fn ask_again(&mut self, running: &Running) {
        let house = &self.house;
        for open in self.submissions.iter_mut().filter(|one| one.id.is_none()) {
            let Some((status, answer)) = house.try_call(running, "POST", "/outbox", &open.body, Some(&open.key()))
            else {
                return;
            };
            assert_eq!(status, 202, "{answer}\n{}", house.last_words());
            open.id = answer["id"].as_str().map(str::to_owned);
        }
    }

    fn mark_and_move(&mut self, running: &Running) {
        let path = format!("/messages?account={}&role=inbox&limit=10", self.account);
        let Some((200, page)) = self.house.try_call(running, "GET", &path, &Value::Null, None) else { return };
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let Some(one) = items.get(self.chance.below(items.len().max(1))) else { return };
        let (id, subject) = (one["id"].as_str().unwrap_or_default(), one["subject"].as_str().unwrap_or_default());
        let seen = self.chance.happens(2, 3);
        self.promised.remove(subject);
        let path = format!("/messages/{id}");
        match self.house.try_call(running, "PATCH", &path, &json!({ "seen": seen }), None) {
            Some((200, _)) => drop(self.promised.insert(subject.to_owned(), seen)),
            // It went away on the server meanwhile.
            None | Some((404, _)) => return,
            Some((status, answer)) => panic!("PATCH: {status} {answer}"),
        }
        if !self.chance.happens(1, 4) {
            return;
        }
        let folders = format!("/accounts/{}/folders", self.account);
        let Some((200, folders)) = self.house.try_call(running, "GET", &folders, &Value::Null, None) else { return };
        let folders = folders["items"].as_array().or(folders.as_array()).cloned().unwrap_or_default();
        let Some(archive) = folders.iter().find(|folder| folder["name"] == "Archief") else { return };
        let _ = self.house.try_call(running, "PATCH", &path, &json!({ "folder": archive["id"] }), None);
    }
}
