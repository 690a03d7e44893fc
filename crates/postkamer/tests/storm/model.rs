//! A random server against our whole way in and back: whatever happens there and here, and wherever the connection
//! breaks, both end up with the same. A seed that fails says so; `STORM_SEED` repeats one, `STORM_SEEDS` says how many.

use crate::books;
use connect::{World, WorldOptions};
use mail::{AccountKey, FolderKey, MessageKey};
use mailroom::{Clock, Config, MailRoom, accounts, founding, incoming};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use store::{Places, Store, UserRole, Viewer};
use testkit::{Chance, ModelImap, ModelOptions};
use tokio::sync::watch;

const SEEDS: u64 = 50;
const OPERATIONS: usize = 200;
const HOUR: i64 = 3_600_000;
const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Klaar"];

#[test]
fn whatever_happens_at_the_server_and_here_both_hold_the_same() {
    let _turn = crate::alone();
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = given("STORM_SEED").map_or(1..=given("STORM_SEEDS").unwrap_or(SEEDS), |seed| seed..=seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let mut checked = 0;
    for seed in seeds {
        let _told = Told(seed);
        checked += runtime.block_on(async { Both::new(seed).await.run().await });
    }
    println!("{checked} comparisons");
}

/// Names the seed when the test ends in its midst.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("STORM_SEED={} repeats it", self.0);
        }
    }
}

/// A server, and an installation with one account there.
struct Both {
    model: ModelImap,
    room: MailRoom,
    viewer: Viewer,
    account: AccountKey,
    chance: Chance,
    written: usize,
    _folder: tempfile::TempDir,
}

