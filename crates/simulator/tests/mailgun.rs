//! Mailgun's own client library is the judge of the simulator, and Python's `hmac` of what it signs.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    routing::post,
};
use serde_json::{Value, json};
use simulator::{Cloud, Fault, Kind, MAILGUN_KEY, MAILGUN_SIGNING_KEY, Simulator};
use std::{
    process::Command,
    sync::{Arc, Mutex},
};
use testkit::mailgun_client;

/// Whoever is posted to: path, type and body of each post.
type Heard = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

async fn listener() -> (String, Heard) {
    let heard = Heard::default();
    let hear = |State(heard): State<Heard>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let kind = headers["content-type"].to_str().unwrap().to_owned();
        heard.lock().unwrap().push((uri.path().to_owned(), kind, body.to_vec()));
    };
    let router = Router::new().fallback(post(hear)).with_state(heard.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });
    (url, heard)
}

async fn until(heard: &Heard, count: usize) -> Vec<(String, String, Vec<u8>)> {
    let waits = async {
        while heard.lock().unwrap().len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waits).await.expect("the posts come");
    heard.lock().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_library_works_on_it_and_posts_are_signed() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    simulator.with(|cloud| cloud.mailgun.domain("nieuw.voorbeeld.test").unwrap().is_published = true);
    let (hook, heard) = listener().await;
    let (url, to) = (format!("{}/mailgun/eu", simulator.url), hook.clone());
    let found = tokio::task::spawn_blocking(move || mailgun_client(&url, MAILGUN_KEY, &to)).await.unwrap();
    assert_eq!(
        found["domains"],
        json!(["mg.voorbeeld.test", "nieuw.voorbeeld.test"]),
        "the other region's are not there"
    );
    assert_eq!(found["domain"], json!({ "state": "active", "sending": 3, "receiving": 2 }));
    assert_eq!(found["new"], json!("active"));
    assert_eq!(found["unknown"]["status"], json!(404));
    assert_eq!((&found["route"]["actions"], &found["routes"], &found["left"]), (&json!(4), &json!(1), &json!(0)));
    assert_eq!(found["mime"]["id"], json!("<een@voorbeeld.test>"), "our own Message-ID is kept");
    assert_eq!(found["parts"]["status"], json!(200));
    assert_eq!(found["events"][0], json!(["accepted els@klant.test", "delivered els@klant.test"]));
    assert_eq!(
        found["events"][1][0],
        json!("accepted weg@klant.test"),
        "the second page goes on where the first ended"
    );
    assert_eq!(found["byId"], json!(4));
    let logs = ["delivered els@klant.test true", "failed weg@klant.test true", "delivered info@mg.voorbeeld.test true"];
    assert_eq!(found["logs"], json!(logs));
    assert_eq!(found["key"]["status"], json!(401));
    assert_eq!(found["unverified"]["status"], json!(404));

    // One delivered and one failed for the first mail, one delivered for the second, and its three posts.
    let posts = until(&heard, 6).await;
    let of = |path: &str| posts.iter().filter(|(to, ..)| to == path).collect::<Vec<_>>();
    assert_eq!(of("/events").len(), 3);
    let event: Value = serde_json::from_slice(&of("/events")[0].2).unwrap();
    let sign = &event["signature"];
    let text = |name: &str| sign[name].as_str().unwrap().to_owned();
    let script = format!(
        "import hmac;print(hmac.new(b'{MAILGUN_SIGNING_KEY}', b'{}{}', 'sha256').hexdigest())",
        text("timestamp"),
        text("token")
    );
    let python = Command::new("python3").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&python.stdout).trim(), text("signature"));
    assert_eq!(text("token").len(), 50);
    assert!(of("/mime")[0].1.starts_with("application/x-www-form-urlencoded"));
    assert!(String::from_utf8_lossy(&of("/mime")[0].2).contains("body-mime="));
    assert!(!String::from_utf8_lossy(&of("/stored")[0].2).contains("body-mime="));
    assert!(String::from_utf8_lossy(&of("/stored")[0].2).contains("message-url="));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_nobody_took_is_made_again_as_it_was_and_a_lost_one_never() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let (hook, heard) = listener().await;
    // The first goes where nobody listens.
    simulator.with(|cloud| {
        let actions = vec![format!("forward(\"http://127.0.0.1:1/mime\")"), format!("forward(\"{hook}/mime\")")];
        let expression = "catch_all()".to_owned();
        cloud.mailgun.routes.push(simulator::Route {
            id: "r".into(),
            priority: 0,
            description: String::new(),
            expression,
            actions,
        });
        cloud.faults.push(Fault::new(Kind::LostNotification, "mailgun post /mime").after(1));
    });
    let client = reqwest::Client::new();
    let receive = format!("{}/simulator/mailgun/receive?recipient=info%40mg.voorbeeld.test", simulator.url);
    client.post(&receive).body("From: els@klant.test\r\nSubject: x\r\n\r\nDag\r\n").send().await.unwrap();
    let posted = simulator.with(|cloud| cloud.mailgun.posted.clone());
    assert_eq!((posted[0].answers.as_slice(), posted[1].is_lost), (&[0u16][..], true));
    client.post(format!("{}/simulator/mailgun/retry", simulator.url)).send().await.unwrap();
    let again = simulator.with(|cloud| cloud.mailgun.posted.clone());
    assert_eq!((again[0].answers.as_slice(), again[0].body == posted[0].body), (&[0u16, 0][..], true));
    assert!(heard.lock().unwrap().is_empty());
}
