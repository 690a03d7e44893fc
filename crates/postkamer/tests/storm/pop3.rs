//! Killed while mail is taken off a POP3 server, which deletes what it was asked to and keeps no flags to tell: nothing is
//! lost and nothing is doubled, wherever the end comes and whatever becomes of the server's last word (reliability case 17).

use crate::{
    backing::Kind,
    house::{House, Running, half, wait_until},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::{ModelPop3, Quit};

/// Points on the way of a message from the server into the store, and of the order to delete it back.
const POINTS: [&str; 9] = [
    "receive.before_blob",
    "receive.after_blob",
    "receive.before_commit",
    "receive.in_commit",
    "receive.after_commit",
    "receive.before_ledger",
    "collect.before_ask",
    "collect.after_ask",
    "collect.after_quit",
];
/// A point that is not passed within this time was missed.
const LINGER: Duration = Duration::from_secs(20);
const EACH_TIME: usize = 4;

struct Storm {
    house: House,
    model: ModelPop3,
    account: String,
    letters: usize,
}

impl Storm {
    fn new(kind: Kind) -> Storm {
        let model = ModelPop3::start();
        let house = House::on(kind);
        let running = house.start();
        let mut incoming = half("pop3", model.port);
        incoming["after_fetch"] = json!({ "kind": "delete" });
        let account = house.connect(&running, "anna@voorbeeld.test", incoming, json!({ "kind": "none" }));
        running.stop();
        Storm { house, model, account, letters: 0 }
    }

    fn letters(&mut self) {
        for _ in 0..EACH_TIME {
            self.letters += 1;
            let n = self.letters;
            let raw =
                format!("From: jan@elders.test\r\nSubject: Brief {n}\r\nMessage-ID: <{n}@elders.test>\r\n\r\nDag\r\n");
            self.model.add(&format!("naam{n}"), raw.as_bytes());
        }
    }

    fn fetch(&self, running: &Running) {
        // It may die before it answers.
        let _ = self.house.try_call(running, "POST", &format!("/accounts/{}/fetch", self.account), &json!({}), None);
    }

    /// One life that ends at this point.
    fn die_at(&mut self, point: &str) {
        self.letters();
        let kill_at = format!("{point}:1");
        let Some(mut running) = self.house.try_start(&[("POSTKAMER_KILLPOINT", &kill_at)]) else { return };
        self.fetch(&running);
        let begin = Instant::now();
        while !running.is_dead() {
            assert!(begin.elapsed() < LINGER, "it never came to {point}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// One life that ends between DELE and the answer to QUIT.
    fn die_before_the_last_word(&mut self, quit: Quit) {
        self.letters();
        self.model.state().quit = quit;
        let asked = self.model.state().heard("QUIT");
        let deleted = self.model.state().heard("DELE");
        let running = self.house.start();
        self.fetch(&running);
        wait_until("it asks the server to delete and then to end", || {
            let state = self.model.state();
            (state.heard("DELE") > deleted && state.heard("QUIT") > asked).then_some(())
        });
        running.kill();
        self.model.state().quit = Quit::Well;
    }

    /// Everything is here once, and nothing is left there.
    fn settle(&self) {
        let running = self.house.start();
        wait_until("the server is empty", || {
            self.house.call(&running, "POST", &format!("/accounts/{}/fetch?wait=true", self.account), &json!({}));
            self.model.names().is_empty().then_some(())
        });
        let mut subjects: BTreeMap<String, usize> = BTreeMap::new();
        let mut path = "/messages?role=inbox".to_owned();
        loop {
            let page = self.house.get(&running, &path);
            for message in page["items"].as_array().expect("a page") {
                *subjects.entry(message["subject"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
            match &page["next"] {
                Value::String(next) => path = format!("/messages?role=inbox&cursor={next}"),
                _ => break,
            }
        }
        let wanted: BTreeMap<String, usize> = (1..=self.letters).map(|n| (format!("Brief {n}"), 1)).collect();
        assert_eq!(subjects, wanted);
        running.stop();
    }
}

#[test]
fn mail_that_leaves_its_server_is_here_once_wherever_the_end_comes() {
    let _turn = crate::alone();
    for kind in [Kind::Disk, Kind::Postgres] {
        let mut storm = Storm::new(kind);
        for point in POINTS {
            storm.die_at(point);
        }
        for quit in [Quit::Silent, Quit::LostAfter, Quit::LostBefore, Quit::Refused] {
            storm.die_before_the_last_word(quit);
        }
        storm.settle();
    }
}