impl Both {
    async fn new(seed: u64) -> Both {
        let model = ModelImap::start(options(seed));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let places = Places { data: folder.path().join("data"), database: None, blobs: None };
        let store = Store::open_with_key_file(&places, None).await.expect("an installation");
        let allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
        let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).expect("a world");
        let room = MailRoom::new(store, world, Clock::fixed(1_790_000_000_000), Config::default());
        let founded = founding::found(&room, "Voorbeeld", "beheer@voorbeeld.test", "", "een-lang-genoeg-wachtwoord");
        let (organisation, user) = founded.await.expect("an organisation");
        let viewer = Viewer { organisation, user, role: UserRole::Administrator };
        let half = json!({
            "kind": "imap", "host": "127.0.0.1", "port": model.port, "encryption": "none", "username": "anna",
            "secret": "geheim-1",
        });
        let input = json!({
            "address": "anna@voorbeeld.test", "incoming": half, "outgoing": { "kind": "none" }, "allow_plaintext": true,
        });
        let input = serde_json::from_value(input).expect("an account");
        let account = accounts::create(&room, &viewer, input).await.expect("an account").account.id;
        Both { model, room, viewer, account, chance: Chance::new(seed), written: 0, _folder: folder }
    }

    /// All operations, with comparisons in between; says how many those were.
    async fn run(mut self) -> usize {
        let (mut done, mut checked) = (0, 0);
        while done < OPERATIONS {
            let some = (1 + self.chance.below(40)).min(OPERATIONS - done);
            for _ in 0..some {
                match self.chance.below(10) {
                    0 => self.happen_here().await,
                    _ => self.happen_there(),
                }
            }
            done += some;
            if self.chance.happens(1, 3) {
                self.model.cut_after(self.chance.below(20_000));
                // Whether it got through before the cut is not the question.
                drop(self.fetch().await);
                self.model.no_cut();
            }
            self.compare().await;
            checked += 1;
        }
        checked
    }

    /// What other clients and senders do.
    fn happen_there(&mut self) {
        let snapshot = self.model.snapshot();
        let names: Vec<&str> = snapshot.keys().map(String::as_str).collect();
        let name = self.chance.pick(&names);
        let uids: Vec<u32> = snapshot[name].messages.keys().copied().collect();
        let one = (!uids.is_empty()).then(|| self.chance.pick(&uids));
        match (self.chance.below(100), one) {
            (0..40, _) | (_, None) => {
                // Now and then the same bytes again: in another folder, or twice in one.
                let n = if self.chance.happens(1, 8) { self.chance.below(self.written + 1) } else { self.written };
                self.written += 1;
                let flags: Vec<&str> = FLAGS.iter().copied().filter(|_| self.chance.happens(1, 5)).collect();
                self.model.append(name, letter(n).as_bytes(), &flags);
            }
            (40..65, Some(uid)) => {
                let flags: Vec<&str> = FLAGS.iter().copied().filter(|_| self.chance.happens(1, 3)).collect();
                self.model.set_flags(name, uid, &flags);
            }
            (65..78, Some(_)) => {
                let gone: Vec<u32> = uids.into_iter().filter(|_| self.chance.happens(1, 4)).collect();
                self.model.expunge(name, &gone);
            }
            (78..90, Some(uid)) => self.model.move_to(name, uid, self.chance.pick(&names)),
            (90..93, _) => self.model.renumber(name, self.chance.number()),
            (93..96, _) => {
                self.model.create(&format!("Klant {}", self.chance.below(4)));
            }
            (96..98, _) if name.starts_with("Klant") => {
                self.model.rename(name, &format!("Klant {}", self.chance.below(4)));
            }
            (_, _) if name.starts_with("Klant") => self.model.remove_folder(name),
            _ => {}
        }
    }

    /// What people do here: it is shown at once and follows on the server.
    async fn happen_here(&mut self) {
        let store = self.room.store.clone();
        let found = books::rows(&store.db, "SELECT id FROM messages WHERE gone_at IS NULL").await;
        let folders = books::rows(&store.db, "SELECT id FROM folders WHERE gone_at IS NULL").await;
        if found.is_empty() || folders.is_empty() {
            return;
        }
        let message = MessageKey(found[self.chance.below(found.len())].int(0));
        let folder = FolderKey(folders[self.chance.below(folders.len())].int(0));
        let (is_move, seen) = (self.chance.happens(1, 3), self.chance.happens(1, 2));
        let (viewer, now, make) = (self.viewer, self.room.clock.now(), store.make.clone());
        let work = store::unit(move |tx| {
            Box::pin(async move {
                match is_move {
                    true => store::message::move_to(tx, &viewer, message, folder, now, &make).await,
                    false => store::message::set_flags(tx, &viewer, message, Some(seen), Some(!seen), now, &make).await,
                }
            })
        });
        store.db.write(work).await.expect("a change of ours");
    }

    async fn fetch(&self) -> Result<incoming::Fetched, incoming::PassError> {
        self.room.clock.set(self.room.clock.now() + 5 * HOUR);
        let (seen, _) = watch::channel(incoming::Progress::default());
        incoming::fetch_once(&self.room, self.viewer.organisation, self.account, Arc::new(seen)).await
    }

    async fn compare(&self) {
        self.fetch().await.expect("nothing is in the way");
        // What was moved without the server telling where to is seen at the next look.
        self.fetch().await.expect("nothing is in the way");
        let store = &self.room.store;
        books::check(store).await;
        let ours = books::folders(store).await;
        let theirs = self.model.snapshot();
        let names = |keys: Vec<&String>| format!("{keys:?}");
        assert_eq!(names(ours.keys().collect()), names(theirs.keys().collect()), "the same folders");
        for (name, folder) in theirs {
            let there: BTreeMap<u32, books::Stored> = folder.messages;
            let wrong: Vec<_> = ours[&name].iter().filter(|(uid, one)| there.get(uid) != Some(one)).collect();
            let missing: Vec<_> = there.iter().filter(|(uid, _)| !ours[&name].contains_key(uid)).collect();
            assert!(wrong.is_empty() && missing.is_empty(), "{name}: wrong {wrong:?}, missing {missing:?}, {there:?}");
        }
        let aside = books::rows(&store.db, "SELECT code FROM quarantine WHERE resolved_at IS NULL").await;
        assert_eq!(aside.len(), 0, "a message that the server hands over is not set aside");
    }
}

/// Every extension comes and goes with the seed; the first seed has none, the second all.
fn options(seed: u64) -> ModelOptions {
    let mut chance = Chance::new(!seed);
    let mut on = || seed == 2 || seed != 1 && chance.happens(1, 2);
    let (condstore, qresync, idle, uidplus, moves) = (on(), on(), on(), on(), on());
    let (special_use, list_status, esearch, literal_plus) = (on(), on(), on(), on());
    ModelOptions {
        condstore,
        qresync,
        idle,
        uidplus,
        moves,
        special_use,
        list_status,
        esearch,
        literal_plus,
        separator: if seed.is_multiple_of(3) { '.' } else { '/' },
        ..ModelOptions::default()
    }
}

fn letter(n: usize) -> String {
    let filling = "Het regent al weken.\r\n".repeat(n * 7 % 50);
    format!(
        "From: Klant <klant{n}@elders.test>\r\nTo: anna@voorbeeld.test\r\nSubject: Brief {n}.\r\n\
         Message-ID: <brief.{n}@elders.test>\r\nDate: Thu, 05 Mar 2026 09:30:00 +0100\r\n\r\n{filling}Groet {n}\r\n"
    )
}
