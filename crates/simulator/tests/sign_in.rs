//! The ways in that our connector does not use yet, and notifications: they are there for who builds on the simulator.

use axum::{Router, extract::Query, routing::post};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Fault, Kind, Simulator};
use std::collections::HashMap;
use tokio::{net::TcpListener, sync::mpsc};

const INFO: &str = "info@voorbeeld.test";

async fn simulator() -> Simulator {
    Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap()
}

async fn token(simulator: &Simulator, fields: &[(&str, &str)]) -> Value {
    let url = format!("{}/voorbeeld.test/oauth2/v2.0/token", simulator.url);
    reqwest::Client::new().post(url).form(fields).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn it_is_for_this_machine_only() {
    let refused = Simulator::start("0.0.0.0:0".parse().unwrap(), Cloud::default()).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_device_waits_until_somebody_agrees_elsewhere() {
    let simulator = simulator().await;
    let http = reqwest::Client::new();
    let url = format!("{}/common/oauth2/v2.0/devicecode", simulator.url);
    let form = [("client_id", CLIENT_ID), ("scope", "offline_access Mail.Read")];
    let device: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let code = device["device_code"].as_str().unwrap();
    let grant = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", CLIENT_ID),
        ("device_code", code),
    ];
    assert_eq!(device["interval"], json!(5));
    assert_eq!(token(&simulator, &grant).await["error"], json!("authorization_pending"));
    assert_eq!(token(&simulator, &grant).await["error"], json!("slow_down"), "that was too soon");
    let page = device["verification_uri"].as_str().unwrap();
    let decided = [("user_code", device["user_code"].as_str().unwrap()), ("who", INFO)];
    assert_eq!(http.post(page).form(&decided).send().await.unwrap().status(), 200);
    assert!(token(&simulator, &grant).await["refresh_token"].is_string());
    assert_eq!(token(&simulator, &grant).await["error"], json!("expired_token"), "it is good once");
}

#[tokio::test]
async fn an_app_by_itself_reads_mailboxes_by_their_names_and_has_none_of_its_own() {
    let simulator = simulator().await;
    let scope = ("scope", "https://graph.microsoft.com/.default");
    let grant =
        [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), scope];
    let given = token(&simulator, &grant).await;
    let read = async |path: &str| {
        let asked = reqwest::Client::new().get(format!("{}/v1.0/{path}", simulator.url));
        asked.bearer_auth(given["access_token"].as_str().unwrap()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(read(&format!("users/{INFO}/mailFolders")).await, 200);
    assert_eq!((read("me/mailFolders").await, read("users/niemand@voorbeeld.test/messages").await), (400, 404));
    let wrong = [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", "onzin"), scope];
    let refused = token(&simulator, &wrong).await;
    assert_eq!(refused["error"], json!("invalid_client"));
    assert!(refused["error_description"].as_str().unwrap().starts_with("AADSTS7000215: "), "{refused}");
}

#[tokio::test]
async fn who_shakes_hands_is_notified_and_a_lost_notification_is_lost() {
    let simulator = simulator().await;
    let (heard, mut told) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let answer =
        async move |Query(query): Query<HashMap<String, String>>, body: String| match query.get("validationToken") {
            Some(word) => word.clone(),
            None => {
                heard.send(serde_json::from_str::<Value>(&body).unwrap()).unwrap();
                String::new()
            }
        };
    let router = Router::new().route("/hook", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let bearer = simulator.with(|cloud| cloud.token_for(INFO));
    let subscribe = async |url: &str| {
        let until = (Timestamp::now() + SignedDuration::from_hours(1)).to_string();
        let body = json!({ "changeType": "created", "notificationUrl": url, "expirationDateTime": until,
            "resource": "me/mailFolders/inbox/messages", "clientState": "geheim" });
        let asked = reqwest::Client::new().post(format!("{}/v1.0/subscriptions", simulator.url)).json(&body);
        asked.bearer_auth(&bearer).send().await.unwrap().status().as_u16()
    };
    assert_eq!(subscribe("http://127.0.0.1:1/nobody").await, 400);
    assert_eq!(subscribe(&url).await, 201);
    let put = |subject: &str| {
        let raw = format!("Subject: {subject}\r\n\r\n");
        simulator.with(|cloud| cloud.mailbox(INFO).unwrap().put("inbox", raw, Timestamp::now()).id(true))
    };
    // Notifications leave with the next request, of whoever it is.
    let look = async || {
        let asked = reqwest::Client::new().get(format!("{}/v1.0/me", simulator.url)).bearer_auth(&bearer);
        asked.send().await.unwrap();
    };
    let one = put("een");
    look().await;
    let notice = told.recv().await.unwrap();
    assert_eq!(notice["value"][0]["clientState"], json!("geheim"));
    assert_eq!(notice["value"][0]["resourceData"]["id"], json!(one));
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::LostNotification, "created")));
    put("twee");
    look().await;
    let three = put("drie");
    look().await;
    assert_eq!(told.recv().await.unwrap()["value"][0]["resourceData"]["id"], json!(three));
}
