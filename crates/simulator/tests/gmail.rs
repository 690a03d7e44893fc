//! Google's own client library is the judge of the simulator, and with it the document that describes the interface: each
//! answer must be one that the document has.

use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Cloud, Fault, KeptSubscription, Kind, Simulator};
use testkit::{corpus, gmail_client, news_client, service_account_client};

const INFO: &str = "info@werkplaats.test";

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_own_library_works_on_it() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let (token, newest) = simulator.with(|cloud| {
        let mailbox = cloud.google.mailbox(INFO).unwrap();
        for raw in corpus::messages(5, 20) {
            mailbox.put(&["INBOX", "UNREAD"], raw, Timestamp::now());
        }
        mailbox.oldest = 900;
        let newest = mailbox.with_labels(&["INBOX"], false)[0].clone();
        // The library waits and asks again by itself.
        cloud.faults.push(Fault::new(Kind::Throttled, "GET users/me/messages").times(2));
        cloud.faults.push(Fault::new(Kind::QuotaExceeded, "GET users/me/messages pageToken"));
        (cloud.token_for(INFO), newest)
    });
    let url = simulator.url.clone();
    let found = tokio::task::spawn_blocking(move || gmail_client(&url, &token)).await.unwrap();

    assert_eq!(found["profile"]["emailAddress"], json!(INFO));
    assert_eq!(texts(&found["inbox"]).len(), 20);
    assert_eq!(found["inbox"][0], json!(newest.id()));
    let raw = |text: &Value| {
        use base64::{Engine, engine::general_purpose::URL_SAFE};
        URL_SAFE.decode(text.as_str().unwrap()).unwrap()
    };
    assert_eq!(raw(&found["raw"]), newest.raw);
    assert_eq!(found["several"][3], json!(404));
    assert_eq!(texts(&found["several"]), texts(&found["inbox"])[..3]);
    assert_eq!(found["binned"], json!(["TRASH", "UNREAD"]));
    assert_eq!(found["put"]["internalDate"], json!("1793523600000"));
    assert_eq!((&found["drafts"], &found["sent"], &found["watch"]), (&json!(true), &json!(["SENT"]), &json!(true)));
    simulator.with(|cloud| {
        assert_eq!(cloud.sent.len(), 2);
        assert_eq!(cloud.google.mailbox("bram@werkplaats.test").unwrap().messages.len(), 2);
    });
    let happened = texts(&found["happened"]);
    for kind in ["labelsAdded", "labelsRemoved", "messagesAdded", "messagesDeleted"] {
        assert!(happened.contains(&kind), "{kind} is not in {happened:?}");
    }
    assert_eq!(found["gone"], json!([404, "notFound"]));
    assert_eq!(found["old"], json!([404, "notFound"]));
    assert_eq!(found["no_label"], json!([400, "invalidArgument"]));
    assert!(found["judged"].as_u64().unwrap() > 25, "{}", found["judged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_own_library_acts_for_whom_the_administrator_lets_it_and_for_nobody_else() {
    const SCOPE: &str = "https://mail.google.com/";
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let url = simulator.url.clone();
    let files = simulator.with(|cloud| {
        let mut of = |rights: &[&str]| cloud.google.service_account(&url, rights);
        [of(&[SCOPE]), of(&[])]
    });
    let asked = async |file: &str, who: &'static str| {
        let file = file.to_owned();
        tokio::task::spawn_blocking(move || service_account_client(&file, who, SCOPE)).await.unwrap()
    };
    let given = asked(&files[0], "info@werkplaats.test").await;
    let profile = reqwest::Client::new().get(format!("{url}/gmail/v1/users/me/profile"));
    let profile = profile.bearer_auth(given["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(profile.json::<Value>().await.unwrap()["emailAddress"], json!("info@werkplaats.test"));
    assert_eq!(asked(&files[1], "info@werkplaats.test").await["refused"]["error"], json!("unauthorized_client"));
    let nobody = asked(&files[0], "niemand@werkplaats.test").await;
    assert_eq!(nobody["refused"]["error_description"], json!("Invalid email or User ID"));
    let mut other: Value = serde_json::from_str(&files[0]).unwrap();
    other["private_key"] = serde_json::from_str::<Value>(&files[1]).unwrap()["private_key"].clone();
    let forged = asked(&other.to_string(), "info@werkplaats.test").await;
    assert_eq!(forged["refused"]["error_description"], json!("Invalid JWT Signature."));
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_own_library_fetches_news_that_are_kept_and_they_come_until_it_has_acknowledged_them() {
    const NAME: &str = "projects/werkplaats/subscriptions/postkamer";
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let url = simulator.url.clone();
    let (file, stranger, token) = simulator.with(|cloud| {
        let file = cloud.google.service_account(&url, &[]);
        let reader = cloud.google.service_accounts[0].email.clone();
        cloud.google.kept.push(KeptSubscription::new(NAME, "projects/werkplaats/topics/postkamer", &reader));
        (file, cloud.google.service_account(&url, &[]), cloud.token_for(INFO))
    });
    let watch = reqwest::Client::new().post(format!("{url}/gmail/v1/users/me/watch")).bearer_auth(token);
    let wanted = json!({ "topicName": "projects/werkplaats/topics/postkamer" });
    assert_eq!(watch.json(&wanted).send().await.unwrap().status(), 200);
    simulator.with(|cloud| {
        cloud.google.mailbox(INFO).unwrap().put(&["INBOX"], b"Subject: dag\r\n\r\nDag\r\n".to_vec(), Timestamp::now());
    });
    simulator.notify();
    let asked = async |file: &str| {
        let (url, file) = (url.clone(), file.to_owned());
        tokio::task::spawn_blocking(move || news_client(&url, &file, NAME)).await
    };
    assert!(asked(&stranger).await.is_err(), "it has no role at the subscription");
    let found = asked(&file).await.unwrap();
    assert_eq!(texts(&found["data"]).len(), 1);
    assert_eq!((&found["again"], &found["unknown"]), (&json!(0), &json!(404)));
    assert_eq!(found["acknowledged"], json!({}));
    assert_eq!(simulator.with(|cloud| cloud.google.kept[0].left()), 0);
}
