//! Sending: our own bytes, for those who are named beside them (`messages.mime`).
//!
//! Mailgun has no way to ask "did you take this one?" that answers at once: its log runs behind. So a lost answer is looked
//! for a few times, and where it is not found yet the message is uncertain, never sent again (reliability, sending, rule 20).

use super::{OUR_VARIABLE, fault, form, line::Line};
use crate::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords, Transport,
    error::{Cause, Step},
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

/// A message may be so long, in bytes (documentation.mailgun.com, Sending: 25 MB).
const LONGEST: usize = 25 << 20;
/// How often a message is looked for whose sending was not answered, and how long apart.
const LOOKS: u32 = 3;
const LOOK: Duration = Duration::from_secs(1);
/// How long before now a message may have been handed over that is looked for later, in milliseconds.
const BEFORE: i64 = 3 * 3_600_000;

/// A domain at Mailgun, sending half.
#[derive(Debug)]
pub struct MailgunTransport {
    line: Arc<Line>,
}

impl MailgunTransport {
    /// Sends by the domain at the end of this line.
    pub fn new(line: Arc<Line>) -> MailgunTransport {
        MailgunTransport { line }
    }

    /// What became of a sending that was not answered.
    async fn settle(&self, parcel: &Parcel, why: String) -> Result<Receipt, ConnectError> {
        let Some(message_id) = message_id(parcel) else { return Err(ConnectError::Uncertain(why)) };
        for look in 0..LOOKS {
            tokio::time::sleep(LOOK * look).await;
            match self.traced(&message_id).await {
                Ok(Some(words)) => return Ok(receipt(parcel, words)),
                Ok(None) => {}
                Err(_) => break,
            }
        }
        Err(ConnectError::Uncertain(why))
    }
}

fn message_id(parcel: &Parcel) -> Option<String> {
    mail::parse::parse(&parcel.message).message_id.map(|id| id.0)
}

#[async_trait]
impl Transport for MailgunTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        if parcel.message.len() > LONGEST {
            let words = format!("{} bytes are more than Mailgun takes (25 MB)", parcel.message.len());
            return Err(ConnectError::Refused { cause: Cause::TooLarge, words: ServerWords(words) });
        }
        let variable = format!("v:{OUR_VARIABLE}");
        let mut fields: Vec<(&str, &str)> = parcel.recipients.iter().map(|to| ("to", to.as_str())).collect();
        // Our bytes are ours: no links rewritten, no pictures put in.
        fields.extend([("o:tracking", "no"), ("o:tracking-clicks", "no"), ("o:tracking-opens", "no")]);
        if let Some(id) = &parcel.envelope_id {
            fields.push((&variable, id));
        }
        let body = form::in_parts(&fields, Some(&parcel.message));
        if let Err(reason) = marks.on_the_wire().await {
            return Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason });
        }
        let path = format!("/v3/{}/messages.mime", self.line.domain());
        match self.line.hand_over(&path, body).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                let words = fault::said(&answer, self.line.key()).0;
                Ok(receipt(&parcel, ServerWords(words.replacen("HTTP ", "", 1))))
            }
            // Whoever names a wait did nothing yet; anything else may be said by a proxy about what Mailgun took.
            Ok(answer)
                if answer.status == 408
                    || (answer.status >= 500 && (answer.status != 503 || answer.retry_after.is_none())) =>
            {
                self.settle(&parcel, fault::said(&answer, self.line.key()).0).await
            }
            Ok(answer) => Err(fault::meaning(&answer, self.line.key())),
            // Nobody was reached: nothing left.
            Err(error @ ConnectError::Settings { .. }) => Err(error),
            Err(ConnectError::Later { step: Step::Resolve | Step::Tls, cause, wait, reason }) => {
                Err(ConnectError::Later { step: Step::Connect, cause, wait, reason })
            }
            Err(
                error @ ConnectError::Later { step: Step::Connect, cause: Cause::PortClosed | Cause::TimedOut, .. },
            ) => Err(error),
            Err(error) => self.settle(&parcel, error.to_string()).await,
        }
    }

    async fn traced(&self, message_id: &str) -> Result<Option<ServerWords>, ConnectError> {
        let since = jiff::Timestamp::now().as_millisecond() - BEFORE;
        let found = self.line.happened_to(message_id, since).await?;
        // Whatever became of it there, it was taken over.
        Ok((!found.is_empty()).then(|| ServerWords("found in the log of Mailgun".to_owned())))
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        let found = self.line.found(false).await?;
        Ok(ServerWords(found.state.as_str().to_owned()))
    }

    async fn close(&self) {}
}

fn receipt(parcel: &Parcel, said: ServerWords) -> Receipt {
    let one = |address: &String| RecipientReceipt { address: address.clone(), outcome: Ok(said.clone()) };
    Receipt { recipients: parcel.recipients.iter().map(one).collect(), server_said: said.clone(), code: 200 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Secret, Vendors, World, WorldOptions,
        mailgun::{Access, Bases, Region},
    };
    use tokio::net::TcpListener;

    struct Marked;

    #[async_trait]
    impl Marks for Marked {
        async fn on_the_wire(&self) -> Result<(), String> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_no_connection_comes_about_in_time_nothing_is_uncertain() {
        // It takes the connection, and never says a word of TLS.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailgun = Bases::simulated(&format!("https://{}", silent.local_addr().unwrap()));
        let options = WorldOptions { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..WorldOptions::default() };
        let world = World::new(options).unwrap().with_vendors(Vendors { mailgun, ..Vendors::default() });
        let access = Access { region: Region::Eu, domain: "mg.voorbeeld.nl".into(), key: Secret::new("geheim") };
        let transport = MailgunTransport::new(Arc::new(Line::new(&world, access).unwrap()));
        let parcel = Parcel {
            return_path: "info@voorbeeld.nl".into(),
            recipients: vec!["els@klant.test".into()],
            message: b"Message-ID: <pk.een@voorbeeld.nl>\r\n\r\nDag!\r\n".to_vec().into(),
            envelope_id: None,
            notify_success: false,
        };
        let error = transport.submit(parcel, &Marked).await.unwrap_err();
        let ConnectError::Later { step: Step::Connect, cause, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*cause, Cause::TimedOut);
    }
}
