//! What every request has in common: strictness, problems, repeats, headers.

use crate::trial::Trial;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_key_with_the_same_body_answers_the_same_resource() {
    let trial = Trial::new().await;
    let token = &trial.ours.admin;
    let key = [("idempotency-key", "klant-1")];
    let body = json!({"name": "Jan", "addresses": ["jan@elders.example"]});
    let first = trial.call_with("POST", "/api/v1/contacts", token, &key, body.clone()).await;
    let again = trial.call_with("POST", "/api/v1/contacts", token, &key, body.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json());
    assert_eq!((again.status, again.json()), (first.status, first.json()));

    let other = trial.call_with("POST", "/api/v1/contacts", token, &key, json!({"name": "Piet"})).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json()["code"], "idempotency_key_reused");
    let elsewhere = trial.call_with("POST", "/api/v1/dossiers", token, &key, json!({"name": "Jan"})).await;
    assert_eq!(elsewhere.json()["code"], "idempotency_key_reused");
    let theirs = trial.call_with("POST", "/api/v1/contacts", &trial.theirs.admin, &key, body).await;
    assert_ne!(theirs.id(), first.id());
}

#[tokio::test]
async fn a_request_that_comes_again_while_the_first_runs_is_told_to_wait() {
    let trial = Trial::new().await;
    let body = json!({"name": "Jan", "addresses": ["jan@elders.example"]});
    // The first was claimed by a call that is still at work.
    let digest = *blake3::hash(format!("POST /contacts\n{body}").as_bytes()).as_bytes();
    let (ours, now) = ((trial.ours.organisation, trial.ours.user), trial.state.room.clock.now());
    let claim = trial.state.room.store.db.write(move |tx| {
        Box::pin(async move { store::idempotency::begin(tx, ours.0, ours.1, "klant-1", &digest, now).await })
    });
    claim.await.unwrap();
    let key = [("idempotency-key", "klant-1")];
    let again = trial.call_with("POST", "/api/v1/contacts", &trial.ours.admin, &key, body).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.json());
    assert_eq!(again.json()["code"], "idempotency_key_running");
    assert!(again.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn a_refused_request_can_be_corrected_and_sent_again_with_its_key() {
    let trial = Trial::new().await;
    let key = [("idempotency-key", "groep-1")];
    let path = "/api/v1/groups";
    trial.call("POST", path, &trial.ours.admin, json!({"name": "Bezet"})).await;
    let refused = trial.call_with("POST", path, &trial.ours.admin, &key, json!({"name": "Bezet"})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.json());
    let made = trial.call_with("POST", path, &trial.ours.admin, &key, json!({"name": "Vrij"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_its_name() {
    let trial = Trial::new().await;
    let body = json!({"account": "acc_0000000000001", "to": [], "sned_at": "2026-01-01T00:00:00Z"});
    let refused = trial.call("POST", "/api/v1/outbox", &trial.ours.write, body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["errors"][0]["field"], "sned_at");
    let query = trial.get("/api/v1/messages?acount=x", &trial.ours.read).await;
    assert_eq!(query.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(query.json()["errors"][0]["field"], "acount", "{}", query.json());
    let limit = trial.get("/api/v1/messages?limit=0", &trial.ours.read).await;
    assert_eq!(limit.json()["errors"][0]["field"], "limit", "{}", limit.json());
}

#[tokio::test]
async fn whatever_goes_wrong_is_told_as_a_problem_in_the_language_asked_for() {
    let trial = Trial::new().await;
    let dutch = [("accept-language", "nl")];
    let token = &trial.ours.admin;
    let nowhere = trial.call_with("GET", "/nergens", "", &dutch, Value::Null).await;
    assert_eq!((nowhere.status, &nowhere.json()["title"]), (StatusCode::NOT_FOUND, &json!("Niet gevonden")));
    let method = trial.call_with("DELETE", "/api/v1/me", token, &dutch, Value::Null).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.headers[header::ALLOW].to_str().unwrap().contains("PATCH"));
    let plain = Request::post("/api/v1/contacts").header("authorization", format!("Bearer {token}"));
    let plain = plain.header("content-type", "text/plain").body(Body::from("{}")).unwrap();
    assert_eq!(trial.send(plain).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = json!({"name": "x".repeat(2 << 20)});
    let large = trial.call("POST", "/api/v1/contacts", token, large).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    for answer in [&nowhere, &method, &large] {
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(answer.headers.contains_key("content-security-policy"));
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    let options = trial.call("OPTIONS", "/api/v1/me", "", Value::Null).await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert!(options.headers.contains_key(header::ALLOW));
}

#[tokio::test]
async fn a_secret_never_comes_back() {
    let trial = Trial::new().await;
    let id = trial.account("info@ons.example").await;
    for path in ["/api/v1/accounts", &format!("/api/v1/accounts/{id}"), "/api/v1/changes", "/metrics"] {
        let answer = trial.get(path, &trial.ours.admin).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("kanarie"), "{path} shows the secret");
    }
    let shown = trial.get(&format!("/api/v1/accounts/{id}"), &trial.ours.admin).await.json();
    assert_eq!(shown["incoming"]["secret_set"], true);
    assert!(shown["secrets_set_at"].is_string());
    let typed = trial
        .call(
            "PATCH",
            &format!("/api/v1/accounts/{id}"),
            &trial.ours.admin,
            json!({"incoming": {"secret": ["kanarie"]}}),
        )
        .await;
    assert!(!String::from_utf8_lossy(&typed.bytes).contains("kanarie"));
}

#[tokio::test]
async fn a_token_that_is_taken_back_stops_at_once() {
    let trial = Trial::new().await;
    let made = trial.call("POST", "/api/v1/tokens", &trial.ours.admin, json!({"name": "t", "scope": "write"})).await;
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(trial.get("/api/v1/me", &token).await.status, StatusCode::OK);
    let path = format!("/api/v1/tokens/{}", made.id());
    assert_eq!(trial.call("DELETE", &path, &trial.ours.admin, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(trial.get("/api/v1/me", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_feed_goes_on_from_any_cursor() {
    let trial = Trial::new().await;
    let account = trial.account("info@ons.example").await;
    let all = trial.get("/api/v1/changes", &trial.ours.read).await.json();
    let first = &all["items"][0];
    assert_eq!((&first["kind"], &first["account"]), (&json!("account.created"), &json!(account)));
    let rest = format!("/api/v1/changes?since={}", first["cursor"].as_str().unwrap());
    assert!(!trial.get(&rest, &trial.ours.read).await.json()["items"].as_array().unwrap().contains(first));
    assert_eq!(trial.get("/api/v1/changes", &trial.theirs.read).await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_program_says_how_it_is() {
    let trial = Trial::new().await;
    for path in ["/sign-in", "/healthz", "/readyz", "/metrics", "/api/docs", "/style.css"] {
        assert_eq!(trial.get(path, "").await.status, StatusCode::OK, "{path}");
    }
    let api = trial.get("/api/v1/openapi.json", "").await.json();
    assert_eq!(api["openapi"], "3.1.0");
}
