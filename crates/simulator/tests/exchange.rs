//! exchangelib is the judge of the Exchange server: it must be able to work on it by Basic and by NTLM, and whatever was said,
//! by either side, must be as Microsoft's schema has it.

use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Cloud, EXCHANGE_PASSWORD, Fault, Kind, Leads, Simulator};
use testkit::{corpus, exchange_autodiscover, exchange_client, held_against_exchange_schema};

const INFO: &str = "info@voorbeeld.test";

async fn simulator() -> Simulator {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    simulator.with(|cloud| {
        cloud.exchange.record = Some(Vec::new());
        let mailbox = cloud.mailbox(INFO).unwrap();
        for raw in corpus::messages(5, 20) {
            mailbox.put("inbox", raw, Timestamp::now());
        }
    });
    simulator
}

async fn drive(simulator: &Simulator, user: &'static str, kind: &'static str) -> Value {
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    tokio::task::spawn_blocking(move || exchange_client(&url, user, EXCHANGE_PASSWORD, kind)).await.unwrap()
}

fn is_as_it_should_be(found: &Value) {
    let folders = found["folders"].as_array().unwrap();
    assert!(folders.contains(&json!("Postvak IN")) && folders.len() >= 6, "{folders:?}");
    assert_eq!((&found["inbox"], &found["first"]), (&json!(20), &json!(20)));
    assert_eq!(found["nothing"], json!([]));
    assert_eq!(found["changes"], json!(["delete", "delete", "read_flag_change"]));
    assert_eq!((&found["moved"], &found["old_id"]), (&json!(true), &json!("ErrorItemNotFound")));
    assert_eq!(found["events"], json!(["NewMailEvent"]));
    assert_eq!((&found["sent"], &found["by_subject"]), (&json!(["concept"]), &json!(1)));
    assert_eq!((&found["folder"], &found["names"]), (&json!(true), &json!(["anna@voorbeeld.test"])));
    assert_eq!(found["bad_state"], json!("ErrorInvalidSyncStateData"));
}

#[tokio::test(flavor = "multi_thread")]
async fn exchangelib_works_on_it_and_everything_said_is_as_the_schema_has_it() {
    let simulator = simulator().await;
    // The library waits and asks again by itself.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, "EWS FindItem").seconds(1)));
    is_as_it_should_be(&drive(&simulator, "VOORBEELD\\info", "basic").await);
    let said = simulator.with(|cloud| {
        assert_eq!(cloud.sent.len(), 1);
        assert_eq!(cloud.sent[0].recipients, ["anna@voorbeeld.test"]);
        cloud.exchange.record.take().unwrap()
    });
    assert!(said.len() > 20);
    let documents: Vec<String> = said.into_iter().flat_map(|(question, answer)| [question, answer]).collect();
    let wrong = held_against_exchange_schema(&documents);
    assert_eq!(wrong.unwrap_or_default(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn exchangelib_signs_in_by_ntlm_and_with_no_other_password() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.basic = false);
    is_as_it_should_be(&drive(&simulator, "VOORBEELD\\info", "ntlm").await);
    assert_eq!(
        simulator.with(|cloud| (cloud.exchange.refused, cloud.exchange.last_refusal.clone())),
        (0, String::new())
    );
    simulator.with(|cloud| cloud.exchange.users[0].password = "iets-anders-dan-eerst".to_owned());
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    let refused = tokio::task::spawn_blocking(move || {
        std::panic::catch_unwind(|| exchange_client(&url, "VOORBEELD\\info", EXCHANGE_PASSWORD, "ntlm"))
    });
    assert!(refused.await.unwrap().is_err());
    assert_eq!(simulator.with(|cloud| cloud.exchange.last_refusal.clone()), "another password");
}

#[tokio::test(flavor = "multi_thread")]
async fn exchangelib_works_by_a_token_for_this_server_and_by_no_other() {
    let simulator = simulator().await;
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    let tokens = simulator.with(|cloud| {
        (cloud.exchange.basic, cloud.exchange.ntlm) = (false, false);
        [
            cloud.exchange_token_for(INFO, "127.0.0.1"),
            cloud.exchange_token_for(INFO, "elders.test"),
            cloud.token_for(INFO),
        ]
    });
    let mut found = Vec::new();
    for token in tokens {
        let url = url.clone();
        let driven = move || std::panic::catch_unwind(|| exchange_client(&url, INFO, &token, "oauth"));
        found.push(tokio::task::spawn_blocking(driven).await.unwrap());
    }
    is_as_it_should_be(found[0].as_ref().unwrap());
    assert!(found[1].is_err() && found[2].is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn exchangelib_is_told_by_autodiscover_where_a_mailbox_is_and_where_else_to_ask() {
    let simulator = simulator().await;
    let url = format!("{}/autodiscover/autodiscover.svc", simulator.url);
    let asked = |address: &'static str, kind: &'static str| {
        let url = url.clone();
        let ask = move || exchange_autodiscover(&url, address, "VOORBEELD\\info", EXCHANGE_PASSWORD, kind);
        tokio::task::spawn_blocking(ask)
    };
    let service = format!("{}/EWS/Exchange.asmx", simulator.url);
    for kind in ["basic", "ntlm"] {
        let told = asked(INFO, kind).await.unwrap();
        assert_eq!((&told["url"], &told["address"]), (&json!(service), &json!(INFO)), "{told}");
    }
    assert_eq!(asked("niemand@voorbeeld.test", "basic").await.unwrap()["code"], json!("InvalidUser"));
    for (leads, to) in [
        (
            Leads::Url("https://elders.test/autodiscover/autodiscover.svc".to_owned()),
            "https://elders.test/autodiscover/autodiscover.svc",
        ),
        (Leads::Address("info@elders.test".to_owned()), "info@elders.test"),
    ] {
        simulator.with(|cloud| cloud.exchange.autodiscover.leads = Some(leads));
        assert_eq!(asked(INFO, "basic").await.unwrap()["leads_to"], json!(to));
    }
}
