//! Asking Graph: with a token, four at a time, and no sooner than it wants.

use super::fault;
use crate::{
    ConnectError, Secret, World,
    error::{Cause, Step},
    http::{Answer, HttpClient, straight_client},
};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Method, header};
use serde_json::Value;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// Requests for one mailbox at once (learn.microsoft.com/graph/throttling-limits, Outlook).
const AT_ONCE: usize = 4;
/// How often a question is put again that can be put twice.
const TRIES: u32 = 4;
/// Longer than this nobody waits here: it is told when to come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// An answer of JSON is no longer than this.
const JSON_BYTES: usize = 16 << 20;
const JSON_TIME: Duration = Duration::from_secs(60);
const LETTER_TIME: Duration = Duration::from_secs(300);

/// Where tokens come from. They end after an hour or so, and are renewed by whoever keeps the grant.
#[async_trait]
pub trait Bearer: Send + Sync {
    /// A token that opens the mailbox; another one than `refused`, which Graph took no longer.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError>;
}

/// The line to one mailbox, shared by all who ask for it: together they are four at a time.
pub struct Line {
    client: HttpClient,
    interface: String,
    bearer: Box<dyn Bearer>,
    turns: Semaphore,
    /// Before this moment Graph wants nothing of us.
    free_at: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("interface", &self.interface).finish_non_exhaustive()
    }
}

/// What is asked.
pub(super) struct Question {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<(&'static str, Bytes)>,
    limit: usize,
    time: Duration,
    /// Asked twice it does the same.
    again: bool,
}

impl Question {
    /// Of a path below the mailbox, or a whole address that Graph gave.
    pub fn get(path: impl Into<String>) -> Question {
        Question::new(Method::GET, path, true)
    }

    /// Something is done; `again` when it can be done twice.
    pub fn new(method: Method, path: impl Into<String>, again: bool) -> Question {
        let path = path.into();
        Question { method, path, headers: Vec::new(), body: None, limit: JSON_BYTES, time: JSON_TIME, again }
    }

    /// With this body.
    pub fn json(mut self, body: &Value) -> Question {
        self.body = Some(("application/json", Bytes::from(body.to_string())));
        self
    }

    /// With a letter in base 64.
    pub fn mime(mut self, text: String) -> Question {
        self.body = Some(("text/plain", Bytes::from(text)));
        self.time = LETTER_TIME;
        self
    }

    /// For a letter of at most so many bytes.
    pub fn letter(mut self, limit: u64) -> Question {
        (self.limit, self.time) = (usize::try_from(limit).unwrap_or(usize::MAX), LETTER_TIME);
        self
    }

    /// In pages of this size.
    pub fn pages_of(mut self, size: usize) -> Question {
        self.headers.push(("prefer", format!("odata.maxpagesize={size}")));
        self
    }
}

impl Line {
    /// The line to the mailbox that the token is for.
    pub fn new(world: &World, bearer: Box<dyn Bearer>) -> Result<Line, ConnectError> {
        Ok(Line {
            client: straight_client(world)?,
            interface: world.microsoft.interface.clone(),
            bearer,
            turns: Semaphore::new(AT_ONCE),
            free_at: Mutex::new(None),
        })
    }

    /// How long Graph wants to be left alone.
    pub fn rest(&self) -> Duration {
        let free_at = *self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        free_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }

    /// The address by which the mailbox's owner signs in, and the mailbox's own.
    pub async fn owner(&self) -> Result<Vec<String>, ConnectError> {
        let owner = self.json(Question::get("?$select=mail,userPrincipalName")).await?;
        let names = ["mail", "userPrincipalName"].map(|name| owner[name].as_str().map(str::to_owned));
        Ok(names.into_iter().flatten().collect())
    }

