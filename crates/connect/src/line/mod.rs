//! Asking a provider's interface for one mailbox: with a token, only so much at a time, and no sooner than it wants.

mod budget;
mod question;

pub(crate) use budget::Budget;
pub(crate) use question::Question;

use crate::{
    ConnectError, Secret, World,
    error::{Cause, Step},
    http::{Answer, HttpClient, LONGEST_WAIT, straight_client},
};
use async_trait::async_trait;
use reqwest::{Method, header};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// How often a question is put again that can be put twice.
const TRIES: u32 = 4;
/// Longer than this nobody waits here: it is told when to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where tokens come from. They end after an hour or so, and are renewed by whoever keeps the grant.
#[async_trait]
pub trait Bearer: Send + Sync {
    /// A token that opens the mailbox; another one than `refused`, which the provider took no longer.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError>;
}

#[async_trait]
impl<T: Bearer + ?Sized> Bearer for Arc<T> {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        (**self).token(refused).await
    }
}

/// What is particular to the interface of one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// What people call the provider.
    pub name: &'static str,
    /// Requests for one mailbox at once.
    pub at_once: usize,
    /// A header that goes along with every question.
    pub header: Option<(&'static str, &'static str)>,
    /// What a refusal means.
    pub meaning: fn(&Answer) -> ConnectError,
    /// What may be asked of one mailbox in a minute, in the provider's own units.
    pub units_a_minute: Option<u32>,
}

/// The line to one mailbox, shared by all who ask for it, so that together they are no more than the provider allows.
pub struct Line {
    client: HttpClient,
    manner: Manner,
    /// Tokens go to addresses below this and nowhere else.
    interface: String,
    /// What stands before the path of a question.
    root: String,
    bearer: Box<dyn Bearer>,
    turns: Semaphore,
    budget: Option<Budget>,
    /// Before this moment the provider wants nothing of us.
    free_at: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("interface", &self.interface).finish_non_exhaustive()
    }
}

impl Line {
    /// The line to the mailbox that the token is for. Questions are about what lies below `below` of the interface.
    pub(crate) fn new(
        world: &World,
        manner: Manner,
        interface: &str,
        below: &str,
        bearer: Box<dyn Bearer>,
    ) -> Result<Line, ConnectError> {
        Ok(Line {
            client: straight_client(world)?,
            manner,
            interface: interface.to_owned(),
            root: format!("{interface}{below}"),
            bearer,
            turns: Semaphore::new(manner.at_once),
            budget: manner.units_a_minute.map(Budget::new),
            free_at: Mutex::new(None),
        })
    }

    /// The address below which everything is asked.
    pub(crate) fn interface(&self) -> &str {
        &self.interface
    }

    /// What of the interface the questions are about.
    pub(crate) fn below(&self) -> &str {
        self.root.strip_prefix(&self.interface).unwrap_or(&self.root)
    }

    /// How long the provider wants to be left alone.
    pub fn rest(&self) -> Duration {
        let free_at = *self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        free_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }

    /// The JSON that answers a question, or what the refusal means.
    pub(crate) async fn json(&self, question: Question) -> Result<Value, ConnectError> {
        self.read(self.ask(question).await?)
    }

    /// What the answer to one of several questions in one request says; `None` when it is worth being asked again by itself.
    pub(crate) fn of_several(&self, question: &Question, answer: Answer) -> Option<Result<Value, ConnectError>> {
        if self.may_pass(question, &answer) {
            let wait = answer.retry_after.unwrap_or_default();
            self.hold_for(&answer, wait);
            return (wait > PATIENCE).then(|| self.read(answer));
        }
        (answer.status != 401).then(|| self.read(answer))
    }

