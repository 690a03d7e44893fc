//! The end of the storm: in peace it finishes what it began, and every promise is held against the servers.

use super::Storm;
use crate::books::{self, Books};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

impl Storm {
    /// Gives it the peace to finish what it began, and holds every promise against the servers.
    pub(super) fn settle(&mut self) {
        let mut tries = 0;
        let difference = loop {
            tries += 1;
            self.house.runtime.block_on(async {
                // Time passes: what waits for a lease or a pause of a dead worker is due.
                let books = Books::open(&self.house).await;
                books.execute("UPDATE outbox SET sent_copy_at = 0 WHERE sent_copy = 'due'").await;
                books.execute("UPDATE edits SET next_try_at = 0").await;
                // Innocent mail that was in flight at four deaths in a row is asked for again after ten minutes.
                books.execute("UPDATE quarantine SET next_try_at = 0 WHERE next_try_at IS NOT NULL").await;
            });
            let running = self.house.start();
            self.ask_again(&running);
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(20) {
                let open = ["waiting", "sending"].iter().any(|state| {
                    let page = self.house.get(&running, &format!("/outbox?state={state}&limit=1"));
                    page["items"].as_array().is_some_and(|items| !items.is_empty())
                });
                if !open {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let path = format!("/accounts/{}/fetch?wait=true", self.account);
            let _ = self.house.try_call(&running, "POST", &path, &json!({}), None);
            running.stop();
            match self.difference() {
                None => break None,
                Some(difference) if tries == 6 => break Some(difference),
                Some(_) => {}
            }
        };
        if let Some(difference) = difference {
            panic!("after {tries} quiet lives: {difference}\n{}", self.house.last_words());
        }
        let (slow, starts) = (self.house.slow_starts.get(), self.house.starts.get());
        assert!(slow * 10 <= starts, "{slow} of {starts} starts took longer than ten seconds");
        self.hold_against_the_sink();
        self.hold_against_the_promises();
    }

    /// What is not yet as it must end up.
    fn difference(&self) -> Option<String> {
        self.house.runtime.block_on(async {
            let books = Books::open(&self.house).await;
            books.check().await;
            let stored = books.folders().await;
            let open =
                books.rows("SELECT subject, state FROM outbox WHERE state IN ('waiting', 'sending')").await.len();
            let copies = books.rows("SELECT id FROM outbox WHERE sent_copy = 'due'").await.len();
            let edits = books.rows("SELECT id FROM edits").await.len();
            for (name, folder) in self.model.snapshot() {
                let ours = stored.get(&name).cloned().unwrap_or_default();
                if ours != folder.messages {
                    let only = |a: &BTreeMap<u32, books::Stored>, b: &BTreeMap<u32, books::Stored>| {
                        a.iter()
                            .filter(|(uid, one)| b.get(uid) != Some(one))
                            .map(|(uid, one)| format!("{uid} {:?}", one.1))
                            .collect::<Vec<_>>()
                    };
                    return Some(format!(
                        "{name}: only here {:?}, only there {:?}",
                        only(&ours, &folder.messages),
                        only(&folder.messages, &ours)
                    ));
                }
            }
            (open + copies + edits > 0).then(|| format!("{open} submissions, {copies} copies, {edits} edits are open"))
        })
    }

    /// Every accepted call is in the sink exactly once; what is uncertain at most once, and only when it was on the wire.
    fn hold_against_the_sink(&self) {
        let running = self.house.start();
        let arrived: Vec<String> = self.sink.received().iter().map(|mail| subject_of(&mail.raw)).collect();
        let count = |subject: &str| arrived.iter().filter(|other| *other == subject).count();
        let mut uncertain = 0;
        for one in &self.submissions {
            let id = one.id.as_ref().expect("every call was answered in the end");
            let state =
                self.house.get(&running, &format!("/outbox/{id}"))["state"].as_str().unwrap_or_default().to_owned();
            let found = count(&one.subject);
            match state.as_str() {
                "accepted" => assert_eq!(found, 1, "{} is accepted", one.subject),
                "uncertain" => {
                    uncertain += 1;
                    assert!(found <= 1, "{} came {found} times", one.subject);
                    assert!(self.marked.contains(&one.subject), "{} was never on the wire at a death", one.subject);
                }
                other => panic!("{} ended as {other}", one.subject),
            }
        }
        assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len(), arrived.len(), "nothing came twice");
        let total = self.submissions.len();
        println!("{total} submissions, {uncertain} uncertain, {} in the sink", arrived.len());
        running.stop();
    }

    /// Sent copies lie there once; what people were told was done is done.
    fn hold_against_the_promises(&self) {
        self.house.runtime.block_on(async {
            let books = Books::open(&self.house).await;
            let outbox = books.rows("SELECT subject, state FROM outbox").await;
            assert_eq!(outbox.len(), self.submissions.len(), "one submission for one key");
            let sql = "SELECT t.subject, f.name, p.flags FROM places p JOIN message_texts t ON t.id = p.message
                       JOIN folders f ON f.id = p.folder";
            let mut places: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
            for mut row in books.rows(sql).await {
                places.entry(row.text(0)).or_default().push((row.text(1), row.int(2)));
            }
            for mut row in outbox {
                let (subject, state) = (row.text(0), row.text(1));
                let copies = places.get(&subject).map_or(0, Vec::len);
                let wanted = usize::from(state == "accepted");
                assert_eq!(copies, wanted, "copies of {subject}, which is {state}");
            }
            for (subject, seen) in &self.promised {
                // What was expunged on the server meanwhile is gone.
                for (folder, flags) in places.get(subject).into_iter().flatten() {
                    assert_eq!(flags & 1 != 0, *seen, "{subject} in {folder}");
                }
            }
            for (subject, places) in places.iter().filter(|(subject, _)| subject.starts_with("Brief")) {
                assert_eq!(places.len(), 1, "{subject} lies in {places:?}");
            }
        });
    }
}

fn subject_of(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
    line.trim().to_owned()
}
