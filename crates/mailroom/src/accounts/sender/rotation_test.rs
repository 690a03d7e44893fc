//! Keys that grow old, day by day, with a DNS that shows what a test puts into it.

use super::{Age, KeyState, Purpose, Rotation, Sender, look_after, prepare, renew, renew_after};
use crate::{
    outgoing::fixture::{House, NOON, house_with},
    words::Refusal,
};
use connect::dns::TableResolver;
use std::{collections::BTreeSet, sync::Arc};
use store::account::Outgoing;

const DAY: i64 = 24 * 3_600_000;

struct Scene {
    house: House,
    table: TableResolver,
}

impl Scene {
    async fn new() -> Scene {
        let house = house_with(|settings| settings.outgoing = Outgoing::Builtin).await;
        let scene = Scene { house, table: TableResolver::default() };
        prepare(&scene.house.room, &scene.house.kept().await).await;
        scene
    }

    async fn sender(&self) -> Sender {
        super::get(&self.house.room, &self.house.viewer, self.house.account).await.unwrap()
    }

    /// So many days after the beginning, looked after twice, since upkeep comes by every ten minutes.
    async fn on_day(&mut self, day: i64) -> Rotation {
        self.house.room.clock.set(NOON + day * DAY);
        self.house.room.world = self.house.room.world.clone().with_resolver(Arc::new(self.table.clone()));
        for _ in 0..2 {
            look_after(&self.house.room).await;
        }
        self.sender().await.rotation
    }

    /// The names of the records of keys that stand like this.
    async fn names(&self, wanted: impl Fn(KeyState) -> bool) -> BTreeSet<String> {
        let records = self.sender().await.records.into_iter();
        records.filter(|record| record.key.is_some_and(&wanted)).map(|record| record.name).collect()
    }

    /// Puts everything that is asked for into the DNS.
    async fn publish(&mut self) {
        for record in self.sender().await.records {
            if record.purpose == Purpose::Dkim {
                self.table.txt.insert(record.name, vec![record.value]);
            }
        }
    }

    async fn told(&self) -> Vec<i64> {
        let organisation = self.house.viewer.organisation;
        let keys = self.house.room.store.db.read(move |tx| {
            Box::pin(async move { store::dkim_key::of_domain(tx, organisation, "voorbeeld.nl").await })
        });
        keys.await.unwrap().into_iter().filter(|key| key.waits()).map(|key| key.told).collect()
    }
}

fn waits(state: KeyState) -> bool {
    state == KeyState::Waits
}

fn signs(state: KeyState) -> bool {
    state == KeyState::Signs
}

#[tokio::test]
async fn new_keys_are_there_before_they_are_due_sign_once_seen_and_the_old_records_go_last() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.on_day(0).await.age, Age::Unsigned);
    scene.publish().await;
    let fresh = scene.on_day(0).await;
    assert_eq!((fresh.age, fresh.due_at, fresh.renew_after_days), (Age::Fresh, Some(NOON + 180 * DAY), Some(180)));
    let first = scene.names(signs).await;
    assert_eq!(first.len(), 2);

    // Nothing happens until two weeks before; then there are new ones, once, and they are told of.
    assert_eq!(scene.on_day(165).await.age, Age::Fresh);
    assert!(scene.names(waits).await.is_empty());
    assert_eq!(scene.on_day(166).await.age, Age::Ready);
    let second = scene.names(waits).await;
    assert!(second.len() == 2 && second.is_disjoint(&first), "{second:?}");
    assert_eq!(scene.told().await, [1, 1]);

    // Nobody puts them into the DNS: the old ones sign on, it is told once more, and no more keys are made.
    assert_eq!(scene.on_day(179).await.age, Age::Ready);
    assert_eq!(scene.told().await, [1, 1]);
    assert_eq!(scene.on_day(180).await.age, Age::Overdue);
    assert_eq!(scene.on_day(400).await.age, Age::Overdue);
    assert_eq!((scene.names(signs).await, scene.names(waits).await), (first.clone(), second.clone()));
    assert_eq!(scene.told().await, [2, 2]);

    // One of them is seen: it takes over from its own kind, and the other kind waits on.
    let all = scene.sender().await.records;
    let rsa = all.into_iter().find(|record| second.contains(&record.name) && record.value.contains("k=rsa")).unwrap();
    scene.table.txt.insert(rsa.name.clone(), vec![rsa.value]);
    assert_eq!(scene.on_day(401).await.age, Age::Overdue);
    let signing = scene.names(signs).await;
    assert!(signing.contains(&rsa.name) && signing.len() == 2, "{signing:?}");

    scene.publish().await;
    let renewed = scene.on_day(402).await;
    assert_eq!(scene.names(signs).await, second);
    assert_eq!((renewed.age, renewed.due_at), (Age::Fresh, Some(NOON + (401 + 180) * DAY)));

    // The old records stay a week for mail on its way, then they may go, and when they are gone nothing is said of them.
    let until = NOON + (402 + 7) * DAY;
    assert_eq!(scene.names(|state| state == KeyState::Retired(until)).await.len(), 1);
    scene.on_day(410).await;
    assert_eq!(scene.names(|state| state == KeyState::MayGo).await, first);
    scene.on_day(440).await;
    assert_eq!(scene.names(|state| state == KeyState::MayGo).await, first, "they are in the DNS still");
    scene.table.txt.retain(|name, _| !first.contains(name));
    scene.on_day(441).await;
    assert!(scene.names(|state| state == KeyState::MayGo).await.is_empty());
    assert_eq!(scene.names(signs).await, second);

    // A record that is lost for a day makes nobody younger.
    let kept = std::mem::take(&mut scene.table.txt);
    assert_eq!(scene.on_day(450).await.age, Age::Unsigned);
    scene.table.txt = kept;
    assert_eq!(scene.on_day(451).await, renewed);
}

