//! Sending: first a draft, then one request that sends it. A draft that was sent is gone, and one that was removed was not
//! sent: so removing it settles a lost answer, whatever Google made of our Message-ID. Google puts the copy among what was
//! sent by itself.

use super::{USER, edit, refused};
use crate::{
    ConnectError, Line, Marks, Parcel, Receipt, ServerWords, Transport, drafts,
    error::{Cause, Step},
    line::{Question, encoded, later},
};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// A letter may be so long, in bytes (developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send).
const LONGEST: usize = 36_700_160;
/// What it costs, in units: to make a draft, to send one, to remove one, to look for one.
const COST_OF_DRAFT: u32 = 10;
const COST_OF_SENDING: u32 = 100;
const COST_OF_LOOKING: u32 = 5;
/// How often a draft is looked at whose sending was not answered, and how long apart.
const LOOKS: u32 = 3;
const LOOK: Duration = Duration::from_secs(1);

/// A mailbox at Gmail, sending half.
#[derive(Debug)]
pub struct GmailTransport {
    line: Arc<Line>,
}

/// The words by which Gmail's search finds a letter with this Message-ID.
pub(super) fn by_message_id(message_id: &str) -> String {
    format!("rfc822msgid:{}", message_id.trim().trim_start_matches('<').trim_end_matches('>'))
}

/// What became of removing a draft.
enum Removed {
    /// It was there, and was not sent.
    Unsent,
    /// It was not there any more.
    Away,
}

impl GmailTransport {
    /// Sends from the mailbox at the end of this line.
    pub fn new(line: Arc<Line>) -> GmailTransport {
        GmailTransport { line }
    }

    /// Whether an earlier try sent the letter. A draft that it left is taken away; one that is away says nothing by itself, as
    /// it may be we who took it away.
    async fn left_before(&self, message_id: &str) -> Result<bool, ConnectError> {
        let query = by_message_id(message_id);
        let path = format!("{USER}/drafts?q={}", encoded(&query));
        let drafts = self.line.json(Question::get(path).costing(COST_OF_LOOKING)).await?;
        let mut is_lost = false;
        for id in drafts["drafts"].as_array().into_iter().flatten().filter_map(|draft| draft["id"].as_str()) {
            is_lost |= matches!(self.remove(id).await?, Removed::Away);
        }
        match edit::is_sent(&self.line, &query).await? {
            false if is_lost => Err(later(Cause::Dropped, "an earlier draft is not where it was")),
            is_sent => Ok(is_sent),
        }
    }

    async fn draft(&self, message: Bytes) -> Result<String, ConnectError> {
        let question = Question::new(Method::POST, format!("/upload{USER}/drafts?uploadType=media"), false);
        let made = self.line.json(question.carrying("message/rfc822", message).costing(COST_OF_DRAFT).slowly()).await?;
        let lost = || later(Cause::Protocol, "a draft without an identifier");
        made["id"].as_str().map(str::to_owned).ok_or_else(lost)
    }

    /// Asked once: a second time it would find away what the first took away, as if it had been sent.
    async fn remove(&self, draft: &str) -> Result<Removed, ConnectError> {
        let path = format!("{USER}/drafts/{}", encoded(draft));
        match self.line.json(Question::new(Method::DELETE, path, false).costing(COST_OF_DRAFT)).await {
            Ok(_) => Ok(Removed::Unsent),
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => Ok(Removed::Away),
            Err(error) => Err(error),
        }
    }

    /// What became of a sending that was not answered. It may still be on its way there, so it is looked at a few times.
    async fn settle(&self, draft: &str, why: &str) -> Result<(), ConnectError> {
        let uncertain = || ConnectError::Uncertain(why.to_owned());
        let path = format!("{USER}/drafts/{}?format=minimal", encoded(draft));
        for look in 0..LOOKS {
            tokio::time::sleep(LOOK * look).await;
            match self.line.json(Question::get(path.clone()).costing(COST_OF_LOOKING)).await {
                Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(uncertain()),
            }
        }
        match self.remove(draft).await.map_err(|_| uncertain())? {
            Removed::Away => Ok(()),
            Removed::Unsent => {
                let reason = format!("the draft was not sent: {why}");
                Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason })
            }
        }
    }

    async fn forget(&self, draft: &str) {
        if let Err(error) = self.remove(draft).await {
            tracing::info!(%error, "a draft that could not be sent stays in the mailbox");
        }
    }
}

#[async_trait]
impl Transport for GmailTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let (message, message_id) = drafts::addressed(&parcel, "Google")?;
        if message.len() > LONGEST {
            let words = format!("{} bytes are more than Google takes (35 MB)", message.len());
            return Err(refused(Cause::TooLarge, &words));
        }
        if let Some(message_id) = &message_id
            && self.left_before(message_id).await?
        {
            return Ok(taken(&parcel, "it had left already"));
        }
        let draft = self.draft(message).await?;
        if let Err(reason) = marks.on_the_wire().await {
            self.forget(&draft).await;
            return Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason });
        }
        let question = Question::new(Method::POST, format!("{USER}/drafts/send"), false);
        let asked = self.line.ask(question.json(&json!({ "id": draft })).costing(COST_OF_SENDING).slowly()).await;
        let why = match asked {
            Ok(answer) if (200..300).contains(&answer.status) => return Ok(taken(&parcel, "accepted by Google")),
            Ok(answer) if answer.status < 500 && answer.status != 408 => {
                let error = super::fault::meaning(&answer);
                self.forget(&draft).await;
                return Err(error);
            }
            Ok(answer) => super::fault::said(&answer).1.0,
            // No token, no question.
            Err(error @ (ConnectError::Credentials { .. } | ConnectError::Settings { .. })) => {
                return Err(error);
            }
            Err(error) => error.to_string(),
        };
        self.settle(&draft, &why).await.map(|()| taken(&parcel, "accepted by Google"))
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        let owner = super::owner(&self.line).await?;
        Ok(ServerWords::new(&owner.into_iter().next().unwrap_or_default(), &[]))
    }

    async fn close(&self) {}
}

fn taken(parcel: &Parcel, words: &str) -> Receipt {
    drafts::taken(parcel, words, 200)
}
