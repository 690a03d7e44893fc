//! Sending: first a draft, then one request that sends it, so that a lost answer can be settled by looking at the draft
//! (reliability, section on sending, rule 18). Microsoft puts the copy among what was sent by itself.

use super::{
    heavy,
    item::{self, SELECT},
};
use crate::{
    ConnectError, Marks, Parcel, Receipt, ServerWords, Transport, drafts,
    error::{Cause, Step},
    line::{Line, Question, encoded, later},
};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How often a draft is looked at whose sending was not answered, and how long apart.
const LOOKS: u64 = 3;
const LOOK: Duration = Duration::from_secs(1);

/// A mailbox at Microsoft 365, sending half.
#[derive(Debug)]
pub struct GraphTransport {
    line: Arc<Line>,
}

impl GraphTransport {
    /// Sends from the mailbox at the end of this line.
    pub fn new(line: Arc<Line>) -> GraphTransport {
        GraphTransport { line }
    }

    /// The draft that an earlier try left, or `Err` with what is to be said when the letter has left already.
    async fn earlier(&self, message_id: Option<&str>) -> Result<Result<Option<String>, ()>, ConnectError> {
        let Some(message_id) = message_id else { return Ok(Ok(None)) };
        let found = item::by_message_id(&self.line, "/messages", message_id).await?;
        if found.iter().any(|item| !item.is_draft()) {
            return Ok(Err(()));
        }
        Ok(Ok(found.into_iter().next().map(|item| item.id)))
    }

    /// What became of a sending that was not answered.
    async fn settle(&self, id: &str, why: &str) -> Result<(), ConnectError> {
        let uncertain = || ConnectError::Uncertain(why.to_owned());
        for look in 0..LOOKS {
            tokio::time::sleep(LOOK * u32::try_from(look).unwrap_or_default()).await;
            let path = format!("/messages/{}?{SELECT}", encoded(id));
            match self.line.json(Question::get(path)).await {
                Ok(Value::Object(letter)) if letter.get("isDraft") == Some(&Value::Bool(false)) => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(uncertain()),
            }
        }
        // It lies there unsent. Should it leave after all, the next try finds it by its Message-ID before it sends.
        let reason = format!("the draft was not sent: {why}");
        Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason })
    }

    /// The draft to send, made now or left by an earlier try; `None` when the letter has left already.
    async fn draft(
        &self,
        message: Bytes,
        message_id: Option<&str>,
        is_heavy: bool,
    ) -> Result<Option<String>, ConnectError> {
        match self.earlier(message_id).await? {
            Err(()) => return Ok(None),
            Ok(Some(draft)) if !is_heavy => return Ok(Some(draft)),
            // It may lack attachments, which can't be seen from here: it is made anew.
            Ok(Some(half)) => {
                let path = format!("/messages/{}", encoded(&half));
                match self.line.json(Question::new(Method::DELETE, path, true)).await {
                    Ok(_) => {}
                    Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => {
                        return Err(later(Cause::Dropped, "an earlier draft is not where it was"));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(None) => {}
        }
        match is_heavy {
            true => heavy::draft(&self.line, &message).await.map(Some),
            false => heavy::made(&self.line, &message).await.map(Some),
        }
    }
}

#[async_trait]
impl Transport for GraphTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let (message, message_id) = drafts::addressed(&parcel, "Microsoft")?;
        let is_heavy = heavy::is_heavy(parcel.message.len());
        let Some(draft) = self.draft(message, message_id.as_deref(), is_heavy).await? else {
            return Ok(taken(&parcel, "it had left already"));
        };
        if let Err(reason) = marks.on_the_wire().await {
            return Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason });
        }
        let path = format!("/messages/{}/send", encoded(&draft));
        let asked = self.line.ask(Question::new(Method::POST, path, false)).await;
        match asked {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(taken(&parcel, "accepted by Microsoft 365")),
            Ok(answer) if answer.status < 500 && answer.status != 408 => {
                let error = super::fault::meaning(&answer);
                if matches!(error, ConnectError::Refused { .. }) {
                    heavy::forget(&self.line, &draft).await;
                }
                Err(error)
            }
            Ok(answer) => {
                let words = super::fault::said(&answer).1.0;
                self.settle(&draft, &words).await.map(|()| taken(&parcel, "accepted by Microsoft 365"))
            }
            Err(error @ ConnectError::Credentials { .. }) => Err(error),
            Err(error) => {
                self.settle(&draft, &error.to_string()).await.map(|()| taken(&parcel, "accepted by Microsoft 365"))
            }
        }
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        let owner = super::owner(&self.line).await?;
        Ok(ServerWords::new(&owner.into_iter().next().unwrap_or_default(), &[]))
    }

    async fn close(&self) {}
}

fn taken(parcel: &Parcel, words: &str) -> Receipt {
    drafts::taken(parcel, words, 202)
}
