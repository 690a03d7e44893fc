//! Every page × every kind of visitor × a foreign organisation (reliability.md, cases 52 and 59). The pages are taken
//! from the table they are served by, so that a new one is tested by being there; one whose path names something that
//! the test has no example of fails here.

use super::{
    origin,
    route::{Entry, Who},
};
use crate::trial::{Answer, Trial};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use mail::{OrganisationKey, SessionKey, UserKey};
use std::collections::BTreeMap;
use store::{
    UserRole,
    secret::{new_token, token_digest},
    session::NewSession,
    user::NewUser,
};

const HOST: &str = "post.example";

/// The paths that say themselves whose they are, by a token in the form.
const WITHOUT_RIGHTS: [&str; 10] = [
    "/",
    "/setup",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/with/{id}",
    "/sign-in/answer",
    "/sign-out",
    "/password",
    "/password/forgotten",
    "/assets/{name}",
];

async fn table(trial: &Trial) -> Vec<Entry> {
    let table = super::pages(&trial.state).1;
    assert!(table.len() > 8, "only {} pages", table.len());
    table
}

/// A session of a new user with this role, without a browser.
async fn session(trial: &Trial, organisation: OrganisationKey, role: UserRole) -> String {
    let (proof, room, now) = (new_token(), &trial.state.room, trial.state.room.clock.now());
    let (digest, id) = (token_digest(&proof).to_vec(), UserKey(room.store.make.key(now)));
    let key = SessionKey(room.store.make.key(now));
    let (source, agent) = ("127.0.0.1".to_owned(), "proef".to_owned());
    let new = NewSession { id: key, user: id, digest, half_way: false, source, agent };
    let (email, name, language) = (format!("{id}@ons.example"), "Kees de Boer".to_owned(), "nl".to_owned());
    let user = NewUser { id, email, name, role, language, password: None };
    let made = room.store.db.write(move |tx| {
        Box::pin(async move {
            store::user::create(tx, organisation, &user, now).await?;
            store::session::create(tx, organisation, &new, now).await
        })
    });
    made.await.expect("a session");
    proof.to_string()
}

/// Sends a page's form or asks for the page, as a browser would.
async fn ask(trial: &Trial, entry: &Entry, path: &str, proof: Option<&str>, csrf: Option<String>) -> Answer {
    let mut request = Request::builder().method(entry.method).uri(path).header(header::HOST, HOST);
    request = request.header(header::ACCEPT, "text/html");
    if let Some(proof) = proof {
        request = request.header(header::COOKIE, format!("postkamer={proof}"));
    }
    let body = match entry.method {
        "GET" => Body::empty(),
        _ => {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            request = request.header(header::ORIGIN, format!("https://{HOST}"));
            Body::from(csrf.map_or(String::new(), |token| format!("csrf={token}")))
        }
    };
    trial.send(request.body(body).expect("a request")).await
}

/// What exists in our organisation, by what stands before a name in a path.
async fn ours(trial: &Trial) -> BTreeMap<&'static str, String> {
    let made = async |path: &str, body| trial.call("POST", path, &trial.ours.admin, body).await.id();
    let message = trial.message(b"From: jan@elders.example\r\nSubject: Dag\r\n\r\nDag\r\n").await;
    let shown = trial.get(&format!("/api/v1/messages/{message}"), &trial.ours.read).await.json();
    let conversation = shown["conversation"].as_str().expect("a conversation").to_owned();
    BTreeMap::from([
        ("mailboxes", trial.account("info@ons.example").await),
        ("contacts", made("/api/v1/contacts", serde_json::json!({"name": "Jan"})).await),
        ("dossiers", made("/api/v1/dossiers", serde_json::json!({"name": "Zaak"})).await),
        ("groups", made("/api/v1/groups", serde_json::json!({"name": "Groep"})).await),
        ("templates", made("/api/v1/templates", serde_json::json!({"name": "t", "subject": "s"})).await),
        ("tokens", made("/api/v1/tokens", serde_json::json!({"name": "t", "scope": "read"})).await),
        ("users", trial.ours.user.to_string()),
        ("messages", message),
        ("mail", conversation),
        ("outbox", "out_0000000000001".to_owned()),
        ("quarantine", "qua_0000000000001".to_owned()),
        ("drafts", made("/api/v1/drafts", serde_json::json!({"subject": "Half"})).await),
        ("sessions", "ses_0000000000001".to_owned()),
        ("notes", "not_0000000000001".to_owned()),
        ("with", "idp_0000000000001".to_owned()),
        ("mailgun", "mgd_0000000000001".to_owned()),
        ("domains", "ons.example".to_owned()),
        ("attachments", "0".to_owned()),
    ])
}