#[tokio::test]
async fn a_kind_that_the_dns_never_showed_is_not_waited_for() {
    let mut scene = Scene::new().await;
    scene.publish().await;
    scene.table.txt.retain(|_, texts| texts[0].contains("k=rsa"));
    assert_eq!(scene.on_day(0).await.age, Age::Fresh);
    assert_eq!(scene.on_day(170).await.age, Age::Ready);
    let waiting = scene.names(waits).await;
    assert_eq!(waiting.iter().filter(|name| name.starts_with("pkr")).count(), 1, "{waiting:?}");
    assert_eq!(waiting.iter().filter(|name| name.starts_with("pke")).count(), 1, "the first, still: {waiting:?}");
}

#[tokio::test]
async fn whoever_wants_none_gets_none_until_they_ask() {
    let mut scene = Scene::new().await;
    let (room, viewer, id) = (scene.house.room.clone(), scene.house.viewer, scene.house.account);
    for wrong in [0, 29, 1096, -1] {
        let refused = renew_after(&room, &viewer, id, Some(wrong)).await;
        assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{wrong}: {refused:?}");
    }
    renew_after(&room, &viewer, id, None).await.unwrap();
    scene.publish().await;
    scene.on_day(0).await;
    let kept = scene.on_day(2000).await;
    assert_eq!((kept.renew_after_days, kept.due_at, kept.age), (None, None, Age::Fresh));
    assert_eq!(scene.names(signs).await.len(), 2);
    let asked = renew(&scene.house.room, &viewer, id).await.unwrap();
    assert_eq!(asked.rotation.age, Age::Ready);
    assert_eq!(scene.on_day(2300).await.age, Age::Ready, "it is never too late");
    assert_eq!(scene.told().await, [1, 1], "nobody was told by mail");
    // Chosen now, by the age of those that sign it was time long ago.
    renew_after(&scene.house.room, &viewer, id, Some(365)).await.unwrap();
    assert_eq!(scene.on_day(2301).await.age, Age::Overdue);
    assert_eq!(scene.told().await, [2, 2]);
}

#[tokio::test]
async fn a_domain_that_no_mailbox_sends_for_any_more_is_left_alone() {
    let mut scene = Scene::new().await;
    scene.publish().await;
    scene.on_day(1).await;
    let (organisation, id) = (scene.house.viewer.organisation, scene.house.account);
    let kept = scene.house.kept().await;
    let (version, mut settings) = (kept.version, kept.settings);
    settings.outgoing = Outgoing::None;
    let write = scene.house.room.store.db.write(move |tx| {
        let settings = settings.clone();
        Box::pin(async move { store::account::update(tx, organisation, id, version, &settings, NOON).await })
    });
    write.await.unwrap();
    scene.house.room.clock.set(NOON + 300 * DAY);
    look_after(&scene.house.room).await;
    assert!(scene.told().await.is_empty());
}
