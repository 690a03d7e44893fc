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
use std::{sync::Arc, time::Duration};

/// How often a draft is looked at whose sending was not answered, and how long apart.
const LOOKS: u32 = 3;
const LOOK: Duration = Duration::from_secs(1);

/// A mailbox at Microsoft 365, sending half.
#[derive(Debug)]
pub struct GraphTransport {
    line: Arc<Line>,
}

/// Where a letter is that was to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among what is being written.
    Draft,
    /// It has left.
    Left,
    Nowhere,
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

    async fn place(&self, id: &str, message_id: Option<&str>) -> Result<Place, ConnectError> {
        let path = format!("/messages/{}?{SELECT}", encoded(id));
        match self.line.json(Question::get(path)).await {
            Ok(letter) if letter["isDraft"] == false => Ok(Place::Left),
            Ok(_) => Ok(Place::Draft),
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => match self.earlier(message_id).await? {
                Err(()) => Ok(Place::Left),
                Ok(_) => Ok(Place::Nowhere),
            },
            Err(error) => Err(error),
        }
    }

    /// What became of a sending of which the answer says too little.
    async fn settle(&self, id: &str, message_id: Option<&str>, why: &str) -> Result<(), ConnectError> {
        let uncertain = || ConnectError::Uncertain(why.to_owned());
        let mut last = Place::Nowhere;
        for look in 0..LOOKS {
            tokio::time::sleep(LOOK * look).await;
            last = self.place(id, message_id).await.map_err(|_| uncertain())?;
            if last == Place::Left {
                return Ok(());
            }
        }
        if last == Place::Nowhere {
            return Err(uncertain());
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
        let why = match asked {
            Ok(answer) if (200..300).contains(&answer.status) => {
                return Ok(taken(&parcel, "accepted by Microsoft 365"));
            }
            Ok(answer) if answer.status < 500 && answer.status != 408 => {
                let error = super::fault::meaning(&answer);
                let ConnectError::Refused { cause, .. } = &error else { return Err(error) };
                // What has left meanwhile, as an earlier try asked, is refused as well.
                let may_have_left = matches!(cause, Cause::NoSuchFolder | Cause::Refused);
                if !may_have_left || matches!(self.place(&draft, message_id.as_deref()).await, Ok(Place::Draft)) {
                    heavy::forget(&self.line, &draft).await;
                    return Err(error);
                }
                error.to_string()
            }
            Ok(answer) => super::fault::said(&answer).1.0,
            Err(error @ ConnectError::Credentials { .. }) => return Err(error),
            Err(error) => error.to_string(),
        };
        let settled = self.settle(&draft, message_id.as_deref(), &why).await;
        settled.map(|()| taken(&parcel, "accepted by Microsoft 365"))
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