fn filled(path: &str, ours: &BTreeMap<&'static str, String>) -> String {
    let mut filled: Vec<String> = Vec::new();
    for piece in path.split('/') {
        let before = filled.last().cloned().unwrap_or_default();
        match ours.get(before.as_str()) {
            Some(name) if piece.starts_with('{') => filled.push(name.clone()),
            None if piece.starts_with('{') => panic!("the test has no example for {piece} in {path}: add it to `ours`"),
            _ => filled.push(piece.to_owned()),
        }
    }
    filled.join("/")
}

#[tokio::test]
async fn who_has_not_signed_in_is_sent_to_the_sign_in_page() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    for entry in table(&trial).await {
        let path = filled(entry.path, &ours);
        if entry.who == Who::Anybody {
            assert!(WITHOUT_RIGHTS.contains(&entry.path), "{path} is open to anybody: is that meant?");
            continue;
        }
        let proof = new_token();
        for proof in [None, Some(proof.as_str())] {
            let csrf = proof.map(origin::form_token);
            let answer = ask(&trial, &entry, &path, proof, csrf).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {path}", entry.method);
            assert!(answer.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_above_somebody_s_role_is_refused() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    for role in [UserRole::Member, UserRole::MailboxManager, UserRole::Administrator] {
        for entry in table(&trial).await {
            // A session of its own for each: one of the forms signs out.
            let proof = session(&trial, trial.ours.organisation, role).await;
            let path = filled(entry.path, &ours);
            let answer = ask(&trial, &entry, &path, Some(&proof), Some(origin::form_token(&proof))).await;
            let refused = match entry.who {
                Who::Anybody | Who::Everybody => false,
                Who::MailboxManagers => role == UserRole::Member,
                Who::Administrators => role != UserRole::Administrator,
            };
            if refused {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path} for {role:?}", entry.method);
            }
            assert!(!answer.status.is_server_error(), "{} {path} for {role:?}: {}", entry.method, answer.status);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_organisation_is_on_no_page() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    let proof = session(&trial, trial.theirs.organisation, UserRole::Administrator).await;
    for entry in table(&trial).await.into_iter().filter(|entry| entry.who != Who::Anybody) {
        let path = filled(entry.path, &ours);
        let answer = ask(&trial, &entry, &path, Some(&proof), Some(origin::form_token(&proof))).await;
        if entry.path.contains('{') {
            let allowed = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN, StatusCode::UNPROCESSABLE_ENTITY];
            assert!(allowed.contains(&answer.status), "{} {path}: {}", entry.method, answer.status);
        }
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        for (name, id) in ours.iter().filter(|(name, _)| !["domains", "attachments"].contains(name)) {
            assert!(!text.contains(id.as_str()), "{path} shows {name} {id} of another organisation");
        }
    }
}

#[tokio::test]
async fn no_form_works_without_its_token_or_from_elsewhere() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    let proof = session(&trial, trial.ours.organisation, UserRole::Administrator).await;
    let other = session(&trial, trial.ours.organisation, UserRole::Administrator).await;
    for entry in table(&trial).await.into_iter().filter(|entry| entry.method != "GET") {
        let path = filled(entry.path, &ours);
        for csrf in [None, Some("nonsense".to_owned()), Some(origin::form_token(&other))] {
            let answer = ask(&trial, &entry, &path, Some(&proof), csrf).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} took a form without its token");
        }
        for (name, value) in [("origin", "https://kwaad.example"), ("sec-fetch-site", "cross-site")] {
            let request = Request::builder().method(entry.method).uri(&path).header(header::HOST, HOST);
            let request = request.header(header::COOKIE, format!("postkamer={proof}")).header(name, value);
            let body = Body::from(format!("csrf={}", origin::form_token(&proof)));
            let answer = trial.send(request.body(body).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} took a form with {name}: {value}");
        }
    }
}

#[tokio::test]
async fn every_page_has_its_policy_and_is_kept_by_nobody() {
    let trial = Trial::new().await;
    let ours = ours(&trial).await;
    let proof = session(&trial, trial.ours.organisation, UserRole::Administrator).await;
    for entry in table(&trial).await.into_iter().filter(|entry| entry.method == "GET") {
        let path = filled(entry.path, &ours);
        let answer = ask(&trial, &entry, &path, Some(&proof), None).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        let styled_by_strangers = policy.contains("sandbox");
        assert!(styled_by_strangers || !policy.contains("unsafe"), "{path}: {policy}");
        assert!(["no-store", "no-cache"].iter().any(|it| answer.headers["cache-control"] == it), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(" style=\""), "{path} has a style of its own");
    }
}
