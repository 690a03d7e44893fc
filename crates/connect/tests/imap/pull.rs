//! What a pull brings, by what the server can do.

use super::{
    mirror::Mirror,
    server::{Fake, MIDDLE, POOR, RICH, assert_same},
};
use connect::Source;
use mail::RemoteId;

fn letter(number: u32) -> String {
    format!("Message-ID: <{number}@shop>\r\nSubject: {number}\r\n\r\n{}\r\n", "text ".repeat(number as usize % 50))
}

fn fill(fake: &Fake, folder: &str, count: u32) {
    for number in 0..count {
        fake.state().add(folder, letter(number));
    }
}

#[tokio::test]
async fn a_first_pull_brings_every_byte_newest_first() {
    for capabilities in [RICH, MIDDLE, POOR] {
        let fake = Fake::start(capabilities).await;
        fill(&fake, "INBOX", 300);
        fill(&fake, "Sent", 3);
        let mut mirror = Mirror::default();
        mirror.pull(&mut fake.source()).await.unwrap();
        assert_same(&mirror, &fake.state());
        assert_eq!(mirror.log[0], "epoch 7");
        assert!(mirror.fresh.iter().position(|uid| *uid == 300) < mirror.fresh.iter().position(|uid| *uid == 200));
    }
}

#[tokio::test]
async fn every_change_arrives_whatever_the_server_can_do() {
    for capabilities in [RICH, MIDDLE, POOR] {
        let fake = Fake::start(capabilities).await;
        fill(&fake, "INBOX", 20);
        fill(&fake, "Sent", 5);
        let (mut mirror, mut source) = (Mirror::default(), fake.source());
        mirror.pull(&mut source).await.unwrap();
        {
            let mut state = fake.state();
            state.flag("INBOX", 4, "\\Seen", true);
            state.flag("Sent", 2, "$Forwarded", true);
            state.remove("INBOX", 7);
            state.remove("INBOX", 20);
            state.add("INBOX", "new");
            state.add("Archive", "first");
        }
        mirror.pull(&mut source).await.unwrap();
        assert_same(&mirror, &fake.state());
        assert_eq!(mirror.fresh.len(), 2, "{capabilities}: {:?}", mirror.log);
    }
}

#[tokio::test]
async fn nothing_new_costs_one_round_trip_and_opens_no_folder() {
    let fake = Fake::start(RICH).await;
    fill(&fake, "INBOX", 20);
    fill(&fake, "Sent", 5);
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    fake.state().heard.clear();
    mirror.log.clear();
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.log, [""; 0]);
    let heard: Vec<String> = fake.state().heard.iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(heard, ["NOOP", "LIST"]);

    let mut source = fake.source();
    fake.state().heard.clear();
    mirror.pull(&mut source).await.unwrap();
    let heard: Vec<String> = fake.state().heard.iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(heard, ["AUTH", "CAPA", "ID (", "ENAB", "NAME", "LIST"]);
}

#[tokio::test]
async fn a_poor_server_without_news_tells_nothing_up_again() {
    let fake = Fake::start(POOR).await;
    fill(&fake, "INBOX", 20);
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    mirror.pull(&mut source).await.unwrap();
    mirror.log.clear();
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.log, [""; 0]);
}

#[tokio::test]
async fn an_interrupted_first_pull_goes_on_where_it_was() {
    let fake = Fake::start(RICH).await;
    fill(&fake, "INBOX", 500);
    fake.state().faults.cuts = [60_000, 0, 0].into();
    let mut mirror = Mirror::default();
    assert!(mirror.pull(&mut fake.source()).await.is_err());
    let before = mirror.fresh.len();
    assert!(before > 0 && before < 500, "{before}");
    {
        let mut state = fake.state();
        state.faults.cuts.clear();
        state.remove("INBOX", 500);
        state.flag("INBOX", 499, "\\Seen", true);
        state.add("INBOX", "came meanwhile");
    }
    mirror.pull(&mut fake.source()).await.unwrap();
    assert_same(&mirror, &fake.state());
    assert!(mirror.fresh.len() <= 502 - before, "{} of {before}", mirror.fresh.len());
}