    /// The JSON that answers a question, or what the refusal means.
    pub(super) async fn json(&self, question: Question) -> Result<Value, ConnectError> {
        let answer = well(self.ask(question).await?)?;
        let wrong = |_| later(Cause::Protocol, "the answer is not JSON");
        if answer.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&answer.body).map_err(wrong) }
    }

    /// The answer, whatever it is. Passing trouble was waited for where that does no harm.
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, ConnectError> {
        let (mut tries, mut refused) = (0, None);
        loop {
            let rest = self.rest();
            if rest > PATIENCE {
                return Err(asked_to_wait(rest));
            }
            tokio::time::sleep(rest).await;
            let turn = self.turns.acquire().await.map_err(|_| later(Cause::Dropped, "the line was closed"))?;
            let token = self.bearer.token(refused.as_ref()).await?;
            let asked = self.once(&question, &token).await;
            drop(turn);
            let pause = pause(tries);
            tries += 1;
            match asked {
                Ok(answer) if answer.status == 401 && refused.is_none() => refused = Some(token),
                Ok(answer) if may_pass(&question, &answer) => {
                    let wait = answer.retry_after.unwrap_or(pause);
                    if matches!(answer.status, 429 | 503) {
                        self.hold(wait);
                    }
                    if tries >= TRIES || wait > PATIENCE {
                        return Ok(answer);
                    }
                    tokio::time::sleep(wait).await;
                }
                Err(ConnectError::Later { .. }) if question.again && tries < TRIES => tokio::time::sleep(pause).await,
                other => return other,
            }
        }
    }

    async fn once(&self, question: &Question, token: &Secret) -> Result<Answer, ConnectError> {
        let url = self.address(&question.path)?;
        let mut bearer = b"Bearer ".to_vec();
        bearer.extend_from_slice(token.reveal());
        let mut bearer =
            header::HeaderValue::from_bytes(&bearer).map_err(|_| later(Cause::Protocol, "the token is no token"))?;
        bearer.set_sensitive(true);
        let mut request = self.client.request(question.method.clone(), &url)?;
        request = request.header(header::AUTHORIZATION, bearer).timeout(question.time);
        request = request.header("prefer", "IdType=\"ImmutableId\"");
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        request = match &question.body {
            Some((kind, body)) => request.header(header::CONTENT_TYPE, *kind).body(body.clone()),
            None if question.method == Method::POST => request.header(header::CONTENT_LENGTH, "0"),
            None => request,
        };
        self.client.answer_within(request, question.limit, question.time).await
    }

    /// Tokens go to Graph and nowhere else, whatever an answer says.
    fn address(&self, path: &str) -> Result<String, ConnectError> {
        if !path.contains("://") {
            return Ok(format!("{}/me{path}", self.interface));
        }
        match path.strip_prefix(&self.interface) {
            Some(rest) if rest.starts_with('/') => Ok(path.to_owned()),
            _ => Err(later(Cause::Protocol, "the answer leads to another server")),
        }
    }

    fn hold(&self, wait: Duration) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        *free_at = (*free_at).max(Some(Instant::now() + wait));
    }
}

/// A success, or what the refusal means.
pub(super) fn well(answer: Answer) -> Result<Answer, ConnectError> {
    if (200..300).contains(&answer.status) { Ok(answer) } else { Err(fault::meaning(&answer)) }
}

/// What may go well the next time. Too many requests were surely not carried out; of other trouble on their side nobody
/// knows.
fn may_pass(question: &Question, answer: &Answer) -> bool {
    answer.status == 429 || (question.again && matches!(answer.status, 408 | 500 | 502 | 503 | 504))
}

fn pause(tries: u32) -> Duration {
    Duration::from_millis(500 << tries.min(5))
}

fn asked_to_wait(wait: Duration) -> ConnectError {
    let reason = "Microsoft asks us to wait".to_owned();
    ConnectError::Later { step: Step::Work, cause: Cause::Throttled, wait: Some(wait), reason }
}

pub(super) fn later(cause: Cause, reason: &str) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause, wait: None, reason: reason.to_owned() }
}

/// Percent-encoded for a path or a query.
pub(super) fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
