//! Mail that kills whoever reads it (reliability case 19).

use crate::{
    backing::Kind,
    books::Books,
    house::{House, Running, half, wait_until},
};
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::{ModelImap, ModelOptions};

fn letter(n: usize, text: &str) -> Vec<u8> {
    format!("From: klant@elders.test\r\nSubject: Brief {n}.\r\n\r\n{text}\r\n").into_bytes()
}

#[test]
fn mail_that_kills_its_reader_is_set_aside_and_the_next_mail_comes() {
    let _turn = crate::alone();
    let model = ModelImap::start(ModelOptions::default());
    for n in 0..20 {
        model.append("INBOX", &letter(n, if n == 7 { "dodelijk-vergif" } else { "gewoon" }), &[]);
    }
    let house = House::new();
    let poison = [("POSTKAMER_POISON", "dodelijk-vergif")];
    let first = house.start();
    let account = house.connect(&first, "anna@voorbeeld.test", half("imap", 9), json!({ "kind": "none" }));
    let path = format!("/accounts/{account}");
    house.call(&first, "PATCH", &path, &json!({ "active": false }));
    let incoming = json!({ "incoming": half("imap", model.port), "active": true });
    house.call(&first, "PATCH", &path, &incoming);
    first.kill();

    // The reader dies, and the program with it, until it knows of whom.
    let mut deaths = 0;
    let begin = Instant::now();
    let survivor = loop {
        assert!(deaths <= 3, "it died {deaths} times:\n{}", house.last_words());
        assert!(begin.elapsed() < Duration::from_secs(60), "it took too long:\n{}", house.last_words());
        let Some(mut running) = house.try_start(&poison) else {
            deaths += 1;
            continue;
        };
        let all_came = wait_until("it died or went on", || {
            if running.is_dead() {
                return Some(false);
            }
            let page =
                house.try_call(&running, "GET", &format!("/messages?account={account}&limit=50"), &json!(null), None);
            page.filter(|(_, page)| page["items"].as_array().is_some_and(|items| items.len() == 19)).map(|_| true)
        });
        if all_came {
            break running;
        }
        deaths += 1;
    };
    println!("it died {deaths} times");
    assert_eq!(deaths, 1, "after that only readers die");
    model.append("INBOX", &letter(20, "het volgende"), &[]);
    wait_until("the next mail is here", || {
        let page = house.get(&survivor, &format!("/messages?account={account}&limit=50"));
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.iter().any(|item| item["subject"] == "Brief 20.").then_some(())
    });
    assert!(begin.elapsed() < Duration::from_secs(60), "the next mail comes within a minute");
    let aside = house.get(&survivor, "/quarantine");
    assert_eq!(aside["items"].as_array().map(Vec::len), Some(1), "{aside}");
    assert_eq!(aside["items"][0]["code"], "unreadable", "{aside}");
    survivor.stop();
    house.runtime.block_on(async {
        let books = Books::open(&house).await;
        let kept = books
            .rows("SELECT b.size FROM quarantine q JOIN blobs b ON b.organisation = q.organisation AND b.digest = q.digest")
            .await;
        assert_eq!(kept.len(), 1, "its bytes are kept");
        books.check().await;
    });
}

/// One letter that a mistake of ours keeps out of the store must not keep the others out.
#[test]
fn mail_that_can_not_be_stored_is_set_aside_and_comes_when_it_can() {
    let _turn = crate::alone();
    for kind in [Kind::Disk, Kind::Postgres] {
        let model = ModelImap::start(ModelOptions::default());
        for n in 0..20 {
            model.append("INBOX", &letter(n, "gewoon"), &[]);
        }
        let house = House::on(kind);
        // Putting names to a stack takes many seconds in a debug build.
        let variables = [("POSTKAMER_UNSTORABLE", "Brief 7."), ("RUST_BACKTRACE", "0")];
        let running = house.try_start(&variables).expect("it starts");
        let account =
            house.connect(&running, "anna@voorbeeld.test", half("imap", model.port), json!({ "kind": "none" }));
        let subjects = |running: &Running| {
            let page = house.get(running, &format!("/messages?account={account}&limit=50"));
            let items = page["items"].as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item["subject"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let begin = Instant::now();
        wait_until("the others are here", || (subjects(&running).len() == 19).then_some(()));
        model.append("INBOX", &letter(20, "het volgende"), &[]);
        wait_until("the next mail is here", || subjects(&running).contains(&"Brief 20.".to_owned()).then_some(()));
        assert!(begin.elapsed() < Duration::from_secs(60), "the next mail comes within a minute");
        let aside = house.get(&running, "/quarantine");
        assert_eq!(aside["items"].as_array().map(Vec::len), Some(1), "{aside}");
        assert_eq!((&aside["items"][0]["code"], &aside["items"][0]["kept"]), (&json!("unstorable"), &json!(true)));
        running.stop();

        // The mistake is mended: it comes when somebody asks for it.
        let mended = house.start();
        let id = aside["items"][0]["id"].as_str().expect("an id");
        house.call(&mended, "POST", &format!("/quarantine/{id}/retry"), &json!({}));
        wait_until("it is here", || subjects(&mended).contains(&"Brief 7.".to_owned()).then_some(()));
        wait_until("nothing is aside", || {
            house.get(&mended, "/quarantine")["items"].as_array().is_some_and(Vec::is_empty).then_some(())
        });
        mended.stop();
        house.runtime.block_on(async {
            let books = Books::open(&house).await;
            books.check().await;
            assert_eq!(books.folders().await["INBOX"], model.snapshot()["INBOX"].messages);
        });
    }
}