#[tokio::test]
async fn another_uidvalidity_is_another_epoch() {
    for capabilities in [RICH, MIDDLE, POOR] {
        let fake = Fake::start(capabilities).await;
        fill(&fake, "INBOX", 30);
        let (mut mirror, mut source) = (Mirror::default(), fake.source());
        mirror.pull(&mut source).await.unwrap();
        source.close().await;
        fake.state().renumber("INBOX");
        mirror.pull(&mut source).await.unwrap();
        assert_same(&mirror, &fake.state());
        assert!(mirror.log.contains(&"epoch 8".to_owned()), "{:?}", mirror.log);
    }
}

#[tokio::test]
async fn a_missing_uidvalidity_is_one_new_epoch_and_not_one_a_pull() {
    let fake = Fake::start(POOR).await;
    fill(&fake, "INBOX", 3);
    let mut mirror = Mirror::default();
    mirror.pull(&mut fake.source()).await.unwrap();
    fake.state().faults.no_validity = true;
    mirror.pull(&mut fake.source()).await.unwrap();
    mirror.pull(&mut fake.source()).await.unwrap();
    fake.state().faults.no_validity = false;
    mirror.pull(&mut fake.source()).await.unwrap();
    let epochs: Vec<&String> = mirror.log.iter().filter(|line| line.starts_with("epoch")).collect();
    assert_eq!(epochs, ["epoch 7", &format!("epoch {}", (1u64 << 32) + 7)]);
    assert_same(&mirror, &fake.state());
}

#[tokio::test]
async fn uids_that_go_back_are_another_epoch() {
    let fake = Fake::start(RICH).await;
    fill(&fake, "INBOX", 30);
    let mut mirror = Mirror::default();
    mirror.pull(&mut fake.source()).await.unwrap();
    {
        let mut state = fake.state();
        let folder = state.folder("INBOX");
        folder.letters.clear();
        folder.next = 1;
        state.add("INBOX", "another message under an old number");
    }
    mirror.pull(&mut fake.source()).await.unwrap();
    assert_same(&mirror, &fake.state());
    assert_eq!(mirror.folders["INBOX"].epoch, (1 << 32) + 7);
}

#[tokio::test]
async fn a_folder_that_can_not_be_opened_is_parked_and_the_others_go_on() {
    let fake = Fake::start(RICH).await;
    fill(&fake, "INBOX", 3);
    fill(&fake, "Locked", 3);
    fill(&fake, "Sent", 3);
    fake.state().folder("Locked").refuses = true;
    let mut mirror = Mirror::default();
    mirror.pull(&mut fake.source()).await.unwrap();
    assert_eq!(mirror.parked, ["Locked"]);
    assert_eq!((mirror.folders["INBOX"].letters.len(), mirror.folders["Sent"].letters.len()), (3, 3));
}

#[tokio::test]
async fn a_message_is_found_by_its_message_id_and_the_inventory_is_complete() {
    for capabilities in [RICH, POOR] {
        let fake = Fake::start(capabilities).await;
        fill(&fake, "INBOX", 12);
        fake.state().add("INBOX", letter(4));
        let mut source = fake.source();
        assert_eq!(
            source.find("INBOX", "<4@shop>").await.unwrap(),
            [(7, RemoteId::Uid(13)), (7, RemoteId::Uid(5))],
            "{capabilities}"
        );
        let (epoch, all) = source.inventory("INBOX").await.unwrap();
        assert_eq!((epoch, all.ranges()), (7, &[(1, 13)][..]));
        assert!(source.find("Nowhere", "x").await.is_err());
        assert_eq!(source.inventory("INBOX").await.unwrap().1.len(), 13);
    }
}
