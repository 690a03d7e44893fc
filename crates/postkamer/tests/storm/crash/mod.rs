//! Killed at every named point and at any time between, over and over: nothing lost, nothing doubled, no state lies.
//!
//! A round begins the program with a point to die at, lets mail come, sends, marks and moves, and waits for its death or
//! brings it. The names of the points are read from the sources, so that none is forgotten.

mod end;
mod life;

use crate::{
    backing::Kind,
    books,
    house::{House, half},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::{
    Chance, ModelImap, ModelOptions, Sink,
    sink::{Fault, Stage},
};

/// Without `STORM_KILLS`; `make soak` asks for more.
const KILLS: usize = 200;
/// A point that is not passed within this time gets a death at no particular point.
const LINGER: Duration = Duration::from_millis(1500);

/// How a round ends.
#[derive(Debug, Clone)]
enum Death {
    /// At the n-th time at this point.
    Point(String, usize),
    /// So long after the start.
    After(Duration),
    /// When the next hop has the whole message and says nothing. The program is then between the dot and the reply.
    Silence(Stage),
}

/// A mail that we asked the program to send.
struct Submission {
    subject: String,
    body: Value,
    /// What the interface answered; nothing while no answer has come.
    id: Option<String>,
}

impl Submission {
    /// Its idempotency key.
    fn key(&self) -> String {
        self.subject.replace(' ', "-")
    }
}

struct Storm {
    house: House,
    model: ModelImap,
    sink: Sink,
    chance: Chance,
    account: String,
    letters: usize,
    submissions: Vec<Submission>,
    /// What the interface accepted last for each message of ours: seen or not.
    promised: BTreeMap<String, bool>,
    /// Submissions that were marked as on the wire at some death.
    marked: BTreeSet<String>,
}

#[test]
fn killed_anywhere_nothing_is_lost_nothing_is_doubled_and_no_state_lies() {
    let _turn = crate::alone();
    let kills = std::env::var("STORM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let seed = std::env::var("STORM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    println!("seed {seed}, {kills} kills");
    let points = killpoints();
    let mut died_at: BTreeMap<String, usize> = points.iter().map(|name| (name.clone(), 0)).collect();
    let mut first = 0;
    for (kind, share) in [(Kind::Disk, kills * 3 / 5), (Kind::Postgres, kills / 5), (Kind::Nodes, kills / 5)] {
        println!("{kind:?}: {share} kills");
        let mut storm = Storm::new(kind, seed);
        for round in first..first + share {
            let death = storm.choose_death(round, &points);
            let exact = storm.round(&death);
            if let (Death::Point(name, _), true) = (&death, exact) {
                *died_at.entry(name.clone()).or_default() += 1;
            }
            if round % 20 == 19 {
                println!("{} kills: {} letters, {} submissions", round + 1, storm.letters, storm.submissions.len());
            }
        }
        first += share;
        if kind == Kind::Disk && kills >= KILLS {
            storm.visit_spared(&mut died_at);
        }
        storm.settle();
    }
    println!("deaths by point: {died_at:?}");
    let spared: Vec<&String> = died_at.iter().filter(|(_, deaths)| **deaths == 0).map(|(name, _)| name).collect();
    assert!(kills < KILLS || spared.is_empty(), "it never died at {spared:?}");
}

/// Every named point in the sources that an IMAP mailbox comes by; the others are the storm of `pop3.rs`, of mail that is
/// posted to us the stories of `it/mailgun.rs`, of a grant that is renewed those of `it/renewal.rs`, of mail that comes in by the door those of `it/relay.rs`, and of mail that goes to
/// one domain after the other those of `it/return_path.rs`.
fn killpoints() -> Vec<String> {
    let mut points = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../mailroom/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap_or_default();
            points.extend(
                text.split("killpoint!(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
            );
        }
    }
    let elsewhere = ["collect.", "grant.", "hook.", "reception.", "send.before_part", "send.after_part"];
    points.retain(|name| !elsewhere.iter().any(|beginning| name.starts_with(beginning)));
    assert!(points.len() >= 40, "{points:?}");
    points.into_iter().collect()
}

impl Storm {
    fn new(kind: Kind, seed: u64) -> Storm {
        let model = ModelImap::start(ModelOptions::default());
        let sink = Sink::start();
        let house = House::on(kind);
        let running = house.start();
        let account = house.connect(&running, "anna@voorbeeld.test", half("imap", model.port), half("smtp", sink.port));
        running.stop();
        let mut storm = Storm {
            house,
            model,
            sink,
            chance: Chance::new(seed),
            account,
            letters: 0,
            submissions: Vec::new(),
            promised: BTreeMap::new(),
            marked: BTreeSet::new(),
        };
        (0..40).for_each(|_| storm.letter());
        storm
    }

    fn choose_death(&mut self, round: usize, points: &[String]) -> Death {
        match round % 5 {
            3 => Death::After(Duration::from_millis(self.chance.below(900) as u64)),
            4 if round % 10 == 4 => Death::Silence(self.chance.pick(&[Stage::Taken, Stage::Final])),
            _ => Death::Point(points[(round * 3 / 5 + round % 5) % points.len()].clone(), 1 + self.chance.below(2)),
        }
    }

    /// Chance may have passed over a point, above all one that a life comes by once: it gets its turn here, after a death
    /// that leaves something to recover.
    fn visit_spared(&mut self, died_at: &mut BTreeMap<String, usize>) {
        for (name, deaths) in died_at.iter_mut().filter(|(_, deaths)| **deaths == 0) {
            for _ in 0..5 {
                self.round(&Death::Point("send.after_mark".to_owned(), 1));
                if self.round(&Death::Point(name.clone(), 1)) {
                    *deaths += 1;
                    break;
                }
            }
        }
    }

    /// One life. Says whether it ended where it should.
    fn round(&mut self, death: &Death) -> bool {
        // Mail that came while it was away.
        self.letter();
        let kill_at = match death {
            Death::Point(name, times) => format!("{name}:{times}"),
            Death::After(_) | Death::Silence(_) => String::new(),
        };
        let variables = [("POSTKAMER_KILLPOINT", kill_at.as_str())];
        let struck = self.sink.struck().len();
        let begin = Instant::now();
        let Some(mut running) = self.house.try_start(&variables) else {
            self.look_at_the_dead();
            return true;
        };
        if let Death::Silence(stage) = death {
            self.sink.fail(*stage, Fault::Silence, 1);
        }
        self.live(&running);
        let mut exact = false;
        let mut more = 0;
        loop {
            if running.is_dead() {
                exact = true;
                break;
            }
            let lived = begin.elapsed();
            match death {
                Death::After(long) if lived >= *long => break,
                Death::Silence(_) if self.sink.struck().len() > struck => {
                    exact = true;
                    break;
                }
                _ if lived > LINGER * 2 => break,
                _ => {}
            }
            // Life goes on until the point is passed.
            if lived.as_millis() / 300 > more {
                more = lived.as_millis() / 300;
                self.live(&running);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        running.kill();
        self.sink.recover();
        self.look_at_the_dead();
        exact
    }

    fn look_at_the_dead(&mut self) {
        self.marked.extend(books::autopsy(&self.house));
    }
}
