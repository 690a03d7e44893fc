//! A small client of the interface: what a program of the business software would have.

use serde_json::Value;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Speaks for one token.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
    runtime: Arc<Runtime>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

/// Something the server told us, and when.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) facts: Value,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `field` and `code` of everything that was wrong.
    pub(crate) fn wrong(&self) -> Vec<(String, String)> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }
}

impl Client {
    pub(crate) fn new(url: &str, token: &str) -> Client {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(300));
        Client {
            base: url.to_owned(),
            token: token.to_owned(),
            http: http.build().expect("a client"),
            runtime: Arc::new(Builder::new_current_thread().enable_all().build().expect("a runtime")),
        }
    }

    /// The same at another address.
    pub(crate) fn at(&self, url: &str) -> Client {
        Client { base: url.to_owned(), ..self.clone() }
    }

    /// The same address, for another token.
    pub(crate) fn speaking_for(&self, token: &str) -> Client {
        Client { token: token.to_owned(), ..self.clone() }
    }

    /// The token, for tests that look where it went.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Any call; `path` is below `/api/v1`.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Answer {
        self.try_call(method, path, body, headers).unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The same of a program that may die before it has answered.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let content_type = response.headers().get("content-type").map(|kind| kind.to_str().unwrap_or_default());
            let (status, content_type) = (response.status().as_u16(), content_type.unwrap_or_default().to_owned());
            let body = response.bytes().await?;
            Ok(Answer { status, content_type, body: body.to_vec() })
        })
    }

    fn well(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.call(method, path, body, &[]);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.well("GET", path, None).json()
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        self.well("GET", path, None).body
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.well("POST", path, Some(body)).json()
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Value {
        self.well("PATCH", path, Some(body)).json()
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Value {
        self.well("PUT", path, Some(body)).json()
    }

    pub(crate) fn delete(&self, path: &str) {
        self.well("DELETE", path, None);
    }

    /// Everything of a list, page after page.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        let mark = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{mark}limit=200{cursor}"));
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    /// The ids of what a search finds, newest first.
    pub(crate) fn search(&self, query: &str) -> Vec<Value> {
        self.list(&format!("/messages?q={}", escaped(query)))
    }

    /// Listens to the event stream from now on, in the background, for as long as the receiver lives.
    pub(crate) fn events(&self) -> Receiver<Told> {
        let (tell, told) = channel();
        let request = self.http.get(format!("{}/api/v1/events", self.base)).bearer_auth(&self.token);
        let (ready, is_ready) = channel();
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let mut response = request.send().await.expect("an event stream");
                assert_eq!(response.status().as_u16(), 200);
                let _ = ready.send(());
                let mut text = String::new();
                while let Ok(Some(chunk)) = response.chunk().await {
                    text.push_str(&String::from_utf8_lossy(&chunk));
                    while let Some(end) = text.find("\n\n") {
                        let event: String = text.drain(..end + 2).collect();
                        let data = event.lines().find_map(|line| line.strip_prefix("data:")).map(str::trim);
                        let Some(facts) = data.and_then(|data| serde_json::from_str(data).ok()) else { continue };
                        if tell.send(Told { at: Instant::now(), facts }).is_err() {
                            return;
                        }
                    }
                }
            });
        });
        is_ready.recv_timeout(Duration::from_secs(60)).expect("the stream begins");
        told
    }
}

/// Safe inside a query.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