    fn read(&self, answer: Answer) -> Result<Value, ConnectError> {
        let answer = self.well(answer)?;
        let wrong = |_| later(Cause::Protocol, "the answer is not JSON");
        if answer.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&answer.body).map_err(wrong) }
    }

    /// The answer, whatever it is. Passing trouble was waited for where that does no harm.
    pub(crate) async fn ask(&self, question: Question) -> Result<Answer, ConnectError> {
        let (mut tries, mut refused) = (0, None);
        loop {
            let rest = self.rest();
            if rest > PATIENCE {
                return Err(self.asked_to_wait(rest));
            }
            tokio::time::sleep(rest).await;
            if let Some(budget) = &self.budget {
                budget.spend(question.units).await;
            }
            let turns = u32::try_from(question.turns.min(self.manner.at_once)).unwrap_or(1);
            let turn =
                self.turns.acquire_many(turns).await.map_err(|_| later(Cause::Dropped, "the line was closed"))?;
            let token = match question.is_bare {
                true => None,
                false => Some(self.bearer.token(refused.as_ref()).await?),
            };
            let asked = self.once(&question, token.as_ref()).await;
            drop(turn);
            let pause = pause(tries);
            tries += 1;
            match asked {
                Ok(answer) if answer.status == 401 && refused.is_none() && token.is_some() => refused = token,
                Ok(answer) if self.may_pass(&question, &answer) => {
                    let wait = answer.retry_after.unwrap_or(pause);
                    self.hold_for(&answer, wait);
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

    async fn once(&self, question: &Question, token: Option<&Secret>) -> Result<Answer, ConnectError> {
        let url = if question.is_bare { self.elsewhere(&question.path)? } else { self.address(&question.path)? };
        let mut request = self.client.request(question.method.clone(), &url)?.timeout(question.time);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, bearer(token)?);
        }
        if let Some((name, value)) = self.manner.header.filter(|_| !question.is_bare) {
            request = request.header(name, value);
        }
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        request = match &question.body {
            Some((kind, body)) => request.header(header::CONTENT_TYPE, kind.as_ref()).body(body.clone()),
            None if question.method == Method::POST => request.header(header::CONTENT_LENGTH, "0"),
            None => request,
        };
        self.client.answer_within(request, question.limit, question.time).await
    }

    /// Tokens go to the provider and nowhere else, whatever an answer says.
    fn address(&self, path: &str) -> Result<String, ConnectError> {
        if !path.contains("://") {
            return Ok(format!("{}{path}", self.root));
        }
        match path.strip_prefix(&self.interface) {
            Some(rest) if rest.starts_with('/') => Ok(path.to_owned()),
            _ => Err(later(Cause::Protocol, "the answer leads to another server")),
        }
    }

    /// An address that the provider gave for what it takes elsewhere. What goes there is a letter: only in secret, unless the
    /// interface itself is a simulator on this machine.
    fn elsewhere(&self, address: &str) -> Result<String, ConnectError> {
        let is_secret = address.starts_with("https://");
        let is_simulated = self.interface.starts_with("http://") && address.starts_with("http://");
        match is_secret || is_simulated {
            true => Ok(address.to_owned()),
            false => Err(later(Cause::Protocol, "the answer leads to an address that is not secret")),
        }
    }

    /// A success, or what the refusal means.
    pub(crate) fn well(&self, answer: Answer) -> Result<Answer, ConnectError> {
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err((self.manner.meaning)(&answer)) }
    }

    /// What may go well the next time. Too many requests were surely not carried out; of other trouble on their side nobody
    /// knows.
    fn may_pass(&self, question: &Question, answer: &Answer) -> bool {
        self.is_too_much(answer) || (question.again && matches!(answer.status, 408 | 500 | 502 | 503 | 504))
    }

    /// Some say by 403 what others say by 429.
    fn is_too_much(&self, answer: &Answer) -> bool {
        let is_throttled =
            |answer| matches!((self.manner.meaning)(answer), ConnectError::Later { cause: Cause::Throttled, .. });
        answer.status == 429 || (answer.status == 403 && is_throttled(answer))
    }

    fn asked_to_wait(&self, wait: Duration) -> ConnectError {
        let reason = format!("{} asks us to wait", self.manner.name);
        ConnectError::Later { step: Step::Work, cause: Cause::Throttled, wait: Some(wait), reason }
    }

    /// Whoever has too much to do is left alone by everybody who asks for the mailbox.
    fn hold_for(&self, answer: &Answer, wait: Duration) {
        if answer.status != 503 && !self.is_too_much(answer) {
            return;
        }
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        *free_at = (*free_at).max(Some(Instant::now() + wait.min(LONGEST_WAIT)));
    }
}

fn bearer(token: &Secret) -> Result<header::HeaderValue, ConnectError> {
    let text = [b"Bearer ", token.reveal()].concat();
    let mut value =
        header::HeaderValue::from_bytes(&text).map_err(|_| later(Cause::Protocol, "the token is no token"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn pause(tries: u32) -> Duration {
    Duration::from_millis(500 << tries.min(5))
}

pub(crate) fn later(cause: Cause, reason: &str) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause, wait: None, reason: reason.to_owned() }
}

/// Percent-encoded for a path or a query.
pub(crate) fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
