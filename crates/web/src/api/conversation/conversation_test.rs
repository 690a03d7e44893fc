//! Conversations as a program sees them.

use crate::trial::Trial;
use axum::http::StatusCode;
use serde_json::{Value, json};

const MAIL: &[u8] = b"Message-ID: <offerte@elders.example>\r\nFrom: \"Jan Jansen\" <jan@elders.example>\r\n\
To: balie@ons.example\r\nSubject: Offerte dakkapel\r\n\r\nHierbij de offerte\r\n";

struct One {
    trial: Trial,
    path: String,
    message: String,
}

async fn one() -> One {
    let trial = Trial::new().await;
    let message = trial.message(MAIL).await;
    let shown = trial.get(&format!("/api/v1/messages/{message}"), &trial.ours.read).await.json();
    let path = format!("/api/v1/conversations/{}", shown["conversation"].as_str().unwrap());
    One { trial, path, message }
}

impl One {
    async fn list(&self, query: &str) -> Vec<Value> {
        let answer = self.trial.get(&format!("/api/v1/conversations?{query}"), &self.trial.ours.read).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        answer.json()["items"].as_array().unwrap().clone()
    }

    async fn ask(&self, method: &str, below: &str, body: Value) -> (StatusCode, Value) {
        let path = format!("{}{below}", self.path);
        let answer = self.trial.call(method, &path, &self.trial.ours.write, body).await;
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn a_line_of_the_list_says_what_the_page_shows() {
    let one = one().await;
    let token = &one.trial.ours.admin;
    let dossier = one.trial.call("POST", "/api/v1/dossiers", token, json!({"name": "Dakkapel"})).await.id();
    let link = format!("/api/v1/messages/{}/dossiers/{dossier}", one.message);
    assert_eq!(one.trial.call("PUT", &link, token, Value::Null).await.status, StatusCode::NO_CONTENT);
    let line = one.list("role=inbox&q=offerte").await.remove(0);
    assert_eq!(line["subject"], "Offerte dakkapel");
    assert_eq!(line["newest"]["from"], json!({"name": "Jan Jansen", "address": "jan@elders.example"}));
    assert_eq!(line["newest"]["preview"], "Hierbij de offerte");
    assert_eq!((&line["unread_count"], &line["message_count"]), (&json!(1), &json!(1)));
    assert_eq!(line["dossiers"], json!([{"id": dossier, "name": "Dakkapel"}]));
    assert_eq!(
        (&line["assignee"], &line["private"], &line["has_attachment"]),
        (&Value::Null, &json!(false), &json!(false))
    );
    let shown = one.trial.get(&format!("/api/v1/messages/{}", one.message), token).await.json();
    assert_eq!(shown["dossiers"], json!([dossier]));
    assert_eq!(shown["links"][0]["reason"], "api");
    assert_eq!(shown["links"][0]["decided_by"], one.trial.ours.user.to_string());
}

#[tokio::test]
async fn the_list_is_narrowed_by_who_does_what_and_when() {
    let one = one().await;
    let me = one.trial.ours.user.to_string();
    let counts = async || one.trial.get("/api/v1/conversations/counts", &one.trial.ours.read).await.json();
    assert_eq!(counts().await, json!({"open": 1, "mine": 0, "unassigned": 1, "snoozed": 0}));
    let until = "2999-01-01T00:00:00Z";
    let (status, shown) = one.ask("PATCH", "", json!({"assignee": me, "snoozed_until": until, "seen": true})).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert_eq!(counts().await, json!({"open": 0, "mine": 0, "unassigned": 0, "snoozed": 1}));
    let kinds: Vec<_> = shown["activities"].as_array().unwrap().iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds, ["assigned", "snoozed"]);
    for (query, found) in [
        (format!("assignee={me}"), 1),
        ("unassigned=true".to_owned(), 0),
        ("snoozed=true".to_owned(), 1),
        ("snoozed=false".to_owned(), 0),
        ("state=closed".to_owned(), 0),
        ("unread=true".to_owned(), 0),
        (format!("assignee={me}&q=nergens"), 0),
    ] {
        assert_eq!(one.list(&query).await.len(), found, "{query}");
    }
    let (status, refused) = one.ask("PATCH", "", json!({"snoozed_until": "1999-01-01T00:00:00Z"})).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("snoozed_until")));
    let (status, refused) = one.ask("PATCH", "", json!({"folder": "fld_0000000000001"})).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("folder")));
}

#[tokio::test]
async fn whoever_is_called_in_a_note_has_it_on_their_list_until_it_is_read() {
    let one = one().await;
    let me = one.trial.ours.user.to_string();
    let (status, note) = one.ask("POST", "/notes", json!({"text": "@Sanne bel jij?"})).await;
    assert_eq!((status, &note["mentions"]), (StatusCode::CREATED, &json!([me])));
    let unread = async || one.trial.get("/api/v1/me/mentions?unread=true", &one.trial.ours.read).await.json();
    assert_eq!(unread().await["items"][0]["note"]["text"], "@Sanne bel jij?");
    let path = format!("/api/v1/me/mentions/{}", note["id"].as_str().unwrap());
    let read = one.trial.call("PATCH", &path, &one.trial.ours.write, json!({"read": true})).await;
    assert_eq!(read.status, StatusCode::NO_CONTENT, "{}", read.json());
    assert_eq!(unread().await["items"], json!([]));
    let theirs = one.trial.call("PATCH", &path, &one.trial.theirs.write, json!({"read": true})).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_conversation_is_not_merged_with_itself_and_not_split_into_nothing() {
    let one = one().await;
    let id = one.path.rsplit('/').next().unwrap();
    let (status, refused) = one.ask("POST", "/merge", json!({"from": id})).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (StatusCode::CONFLICT, &json!("same_conversation")));
    let (status, refused) = one.ask("POST", "/split", json!({"messages": [one.message]})).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (StatusCode::CONFLICT, &json!("nothing_left")));
    let (status, others) = one.ask("PUT", "/presence", json!({"doing": "replying"})).await;
    assert_eq!((status, others), (StatusCode::OK, json!({"items": [], "next": null})));
    assert_eq!(one.ask("DELETE", "/presence", Value::Null).await.0, StatusCode::NO_CONTENT);
}
