//! A disk that is full: nothing is taken that can't be kept, nothing is lost, reading works, and it recovers by itself
//! (reliability case 4).

use crate::{
    backing::{Backing, Kind},
    books::Books,
    house::{House, half, wait_until},
};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{ModelImap, ModelOptions, Sink, SmallDisk};

fn letter(n: usize) -> Vec<u8> {
    let filling = "Het regent al weken.\r\n".repeat(20_000);
    format!("From: klant@elders.test\r\nSubject: Brief {n}.\r\n\r\n{filling}{n}\r\n").into_bytes()
}

#[test]
fn a_full_disk_loses_nothing_and_stops_nobody_from_reading() {
    let _turn = crate::alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Its log is beside it, where there is room.
    let data = folder.path().join("data");
    let disk = SmallDisk::at(&data, 40);
    let model = ModelImap::start(ModelOptions::default());
    let sink = Sink::start();
    let house = House::at(data, Backing::new(Kind::Disk));
    let running = house.start();
    let account = house.connect(&running, "anna@voorbeeld.test", half("imap", model.port), half("smtp", sink.port));
    model.append("INBOX", &letter(0), &[]);
    let stored = |running| {
        let page = house.get(running, &format!("/messages?account={account}&limit=50"));
        page["items"].as_array().map_or(0, Vec::len)
    };
    wait_until("the first letter is here", || (stored(&running) == 1).then_some(()));

    disk.fill();
    for n in 1..=5 {
        model.append("INBOX", &letter(n), &[]);
    }
    let fetch = format!("/accounts/{account}/fetch?wait=true");
    // Asked before its task met the full disk, while that rests of it, and when no task can begin.
    for said in ["", "fetching stopped", "accounts could not be handed out"] {
        wait_until("it went wrong", || house.last_words().contains(said).then_some(()));
        let (status, answer) = house.try_call(&running, "POST", &fetch, &json!({}), None).expect("it lives");
        assert_eq!(status, 507, "what can't be kept is not fetched: {answer}");
    }
    let mail = json!({
        "account": account, "to": [{ "address": "klant@elders.test" }], "subject": "Antwoord.",
        "text": "Dank. ".repeat(30_000),
    });
    let (status, answer) = house.try_call(&running, "POST", "/outbox", &mail, Some("een")).expect("it lives");
    assert_eq!(status, 507, "what can't be kept is not accepted: {answer}");
    assert_eq!(stored(&running), 1);
    let items = house.get(&running, &format!("/messages?account={account}&limit=1"));
    let id = items["items"][0]["id"].as_str().expect("an id");
    house.get(&running, &format!("/messages/{id}"));
    let words = house.last_words();
    assert!(words.to_lowercase().contains("full") || words.contains("No space"), "the log says why:\n{words}");
    let lines = std::fs::read_to_string(folder.path().join("data.log")).expect("its log").lines().count();
    assert!(lines < 500, "{lines} lines of complaints");

    disk.free();
    wait_until("all letters are here", || {
        let _ = house.try_call(&running, "POST", &fetch, &json!({}), None);
        (stored(&running) == 6).then_some(())
    });
    let (status, answer) = house.try_call(&running, "POST", "/outbox", &mail, Some("een")).expect("it lives");
    assert_eq!(status, 202, "{answer}");
    assert_eq!(sink.wait_for(1, Duration::from_secs(60)).len(), 1);
    let path = format!("/outbox/{}", answer["id"].as_str().expect("an id"));
    wait_until("it is accepted", || (house.get(&running, &path)["state"] == "accepted").then_some(()));
    let health: Value = house.get(&running, &format!("/accounts/{account}"))["health"].clone();
    assert_eq!(health["colour"], "green", "{health}");
    running.stop();
    house.runtime.block_on(async {
        let books = Books::open(&house).await;
        books.check().await;
        assert_eq!(books.folders().await["INBOX"], model.snapshot()["INBOX"].messages);
    });
}
