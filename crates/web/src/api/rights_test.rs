//! Every call of the interface: without a token, with a token that may only read, and with another organisation's ids
//! (reliability.md, case 52). The calls are taken from the description, so that a new one is tested by being there.

use crate::trial::Trial;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A call of the interface.
struct Call {
    method: String,
    path: String,
}

fn calls() -> Vec<Call> {
    let (_, api) = super::router();
    let api = serde_json::to_value(api).unwrap();
    let mut calls = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("security").is_none() {
                calls.push(Call { method: method.clone(), path: path.clone() });
            }
        }
    }
    assert!(calls.len() > 50, "only {} calls", calls.len());
    calls
}

/// A body that is right as far as its form goes.
fn body(call: &Call) -> Value {
    let path = call.path.strip_prefix("/api/v1").unwrap();
    match (call.method.as_str(), path) {
        ("get" | "delete", _) => Value::Null,
        (_, "/discover") => json!({"address": "iemand@ons.example"}),
        (_, "/discover/exchange") => json!({"address": "iemand@ons.example", "secret": "x"}),
        (_, "/outbox") => {
            json!({"account": "acc_0000000000001", "to": [{"address": "jan@elders.example"}], "text": "Dag"})
        }
        (_, "/accounts/{id}/restore") => json!({"since": "2026-03-01T00:00:00Z", "confirm": true}),
        ("put", "/accounts/{id}/sender/keys") => json!({"renew_after_days": 180}),
        (_, "/outbox/{id}/resolve") => json!({"action": "leave"}),
        ("patch", "/drafts/{id}") => json!({"version": 1}),
        (_, "/users") => json!({"email": "nieuw@ons.example", "name": "Nieuw", "role": "member"}),
        (_, "/tokens") => json!({"name": "nieuw", "scope": "read"}),
        (_, "/conversations/{id}/notes") => json!({"text": "Bel terug"}),
        (_, "/conversations/{id}/merge") => json!({"from": "cnv_0000000000002"}),
        (_, "/conversations/{id}/split") => json!({"messages": ["msg_0000000000001"]}),
        (_, "/conversations/{id}/presence") => json!({"doing": "looking"}),
        (_, "/me/mentions/{note}") => json!({"read": true}),
        ("post", "/contacts" | "/dossiers" | "/groups") => json!({"name": "Nieuw"}),
        ("put", "/contacts/by-external/{source}/{id}" | "/dossiers/by-external/{source}/{id}") => {
            json!({"name": "Nieuw"})
        }
        ("put", "/organisation/identity-provider") => {
            json!({"name": "n", "issuer": "https://login.example", "client_id": "c", "client_secret": "g"})
        }
        ("put", "/organisation/apps/{provider}") => json!({"tenant": "t.nl", "client_id": "c", "client_secret": "g"}),
        ("put", "/organisation/apps/google/notifications") => {
            json!({"topic": "projects/p/topics/t", "service_account": "a@b.example"})
        }
        ("post", "/mailgun-domains") => json!({"domain": "mg.ons.example", "api_key": "sleutel"}),
        ("post", "/mailgun-domains/{id}/check" | "/mailgun-domains/{id}/tell-us") => Value::Null,
        (_, "/organisation/identity-provider/test") => json!({"issuer": "https://login.example"}),
        (_, "/contacts/{id}/erasure" | "/users/{id}/erasure") => json!({"name": "Jan"}),
        (_, "/me/password") => json!({"present": "oud", "password": "nieuw"}),
        (_, "/templates" | "/templates/{id}") if call.method != "patch" => json!({"name": "n", "subject": "s"}),
        ("put", "/accounts/{id}/folder-roles" | "/accounts/{id}/owners") => json!([]),
        ("put", "/messages/{id}/contacts/{contact}" | "/messages/{id}/dossiers/{dossier}") => Value::Null,
        (
            "post",
            "/accounts/{id}/test"
            | "/accounts/{id}/fetch"
            | "/accounts/{id}/authorise"
            | "/outbox/{id}/retry"
            | "/users/{id}/invite"
            | "/quarantine/{id}/retry",
        ) => Value::Null,
        _ => json!({}),
    }
}

