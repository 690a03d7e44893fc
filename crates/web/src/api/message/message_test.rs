//! Messages as a program sees them.

use crate::trial::Trial;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};

const MAIL: &[u8] = b"Message-ID: <offerte@elders.example>\r\n\
From: \"Jan Jansen\" <jan@elders.example>\r\nTo: balie@ons.example\r\nBcc: stil@ons.example\r\n\
Subject: Offerte dakkapel\r\nDate: Mon, 2 Nov 2026 10:30:00 +0100\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
<p onclick=\"alert(1)\">Hierbij de offerte</p><script>alert(2)</script>\r\n\
--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=\"te kening.svg\"\r\n\r\n\
<svg onload=\"alert(3)\"/>\r\n--b--\r\n";

#[tokio::test]
async fn a_message_is_shown_whole_and_safe() {
    let trial = Trial::new().await;
    let id = trial.message(MAIL).await;
    let answer = trial.get(&format!("/api/v1/messages/{id}"), &trial.ours.read).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let message = answer.json();
    assert_eq!(message["from"], json!({"name": "Jan Jansen", "address": "jan@elders.example"}));
    assert_eq!(message["to"], json!([{"address": "balie@ons.example"}]));
    assert_eq!(
        (&message["subject"], &message["message_id"]),
        (&json!("Offerte dakkapel"), &json!("offerte@elders.example"))
    );
    assert_eq!((&message["sent_at"], &message["role"]), (&json!("2026-11-02T09:30:00.000Z"), &json!("inbox")));
    assert_eq!(message["bcc"], json!([]), "a blind copy is shown to those who did not write the mail");
    let html = message["html"].as_str().unwrap();
    assert!(html.contains("Hierbij de offerte") && !html.contains("alert"), "{html}");
    assert_eq!(message["attachments"][0]["name"], "te kening.svg");
    assert_eq!(message["warnings"], json!([]));
}

