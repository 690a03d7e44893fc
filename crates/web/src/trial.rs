//! Two organisations on an installation of their own, and calls without a socket: what the tests of this crate stand on.

use crate::{AppState, router};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use bytes::Bytes;
use connect::{World, WorldOptions};
use mail::{OrganisationKey, TokenKey, UserKey};
use mailroom::{
    Clock, Config, MailRoom, founding,
    incoming::{self, Imported, Progress},
};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{
    Places, Store,
    secret::{new_token, token_digest},
    token::{self, NewToken, Scope},
};
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

/// An installation with two organisations, *ours* and *theirs*.
pub(crate) struct Trial {
    pub(crate) state: AppState,
    pub(crate) ours: Tokens,
    pub(crate) theirs: Tokens,
    router: Router,
    _folder: tempfile::TempDir,
}

/// The tokens of one administrator.
pub(crate) struct Tokens {
    pub(crate) organisation: OrganisationKey,
    pub(crate) user: UserKey,
    pub(crate) read: String,
    pub(crate) write: String,
    pub(crate) admin: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The id of what was made.
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("no id in {self:?}")).to_owned()
    }
}

impl Trial {
    pub(crate) async fn new() -> Trial {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places { data: folder.path().to_owned(), database: None, blobs: None };
        let store = Store::open(&places).await.expect("a store");
        let world = World::new(WorldOptions::default()).expect("a world");
        let room = MailRoom::new(store, world, Clock::default(), Config::default());
        let ours = tokens(&room, "Ons Voorbeeld", "beheer@ons.example").await;
        let theirs = tokens(&room, "Hun Voorbeeld", "beheer@hun.example").await;
        let state = AppState::new(Arc::new(room));
        Trial { router: router(state.clone()), state, ours, theirs, _folder: folder }
    }

    /// A call with a token and, unless null, a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        self.call_with(method, path, token, &[], body).await
    }

    /// The same with more headers.
    pub(crate) async fn call_with(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let method: Method = method.to_uppercase().parse().expect("a method");
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
        };
        self.send(request.body(body).expect("a request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        // Events come without end: nobody waits for the last.
        let events = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if events { Body::empty() } else { body };
        let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, Value::Null).await
    }

    /// An account that is never connected.
    pub(crate) async fn account(&self, address: &str) -> String {
        let server =
            |kind: &str| json!({"kind": kind, "host": "mail.example", "username": address, "secret": "kanarie-9x"});
        let body = json!({"address": address, "incoming": server("imap"), "outgoing": server("smtp")});
        let made = self.call("POST", "/api/v1/accounts", &self.ours.admin, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
        made.id()
    }
}

impl Trial {
    /// A message in the inbox of a mailbox that only sends, so that no server is needed. Gives its id.
    pub(crate) async fn message(&self, raw: &[u8]) -> String {
        let address = "balie@ons.example";
        let body =
            json!({"address": address, "outgoing": {"kind": "smtp", "host": "mail.example", "secret": "kanarie-9x"}});
        let made = self.call("POST", "/api/v1/accounts", &self.ours.admin, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
        let organisation = self.ours.organisation;
        let key = made.id().parse().expect("a key");
        let account = self
            .state
            .read(move |tx| Box::pin(async move { store::account::load(tx, organisation, key).await }))
            .await
            .expect("the account");
        let (give, taken) = mpsc::channel(1);
        let one = Imported {
            folder: "INBOX".to_owned(),
            raw: Bytes::copy_from_slice(raw),
            flags: mail::Flags::default(),
            internal_at: Some(1_790_000_000_000),
        };
        give.send(one).await.expect("room for one");
        drop(give);
        let seen = Arc::new(watch::Sender::new(Progress::default()));
        incoming::import(&self.state.room, &account, taken, seen).await.expect("imported");
        let list = self.get("/api/v1/messages", &self.ours.read).await.json();
        list["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no message in {list}")).to_owned()
    }
}

async fn tokens(room: &MailRoom, organisation: &str, email: &str) -> Tokens {
    let (organisation, user) =
        founding::found(room, organisation, email, "Sanne de Wit", "vier paarse olifanten lopen")
            .await
            .expect("founded");
    Tokens {
        organisation,
        user,
        read: make_token(room, organisation, user, Scope::Read).await,
        write: make_token(room, organisation, user, Scope::Write).await,
        admin: make_token(room, organisation, user, Scope::Admin).await,
    }
}

async fn make_token(room: &MailRoom, organisation: OrganisationKey, user: UserKey, scope: Scope) -> String {
    let (proof, now) = (new_token(), room.clock.now());
    let new = NewToken {
        id: TokenKey(room.store.make.key(now)),
        user,
        name: scope.as_str().to_owned(),
        scope,
        digest: token_digest(&proof).to_vec(),
    };
    let made = room.store.db.write(move |tx| Box::pin(async move { token::create(tx, organisation, &new, now).await }));
    made.await.expect("a token");
    proof.to_string()
}
