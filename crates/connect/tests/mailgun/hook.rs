//! What is posted to us: whole, in parts, and kept there. The posts are the simulator's, so that one mistake is not made
//! twice.

use crate::kept::{MG, eu, simulator};
use connect::{
    ConnectError, Secret,
    mailgun::{Body, Post, Unproven, What, fields_of_form, read_event, read_post},
};
use simulator::{MAILGUN_SIGNING_KEY, Posted, Route, Simulator};

const RAW: &str = "Received: by mx.klant.test; Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <een@klant.test>\r\nFrom: Els <els@klant.test>\r\nTo: info@mg.voorbeeld.test\r\nSubject: Vraag\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHoe laat?\r\n";

/// The posts that a mail causes, to addresses where nobody listens.
async fn posts(simulator: &Simulator, actions: &[&str]) -> Vec<Posted> {
    simulator.with(|cloud| {
        cloud.mailgun.routes = vec![Route {
            id: "r".into(),
            priority: 0,
            description: String::new(),
            expression: format!("match_recipient(\".*@{MG}\")"),
            actions: actions.iter().map(|one| (*one).to_owned()).collect(),
        }];
    });
    let url = format!("{}/simulator/mailgun/receive?recipient=info%40{MG}", simulator.url);
    let client = connect_client();
    let answer = client.post(url).body(RAW).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    simulator.with(|cloud| std::mem::take(&mut cloud.mailgun.posted))
}

fn connect_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn read(posted: &Posted) -> Post {
    assert!(posted.kind.starts_with("application/x-www-form-urlencoded"));
    read_post(&fields_of_form(&posted.body))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_read_whole_in_parts_or_fetched_and_is_signed() {
    let simulator = simulator().await;
    let to = |name: &str| format!("forward(\"http://127.0.0.1:1/{name}\")");
    let posted = posts(&simulator, &[&to("mime"), &to("parts"), "store(notify=\"http://127.0.0.1:1/stored\")"]).await;
    let [whole, parts, stored] = [0, 1, 2].map(|at| read(&posted[at]));
    let now = jiff::Timestamp::now().as_millisecond();
    for post in [&whole, &parts, &stored] {
        assert_eq!(post.recipients, [format!("info@{MG}")]);
        assert_eq!(post.signature.proven(&Secret::new(MAILGUN_SIGNING_KEY), now), Ok(()));
        assert_eq!(post.signature.proven(&Secret::new("een ander"), now), Err(Unproven::Forged));
        assert_eq!(
            post.signature.proven(&Secret::new(MAILGUN_SIGNING_KEY), now + 30 * 3_600_000),
            Err(Unproven::Stale)
        );
    }
    assert_eq!(whole.body, Some(Body::Whole(RAW.into())));
    let Some(Body::Stored(url)) = &stored.body else { panic!("{stored:?}") };
    assert_eq!(eu(&simulator).stored(url).await.unwrap(), RAW.as_bytes());
    let elsewhere = url.replace("127.0.0.1", "127.0.0.2");
    assert!(matches!(eu(&simulator).stored(&elsewhere).await, Err(ConnectError::Later { .. })));
    let Some(Body::Parts(raw)) = parts.body else { panic!("{parts:?}") };
    let (made, was) = (mail::parse::parse(&raw), mail::parse::parse(RAW.as_bytes()));
    assert_eq!((made.message_id, made.subject, made.from), (was.message_id, was.subject, was.from));
    assert_eq!(made.text.map(|text| text.trim().to_owned()), was.text.map(|text| text.trim().to_owned()));
    assert!(String::from_utf8_lossy(&raw).starts_with("Received: by mx.klant.test"));
}

#[test]
fn an_event_is_read_with_its_signature_and_nonsense_is_none() {
    let body = serde_json::json!({
        "signature": { "timestamp": "1795000000", "token": "t", "signature": "s" },
        "event-data": { "event": "failed", "severity": "permanent", "recipient": "weg@klant.test",
            "message": { "headers": { "message-id": "een@voorbeeld.test" } },
            "delivery-status": { "code": 550, "message": "5.1.1 no such user" }, "timestamp": 1795000000.25 },
    });
    let (signature, _, event) = read_event(body.to_string().as_bytes()).unwrap();
    let event = event.unwrap();
    assert_eq!((signature.token.as_str(), event.what, event.at), ("t", What::Failed, 1_795_000_000_250));
    assert_eq!((event.message_id.as_str(), event.words.0.as_str()), ("een@voorbeeld.test", "550 5.1.1 no such user"));
    for nonsense in ["", "{}", "[]", "{\"event-data\": 1}", "\u{fe0f}"] {
        assert!(read_event(nonsense.as_bytes()).is_none(), "{nonsense}");
    }
    let other = serde_json::json!({ "event-data": { "event": "opened" } }).to_string();
    assert!(read_event(other.as_bytes()).unwrap().2.is_none());
}