#[tokio::test]
async fn reasons_to_doubt_the_sender_are_told_with_a_code_and_in_words() {
    let trial = Trial::new().await;
    let raw = b"From: Directie <baas@0ns.example>\r\nReply-To: x@elders.test\r\nSubject: Rekening\r\n\r\nBetaal\r\n";
    let id = trial.message(raw).await;
    let path = format!("/api/v1/messages/{id}");
    let message = trial.get(&path, &trial.ours.read).await.json();
    let codes: Vec<&Value> = message["warnings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, [&json!("looks_like"), &json!("reply_elsewhere")], "{message}");
    let dutch = trial.call_with("GET", &path, &trial.ours.read, &[("accept-language", "nl")], Value::Null).await.json();
    assert!(dutch["warnings"][0]["message"].as_str().unwrap().starts_with("Let op: 0ns.example lijkt op"), "{dutch}");
}

#[tokio::test]
async fn bytes_come_back_as_received_and_only_as_a_download() {
    let trial = Trial::new().await;
    let id = trial.message(MAIL).await;
    let raw = trial.get(&format!("/api/v1/messages/{id}/raw"), &trial.ours.read).await;
    assert_eq!(raw.bytes, MAIL);
    let n = trial.get(&format!("/api/v1/messages/{id}"), &trial.ours.read).await.json()["attachments"][0]["n"].clone();
    let attachment = trial.get(&format!("/api/v1/messages/{id}/attachments/{n}"), &trial.ours.read).await;
    assert_eq!(attachment.headers[header::CONTENT_TYPE], "application/octet-stream");
    for answer in [&raw, &attachment] {
        assert!(answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment;"));
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("sandbox"));
    }
    let none = trial.get(&format!("/api/v1/messages/{id}/attachments/99"), &trial.ours.read).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_organisation_finds_no_trace_of_a_message() {
    let trial = Trial::new().await;
    let id = trial.message(MAIL).await;
    let conversation =
        trial.get(&format!("/api/v1/messages/{id}"), &trial.ours.read).await.json()["conversation"].clone();
    let conversation = conversation.as_str().unwrap();
    for path in [
        format!("/api/v1/messages/{id}"),
        format!("/api/v1/messages/{id}/raw"),
        format!("/api/v1/messages/{id}/attachments/0"),
        format!("/api/v1/conversations/{conversation}"),
    ] {
        let seen = trial.get(&path, &trial.theirs.admin).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        "/api/v1/messages?q=offerte".to_owned(),
        "/api/v1/changes".to_owned(),
        format!("/api/v1/messages?conversation={conversation}"),
    ] {
        assert_eq!(trial.get(&path, &trial.theirs.admin).await.json()["items"], json!([]), "{path}");
        let ours = trial.get(&path, &trial.ours.read).await.json();
        assert!(ours.to_string().contains(&id), "{path}: {ours}");
    }
}

#[tokio::test]
async fn a_message_is_linked_read_and_talked_about() {
    let trial = Trial::new().await;
    let id = trial.message(MAIL).await;
    let (path, token) = (format!("/api/v1/messages/{id}"), &trial.ours.write);
    let jan = json!({"name": "Jan Jansen", "addresses": ["jan@elders.example"]});
    let contact = trial.call("POST", "/api/v1/contacts", token, jan).await.id();
    let dossier =
        trial.call("POST", "/api/v1/dossiers", token, json!({"name": "Dakkapel", "kind": "project"})).await.id();
    let linked = trial.call("PUT", &format!("{path}/dossiers/{dossier}"), token, Value::Null).await;
    assert_eq!(linked.status, StatusCode::NO_CONTENT, "{}", linked.json());
    let seen = trial.call("PATCH", &path, token, json!({"seen": true})).await.json();
    assert_eq!(
        (&seen["seen"], &seen["contacts"], &seen["dossiers"]),
        (&json!(true), &json!([contact]), &json!([dossier]))
    );
    for filter in
        [format!("dossier={dossier}"), format!("contact={contact}"), "unread=false".to_owned(), "role=inbox".to_owned()]
    {
        let found = trial.get(&format!("/api/v1/messages?{filter}"), token).await.json();
        assert_eq!(found["items"][0]["id"], json!(id), "{filter}");
    }
    trial.call("DELETE", &format!("{path}/contacts/{contact}"), token, Value::Null).await;
    assert_eq!(trial.get(&path, token).await.json()["contacts"], json!([]));

    let conversation = format!("/api/v1/conversations/{}", seen["conversation"].as_str().unwrap());
    let noted = trial.call("POST", &format!("{conversation}/notes"), token, json!({"text": "Bel terug"})).await;
    assert_eq!(noted.status, StatusCode::CREATED, "{}", noted.json());
    let closed =
        trial.call("PATCH", &conversation, token, json!({"state": "closed", "assignee": trial.ours.user})).await;
    assert_eq!((&closed.json()["state"], &closed.json()["notes"][0]["text"]), (&json!("closed"), &json!("Bel terug")));
}

#[tokio::test]
async fn a_mail_handed_over_twice_with_one_key_is_one_mail() {
    let trial = Trial::new().await;
    let answered = trial.message(MAIL).await;
    let account = trial.get("/api/v1/accounts", &trial.ours.read).await.json()["items"][0]["id"].clone();
    let body = json!({
        "account": account, "to": [{"address": "jan@elders.example"}], "bcc": [{"address": "baas@ons.example"}],
        "subject": "Re: Offerte dakkapel", "text": "Akkoord.", "reply_to_message": answered,
        "attachments": [{"name": "a.txt", "content_type": "text/plain", "content_base64": "aGFsbG8="}]
    });
    let key = [("idempotency-key", "antwoord-1")];
    let first = trial.call_with("POST", "/api/v1/outbox", &trial.ours.write, &key, body.clone()).await;
    assert_eq!((first.status, &first.json()["state"]), (StatusCode::ACCEPTED, &json!("waiting")), "{}", first.json());
    let again = trial.call_with("POST", "/api/v1/outbox", &trial.ours.write, &key, body.clone()).await;
    assert_eq!((again.status, again.id()), (StatusCode::ACCEPTED, first.id()));
    assert_eq!(trial.get("/api/v1/outbox", &trial.ours.read).await.json()["items"].as_array().unwrap().len(), 1);

    let path = format!("/api/v1/outbox/{}", first.id());
    let shown = trial.get(&path, &trial.ours.read).await.json();
    assert_eq!(
        (&shown["bcc"][0]["address"], &shown["recipients"][0]["state"]),
        (&json!("baas@ons.example"), &json!("waiting"))
    );
    assert_eq!(trial.get(&path, &trial.theirs.admin).await.status, StatusCode::NOT_FOUND);
    assert_eq!(trial.call("DELETE", &path, &trial.ours.write, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(trial.get(&path, &trial.ours.read).await.json()["state"], "cancelled");

    for (field, value) in
        [("subject", json!("a\r\nBcc: x@y.example")), ("from", json!({"address": "baas@elders.example"}))]
    {
        let mut wrong = body.clone();
        wrong[field] = value;
        let refused = trial.call("POST", "/api/v1/outbox", &trial.ours.write, wrong).await;
        let wanted = if field == "from" { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(refused.status, wanted, "{field}: {}", refused.json());
        assert_eq!(refused.json()["errors"][0]["field"], field);
    }
}
