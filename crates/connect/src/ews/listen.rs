//! Being told of changes: a subscription, and a connection over which Exchange tells of what happens for as long as it lasts
//! (learn.microsoft.com/exchange/client-developer, streaming notifications). It only wakes; what changed is asked for.

use super::{
    FOLDER_PREFIX,
    fault::later,
    lane::Lane,
    line::{Line, Question},
    xml::written,
};
use crate::{ConnectError, Wake, error::Cause, http::next_piece};
use reqwest::Response;
use std::time::Duration;
use tokio::time::Instant;

/// A connection lasts so long at most, in minutes.
const MINUTES: u64 = 30;
/// After trouble with it nothing is asked for so long.
const REST: Duration = Duration::from_secs(60);
/// A connection that ended sooner than this was no connection.
const SHORT: Duration = Duration::from_secs(5);
/// An envelope is no longer than this.
const ENVELOPE_BYTES: usize = 1 << 20;

const SUBSCRIBE: &str = concat!(
    r#"<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders="true"><t:EventTypes>"#,
    r#"<t:EventType>NewMailEvent</t:EventType><t:EventType>CreatedEvent</t:EventType><t:EventType>DeletedEvent</t:EventType>"#,
    r#"<t:EventType>ModifiedEvent</t:EventType><t:EventType>MovedEvent</t:EventType><t:EventType>CopiedEvent</t:EventType>"#,
    r#"</t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>"#
);

/// Who listens for changes in a mailbox. Whatever it was doing when somebody stopped waiting, it goes on with.
#[derive(Debug, Default)]
pub struct Listener {
    subscription: Option<String>,
    open: Option<Open>,
    /// After trouble, until when nothing is asked.
    rests_until: Option<Instant>,
}

#[derive(Debug)]
struct Open {
    /// The connection is the lane's.
    _lane: Lane,
    response: Response,
    begun: Instant,
    /// What came of an envelope that has not ended yet.
    text: Vec<u8>,
}

impl Listener {
    /// Returns when something changed, or the time is up.
    pub async fn wait(&mut self, line: &Line, at_most: Duration) -> Result<Wake, ConnectError> {
        let ends = Instant::now() + at_most;
        if let Some(until) = self.rests_until {
            tokio::time::sleep_until(until.min(ends)).await;
            self.rests_until = Some(until).filter(|until| *until > Instant::now());
            // What happened meanwhile nobody told.
            return Ok(Wake::Timer);
        }
        match tokio::time::timeout_at(ends, self.told(line)).await {
            Ok(Ok(folders)) => Ok(Wake::Changed(folders)),
            Err(_) => Ok(Wake::Timer),
            Ok(Err(error @ (ConnectError::Credentials { .. } | ConnectError::Settings { .. }))) => Err(error),
            Ok(Err(error)) => {
                tracing::debug!(%error, "nothing is told of changes for a while");
                *self = Listener::default();
                let wait = match error {
                    ConnectError::Later { wait: Some(wait), .. } => wait.max(REST),
                    _ => REST,
                };
                let until = Instant::now() + wait;
                self.rests_until = Some(until);
                tokio::time::sleep_until(until.min(ends)).await;
                Ok(Wake::Timer)
            }
        }
    }

    /// The folders in which something changed; none named when anything may have.
    async fn told(&mut self, line: &Line) -> Result<Vec<String>, ConnectError> {
        let Some(subscription) = self.subscription.clone() else {
            let message = line.one(Question::once(SUBSCRIBE)).await?;
            let id = message.said("SubscriptionId").map(str::to_owned);
            self.subscription = Some(id.ok_or_else(|| later(Cause::Protocol, None, "a subscription without a name"))?);
            // What happened between the last look and now is told by nobody.
            return Ok(Vec::new());
        };
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => self.open.insert(listening(line, &subscription).await?),
            };
            match next_piece(&mut open.response).await {
                Ok(Some(piece)) => open.text.extend_from_slice(&piece),
                // Connections end: by the time that was asked for, or by whatever stands between.
                end => {
                    let was_short = open.begun.elapsed() < SHORT;
                    self.open = None;
                    if was_short {
                        return Err(end
                            .err()
                            .unwrap_or_else(|| later(Cause::Dropped, None, "the connection ended at once")));
                    }
                    continue;
                }
            }
            let mut folders = Vec::new();
            while let Some(at) = end_of(&open.text) {
                let rest = open.text.split_off(at);
                let envelope = std::mem::replace(&mut open.text, rest);
                folders.extend(changed_in(line, &envelope)?);
            }
            if !folders.is_empty() {
                folders.sort_unstable();
                folders.dedup();
                return Ok(folders);
            }
            if open.text.len() > ENVELOPE_BYTES {
                return Err(later(Cause::Protocol, None, "an envelope without an end"));
            }
        }
    }
}

async fn listening(line: &Line, subscription: &str) -> Result<Open, ConnectError> {
    let question = format!(
        "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{}</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>{MINUTES}</m:ConnectionTimeout></m:GetStreamingEvents>",
        written(subscription)
    );
    let mut lane = line.lane()?;
    let time = Duration::from_secs((MINUTES + 1) * 60);
    let response = line.stream(&mut lane, Question::new(&question), time).await?;
    Ok(Open { _lane: lane, response, begun: Instant::now(), text: Vec::new() })
}

/// Where the first envelope ends, behind its last byte: one follows the other without anything between them.
fn end_of(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.windows(2).position(|part| part == b"</").map(|at| from + at) {
        let close = at + text.get(at..)?.iter().position(|byte| *byte == b'>')?;
        let name = text.get(at + 2..close)?;
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        if local.trim_ascii() == b"Envelope" {
            return Some(close + 1);
        }
        from = close;
    }
    None
}

/// The folders of which an envelope tells.
fn changed_in(line: &Line, envelope: &[u8]) -> Result<Vec<String>, ConnectError> {
    let mut folders = Vec::new();
    for message in line.read(envelope)? {
        let message = message?;
        for name in ["ParentFolderId", "OldParentFolderId"] {
            let ids = message.all(name).into_iter().filter_map(|id| id.attribute("Id"));
            folders.extend(ids.map(|id| format!("{FOLDER_PREFIX}{id}")));
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_that_follow_each_other_are_told_apart_wherever_they_are_cut() {
        let two =
            b"<?xml version=\"1.0\"?><s:Envelope><a>x</a></s:Envelope><?xml version=\"1.0\"?><Envelope></Envelope>";
        assert_eq!(end_of(two), Some(59));
        assert_eq!(end_of(&two[59..]), Some(two.len() - 59));
        assert!((0..59).all(|cut| end_of(&two[..cut]).is_none()));
    }
}
