//! From DATA to the reply: the letter comes in, is looked at, is given its place.

use super::{Envelope, Session};
use crate::relay::{
    Letter, PIECE, Trouble,
    body::{Body, Came},
    trace::{self, Loop, Outside},
    verdict::Brought,
};
use rand::RngExt;
use std::{io, time::Duration};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit},
    time::{timeout, timeout_at},
};

/// How long one letter waits for memory that others hold, or others of its own source.
const FOR_MEMORY: Duration = Duration::from_secs(10);

impl Session<'_> {
    /// The message, or with what to hang up.
    pub(super) async fn receive(&mut self) -> io::Result<Result<(Body, Vec<OwnedSemaphorePermit>), &'static str>> {
        let limit = self.shared.options.message_limit;
        let mut body = Body::new(limit);
        let (mut memory, mut lent) = (Vec::new(), 0);
        let own = self.shared.gate.memory_of(self.source);
        loop {
            let Ok(bytes) = timeout_at(self.deadline(), self.wire.bytes()).await else {
                return Ok(Err("421 4.4.2 Nothing came in time"));
            };
            let bytes = bytes?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match body.push(&bytes) {
                Came::End(used) => {
                    self.wire.unread(bytes.get(used..).unwrap_or_default());
                    return Ok(Ok((body, memory)));
                }
                Came::Bare => return Ok(Err("550 5.6.0 A line ends with CR and LF together (RFC 5321, 2.3.8)")),
                Came::More if body.seen() > limit.saturating_mul(2) => {
                    return Ok(Err("552 5.3.4 Larger than is taken here"));
                }
                Came::More => {}
            }
            if body.is_too_large() {
                memory.clear();
                continue;
            }
            while lent < body.seen() {
                // Its own first: whoever has enough already does not stand in the way of others.
                let both = async {
                    Ok((own.clone().acquire_owned().await?, self.shared.memory.clone().acquire_owned().await?))
                };
                let permits: Result<Result<_, AcquireError>, _> = timeout(FOR_MEMORY, both).await;
                let Ok(Ok((of_source, of_all))) = permits else {
                    return Ok(Err("452 4.3.1 Too much mail at once; try again later"));
                };
                memory.extend([of_source, of_all]);
                lent += PIECE;
            }
        }
    }

    /// Hands the letter to the house. The reply, and whether it was kept.
    pub(super) async fn keep(&mut self, envelope: Envelope, raw: Vec<u8>) -> io::Result<(String, bool)> {
        if let Some(found) = trace::is_loop(&raw, &envelope.recipients) {
            let why = match found {
                Loop::Hops => "554 5.4.6 It went over too many servers",
                Loop::Here => "554 5.4.6 It was here before: a loop",
            };
            return Ok((why.to_owned(), false));
        }
        let (helo, extended) = self.greeted.clone().unwrap_or_default();
        let us = &self.shared.options.name;
        let brought =
            Brought { client: self.client, helo: helo.clone(), sender: envelope.sender.clone(), us: us.clone() };
        let (raw, results) = self.shared.verifier.results(raw, brought).await?;
        let raw = trace::without_forged_results(raw, us);
        let id: String = rand::rng().random::<[u8; 6]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let outside = Outside {
            sender: &envelope.sender,
            recipients: &envelope.recipients,
            helo: &helo,
            client: self.client,
            tls: self.tls.as_deref(),
            extended,
            utf8: envelope.utf8,
            us,
            id: &id,
        };
        let ours = trace::written(&outside, &results, jiff::Timestamp::now());
        let mut whole = Vec::with_capacity(ours.len() + raw.len());
        whole.extend_from_slice(ours.as_bytes());
        whole.extend_from_slice(&raw);
        drop(raw);
        let Envelope { sender, recipients, .. } = envelope;
        let letter = Letter { sender, recipients, raw: whole.into(), ours: ours.len() };
        match self.shared.house.take(letter).await {
            Ok(()) => {
                tracing::info!(client = %self.client, id, "a letter was taken");
                Ok((format!("250 2.0.0 Kept as {id}"), true))
            }
            Err(trouble) => {
                tracing::warn!(client = %self.client, id, %trouble, "a letter could not be kept");
                Ok((
                    match trouble {
                        Trouble::Full => "452 4.3.1 No room; try again later".to_owned(),
                        Trouble::Later(_) => "451 4.3.0 It could not be kept; try again later".to_owned(),
                    },
                    false,
                ))
            }
        }
    }
}
