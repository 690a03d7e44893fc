//! Sending: first a draft, then one request that sends it, so that a lost answer can be settled by looking at the draft
//! (reliability, section on sending, rule 18). Microsoft puts the copy among what was sent by itself.

use super::{
    item::{self, SELECT},
    line::{self, Line, Question, encoded},
    refused,
};
use crate::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords, Transport,
    error::{Cause, Step},
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail::address::fold_address;
use reqwest::Method;
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// A request may be so long, in bytes (learn.microsoft.com/graph/api/user-sendmail): a letter of three quarters of it.
const LONGEST: usize = 4 << 20;
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

    async fn forget(&self, id: &str) {
        let path = format!("/messages/{}", encoded(id));
        if let Err(error) = self.line.json(Question::new(Method::DELETE, path, true)).await {
            tracing::info!(%error, "a draft that could not be sent stays in the mailbox");
        }
    }
}

#[async_trait]
impl Transport for GraphTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let (message, message_id) = addressed(&parcel)?;
        let text = STANDARD.encode(&message);
        if text.len() > LONGEST {
            let words = format!("{} bytes are more than Microsoft takes in one request (about 3 MB)", message.len());
            return Err(refused(Cause::TooLarge, &words));
        }
        let draft = match self.earlier(message_id.as_deref()).await? {
            Err(()) => return Ok(receipt(&parcel, "it had left already")),
            Ok(Some(draft)) => draft,
            Ok(None) => {
                let made = self.line.json(Question::new(Method::POST, "/messages", false).mime(text)).await?;
                let lost = || line::later(Cause::Protocol, "a draft without an identifier");
                made["id"].as_str().map(str::to_owned).ok_or_else(lost)?
            }
        };
        if let Err(reason) = marks.on_the_wire().await {
            return Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason });
        }
        let path = format!("/messages/{}/send", encoded(&draft));
        let asked = self.line.ask(Question::new(Method::POST, path, false)).await;
        match asked {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(receipt(&parcel, "accepted by Microsoft 365")),
            Ok(answer) if answer.status < 500 && answer.status != 408 => {
                let error = super::fault::meaning(&answer);
                if matches!(error, ConnectError::Refused { .. }) {
                    self.forget(&draft).await;
                }
                Err(error)
            }
            Ok(answer) => {
                let words = super::fault::said(&answer).1.0;
                self.settle(&draft, &words).await.map(|()| receipt(&parcel, "accepted by Microsoft 365"))
            }
            Err(error @ ConnectError::Credentials { .. }) => Err(error),
            Err(error) => {
                self.settle(&draft, &error.to_string()).await.map(|()| receipt(&parcel, "accepted by Microsoft 365"))
            }
        }
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        let owner = self.line.owner().await?;
        Ok(ServerWords::new(&owner.into_iter().next().unwrap_or_default(), &[]))
    }

    async fn close(&self) {}
}

fn receipt(parcel: &Parcel, words: &str) -> Receipt {
    let said = ServerWords(words.to_owned());
    let one = |address: &String| RecipientReceipt { address: address.clone(), outcome: Ok(said.clone()) };
    Receipt { recipients: parcel.recipients.iter().map(one).collect(), server_said: said.clone(), code: 202 }
}

/// The letter with everybody in its head whom it is for: Microsoft reads the envelope there. Whoever is only in the
/// envelope gets a place in Bcc, which Microsoft takes out again.
fn addressed(parcel: &Parcel) -> Result<(Bytes, Option<String>), ConnectError> {
    let head = mail::parse::parse(&parcel.message);
    let named = head.to.iter().chain(&head.cc).chain(&head.bcc);
    let named: BTreeSet<String> = named.map(|one| fold_address(&one.address)).collect();
    let meant: BTreeSet<String> = parcel.recipients.iter().map(|one| fold_address(one)).collect();
    if let Some(other) = named.difference(&meant).next() {
        let words = format!("Microsoft would also send it to {other}, who is not to get it now");
        return Err(refused(Cause::Refused, &words));
    }
    let hidden: Vec<&str> = parcel
        .recipients
        .iter()
        .filter(|one| !named.contains(&fold_address(one)) && !one.contains(['\r', '\n']))
        .map(String::as_str)
        .collect();
    let message_id = head.message_id.map(|id| id.0);
    if hidden.is_empty() {
        return Ok((parcel.message.clone(), message_id));
    }
    let mut message = format!("Bcc: {}\r\n", hidden.join(",\r\n ")).into_bytes();
    message.extend_from_slice(&parcel.message);
    Ok((message.into(), message_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(recipients: &[&str]) -> Parcel {
        Parcel {
            return_path: "info@voorbeeld.test".into(),
            recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
            message: Bytes::from_static(b"Message-ID: <a@b>\r\nTo: A <a@x.nl>\r\nCc: b@x.nl\r\n\r\nhallo\r\n"),
            envelope_id: None,
            notify_success: false,
        }
    }

    #[test]
    fn whoever_is_only_in_the_envelope_is_put_into_a_head_that_others_do_not_see() {
        let (plain, id) = addressed(&parcel(&["b@x.nl", "A@X.nl"])).unwrap();
        assert_eq!((plain, id.as_deref()), (parcel(&[]).message, Some("a@b")));
        let (hidden, _) = addressed(&parcel(&["a@x.nl", "b@x.nl", "c@x.nl", "d@x.nl"])).unwrap();
        assert!(hidden.starts_with(b"Bcc: c@x.nl,\r\n d@x.nl\r\nMessage-ID:"));
    }

    #[test]
    fn a_letter_never_goes_to_somebody_who_is_not_to_get_it_now() {
        assert!(matches!(addressed(&parcel(&["a@x.nl"])), Err(ConnectError::Refused { .. })));
    }
}