/// What exists in our organisation, by what stands before an id in a path.
async fn ours(trial: &Trial) -> BTreeMap<&'static str, String> {
    let token = &trial.ours.admin;
    let make = async |path: &str, body: Value| trial.call("POST", path, token, body).await.id();
    BTreeMap::from([
        ("accounts", trial.account("info@ons.example").await),
        ("contacts", make("/api/v1/contacts", json!({"name": "Jan"})).await),
        ("dossiers", make("/api/v1/dossiers", json!({"name": "Zaak"})).await),
        ("groups", make("/api/v1/groups", json!({"name": "Groep"})).await),
        ("templates", make("/api/v1/templates", json!({"name": "t", "subject": "s"})).await),
        ("tokens", make("/api/v1/tokens", json!({"name": "t", "scope": "read"})).await),
        ("users", trial.ours.user.to_string()),
        ("apps", "microsoft".to_owned()),
        ("drafts", make("/api/v1/drafts", json!({"subject": "Half"})).await),
        ("messages", "msg_0000000000001".to_owned()),
        ("conversations", "cnv_0000000000001".to_owned()),
        ("outbox", "out_0000000000001".to_owned()),
        ("quarantine", "qua_0000000000001".to_owned()),
        ("mentions", "not_0000000000001".to_owned()),
    ])
}

/// The path with our ids in it.
fn filled(path: &str, ours: &BTreeMap<&'static str, String>) -> String {
    let mut filled: Vec<String> = Vec::new();
    for piece in path.split('/') {
        let before = filled.last().cloned().unwrap_or_default();
        match piece {
            "{n}" => filled.push("0".to_owned()),
            _ if piece.starts_with('{') => filled.push(ours.get(before.as_str()).cloned().unwrap_or("x".to_owned())),
            _ => filled.push(piece.to_owned()),
        }
    }
    filled.join("/")
}

#[tokio::test]
async fn no_call_works_without_a_token() {
    let trial = Trial::new().await;
    for call in calls() {
        let path = filled(&call.path, &BTreeMap::new());
        for token in ["", "pk_nothing"] {
            let answer = trial.call(&call.method, &path, token, body(&call)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {path}: {}", call.method, answer.json());
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("www-authenticate"));
        }
    }
}

#[tokio::test]
async fn a_token_that_may_only_read_changes_nothing() {
    let trial = Trial::new().await;
    for call in calls().into_iter().filter(|call| call.method != "get") {
        let path = filled(&call.path, &BTreeMap::new());
        let answer = trial.call(&call.method, &path, &trial.ours.read, body(&call)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path}: {}", call.method, answer.json());
    }
}

#[tokio::test]
async fn what_belongs_to_another_organisation_is_not_there() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    // What is named by a provider or by a name of the caller's own is the caller's own.
    let by_own_name = |path: &str| path.contains("by-external") || path.contains("/organisation/apps/");
    for call in calls().into_iter().filter(|call| call.path.contains('{') && !by_own_name(&call.path)) {
        let path = filled(&call.path, &ours);
        let answer = trial.call(&call.method, &path, &trial.theirs.admin, body(&call)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}: {}", call.method, answer.json());
        let unknown = path.replace(|c: char| c.is_ascii_digit(), "1");
        let random = trial.call(&call.method, &unknown, &trial.theirs.admin, body(&call)).await;
        assert_eq!(random.bytes.len(), answer.bytes.len(), "the answer for {path} tells it from an unknown one");
    }
}

#[tokio::test]
async fn lists_show_nothing_of_another_organisation() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    for call in calls().into_iter().filter(|call| call.method == "get" && !call.path.contains('{')) {
        if call.path.ends_with("/events") {
            continue;
        }
        let answer = trial.get(&call.path, &trial.theirs.admin).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", call.path, answer.json());
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        for id in ours.values() {
            assert!(!text.contains(id.as_str()), "{} shows {id} of another organisation", call.path);
        }
    }
}

#[tokio::test]
async fn only_an_administrator_with_the_admin_scope_changes_people() {
    let trial = Trial::new().await;
    for (path, body) in [
        ("/api/v1/users", json!({"email": "nieuw@ons.example", "name": "Nieuw", "role": "member"})),
        ("/api/v1/groups", json!({"name": "Groep"})),
    ] {
        let refused = trial.call("POST", path, &trial.ours.write, body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let made = trial.call("POST", path, &trial.ours.admin, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.json());
    }
}
