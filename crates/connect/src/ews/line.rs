//! Asking Exchange: over few connections, with patience, and no sooner than it wants.

use super::{
    fault::{self, later},
    lane::{Lane, Target},
    xml::Node,
};
use crate::{ConnectError, Secret, World, error::Cause, http::read_limited};
use bytes::Bytes;
use reqwest::Response;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// Questions at once: an Exchange server lets one user ask 27, of whom the people with their telephones need the most
/// (learn.microsoft.com/exchange, EwsMaxConcurrency).
const AT_ONCE: usize = 3;
/// How often a question is put again that can be put twice.
const TRIES: u32 = 4;
/// Longer than this nobody waits here: it is told when to come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// A list is no longer than this.
const LIST_BYTES: usize = 16 << 20;
const LIST_TIME: Duration = Duration::from_secs(120);
const LETTER_TIME: Duration = Duration::from_secs(600);

/// The line to one mailbox.
#[derive(Debug)]
pub struct Line {
    world: World,
    target: Arc<Target>,
    turns: Semaphore,
    /// Connections that nobody uses now.
    lanes: Mutex<Vec<Lane>>,
    /// Before this moment the server wants nothing of us.
    free_at: Mutex<Option<Instant>>,
}

/// What is asked.
pub(super) struct Question {
    body: Bytes,
    limit: usize,
    time: Duration,
    /// Asked twice it does the same.
    again: bool,
}

impl Question {
    /// One that changes nothing, or can be done twice.
    pub fn new(operation: &str) -> Question {
        Question { body: envelope(operation), limit: LIST_BYTES, time: LIST_TIME, again: true }
    }

    /// One that would be done twice.
    pub fn once(operation: &str) -> Question {
        Question { again: false, ..Question::new(operation) }
    }

    /// With a letter in it, or for an answer of at most so many bytes with letters in it.
    pub fn letters(mut self, limit: usize) -> Question {
        (self.limit, self.time) = (limit.max(LIST_BYTES), LETTER_TIME);
        self
    }
}

fn envelope(operation: &str) -> Bytes {
    Bytes::from(format!(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" "#,
            r#"xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" "#,
            r#"xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>"#,
            r#"<t:RequestServerVersion Version="Exchange2013_SP1"/></s:Header><s:Body>{}</s:Body></s:Envelope>"#
        ),
        operation
    ))
}

impl Line {
    /// The line to the mailbox of whoever signs in.
    pub fn new(world: &World, target: Target) -> Line {
        let (turns, lanes) = (Semaphore::new(AT_ONCE), Mutex::default());
        Line { world: world.clone(), target: Arc::new(target), turns, lanes, free_at: Mutex::new(None) }
    }

    /// How long the server wants to be left alone.
    pub fn rest(&self) -> Duration {
        let free_at = *self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        free_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }

    /// A connection of one's own, for what stays open.
    pub(super) fn lane(&self) -> Result<Lane, ConnectError> {
        Lane::new(&self.world, self.target.clone())
    }

    /// The one message that answers a question, or what its refusal means.
    pub(super) async fn one(&self, question: Question) -> Result<Node, ConnectError> {
        let mut found = self.several(question).await?;
        if found.is_empty() {
            return Err(later(Cause::Protocol, None, "an answer without a message"));
        }
        found.swap_remove(0)
    }

    /// The messages that answer a question, each with what its refusal means.
    pub(super) async fn several(&self, question: Question) -> Result<Vec<Result<Node, ConnectError>>, ConnectError> {
        let mut tries = 0;
        loop {
            let rest = self.rest();
            if rest > PATIENCE {
                return Err(later(Cause::Throttled, Some(rest), "Exchange asks us to wait"));
            }
            tokio::time::sleep(rest).await;
            let asked = self.once(&question).await;
            let pause = Duration::from_millis(500 << tries.min(5));
            tries += 1;
            let trouble = match &asked {
                Ok(messages) => messages.iter().find_map(|message| message.as_ref().err()),
                Err(error) => Some(error),
            };
            let Some(ConnectError::Later { cause, wait, .. }) = trouble else { return asked };
            // A busy server did nothing; of other trouble on its side nobody knows, and what became of it can be asked at once.
            let is_busy = *cause == Cause::Throttled;
            let is_held = is_busy || (wait.is_some() && question.again);
            let wait = wait.unwrap_or(pause);
            if is_held {
                self.hold(wait);
            }
            if tries >= TRIES || wait > PATIENCE || !(is_busy || question.again) {
                return asked;
            }
            if !is_held {
                tokio::time::sleep(wait).await;
            }
        }
    }

    async fn once(&self, question: &Question) -> Result<Vec<Result<Node, ConnectError>>, ConnectError> {
        let _turn = self.turns.acquire().await.map_err(|_| later(Cause::Dropped, None, "the line was closed"))?;
        let idle = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut lane = match idle {
            Some(lane) => lane,
            None => self.lane()?,
        };
        let answer = tokio::time::timeout(question.time, async {
            read_limited(lane.ask(&question.body, question.time).await?, question.limit).await
        });
        let body = answer.await.map_err(|_| later(Cause::TimedOut, None, "no answer in time"))??;
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
        self.read(&body)
    }

    /// The messages in an answer.
    pub(super) fn read(&self, body: &[u8]) -> Result<Vec<Result<Node, ConnectError>>, ConnectError> {
        let secrets: Vec<&Secret> = self.target.sign_in.secret().into_iter().collect();
        let root = Node::read(body).ok_or_else(|| later(Cause::Protocol, None, "the answer is no SOAP"))?;
        let body = root.child("Body").and_then(|body| body.children.first());
        let body = body.ok_or_else(|| later(Cause::Protocol, None, "an envelope with nothing in it"))?;
        if body.name == "Fault" {
            let code = body.all("ResponseCode").first().map_or("", |code| code.text.trim());
            let text = body.said("faultstring").unwrap_or_default();
            return Err(fault::told(code, text, body, &secrets));
        }
        let read = |message: &Node| match message.attribute("ResponseClass") {
            Some("Error") => {
                let code = message.said("ResponseCode").unwrap_or_default();
                let text = message.said("MessageText").unwrap_or_default();
                Err(fault::told(code, text, message, &secrets))
            }
            _ => Ok(message.clone()),
        };
        Ok(body.inside(&["ResponseMessages"]).iter().map(read).collect())
    }

    /// An answer that goes on and on, over a connection of its own.
    pub(super) async fn stream(
        &self,
        lane: &mut Lane,
        question: Question,
        time: Duration,
    ) -> Result<Response, ConnectError> {
        lane.ask(&question.body, time).await
    }

    fn hold(&self, wait: Duration) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        *free_at = (*free_at).max(Some(Instant::now() + wait));
    }
}
