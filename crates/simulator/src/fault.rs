//! Faults on request: what goes wrong at the real provider now and then, here when it is asked for.

use crate::asked::{Asked, Reply};
use serde::Deserialize;
use serde_json::json;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 401: the token has expired before its time.
    TokenExpired,
    /// 429, with the seconds of [`Fault::seconds`] in Retry-After (left out when they are 0).
    Throttled,
    /// What is over the limit of a minute: 403 at Google, 429 elsewhere.
    QuotaExceeded,
    /// 503, the same.
    Unavailable,
    /// What was asked is done, and the answer is 504 all the same.
    DoneThen504,
    /// The same by the 503 of a proxy before it.
    DoneThen503,
    /// What was asked is done, and the connection ends without an answer.
    DoneThenCut,
    /// 504, and nothing is done.
    Timeout,
    /// 410: the place in the folder's history is no longer known.
    Resync,
    /// The answer ends in its middle.
    Half,
    /// The answer takes [`Fault::seconds`] seconds.
    Slow,
    /// 403: this mailbox may not.
    Denied,
    /// The next change is told to nobody: not by delta, not by a notification.
    LostChange,
    /// The next notification is not sent.
    LostNotification,
    /// Graph: in place of the next notification it is said that some were missed (`missed`).
    MissedNotification,
    /// Graph: in place of the next notification it is said that there are no more (`subscriptionRemoved`), and there are none.
    SubscriptionRemoved,
    /// Graph: in place of the next notification it is said that a token must be shown (`reauthorizationRequired`); until then
    /// there are none.
    ReauthorizationRequired,
    /// Mailgun: the next event is told of [`Fault::seconds`] seconds later than it happened.
    LateEvents,
}

/// A fault that waits for a request it fits.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// The request is of this method and its path and query hold this: `POST /send`. Empty fits every one.
    #[serde(default)]
    pub at: String,
    /// How often; 0 for ever.
    #[serde(default = "once")]
    pub times: u32,
    /// See [`Kind`].
    #[serde(default)]
    pub seconds: u64,
    /// So many requests that fit go well first.
    #[serde(default)]
    pub after: u32,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// One fault, at the next request that fits.
    pub fn new(kind: Kind, at: &str) -> Fault {
        Fault { kind, at: at.to_owned(), times: 1, seconds: 0, after: 0 }
    }

    /// So often.
    pub fn times(mut self, times: u32) -> Fault {
        self.times = times;
        self
    }

    /// With so many seconds.
    pub fn seconds(mut self, seconds: u64) -> Fault {
        self.seconds = seconds;
        self
    }

    /// After so many that went well.
    pub fn after(mut self, after: u32) -> Fault {
        self.after = after;
        self
    }

    fn fits(&self, line: &str) -> bool {
        self.at.split(' ').all(|piece| line.contains(piece))
    }
}

/// What a fault can happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// A request: `POST me/messages/AA/send`.
    Request,
    /// A change in a mailbox: `created`, `updated`, `deleted`.
    Change,
    /// A notification of one.
    Notification,
}

impl Kind {
    fn to(self) -> To {
        match self {
            Kind::LostChange | Kind::LateEvents => To::Change,
            Kind::LostNotification
            | Kind::MissedNotification
            | Kind::SubscriptionRemoved
            | Kind::ReauthorizationRequired => To::Notification,
            _ => To::Request,
        }
    }
}

impl Fault {
    /// What was asked is done all the same.
    pub fn is_done(&self) -> bool {
        matches!(self.kind, Kind::DoneThen503 | Kind::DoneThen504 | Kind::DoneThenCut)
    }
}

/// The fault for this line, when one waits for it.
pub fn take(faults: &mut Vec<Fault>, line: &str, to: To) -> Option<Fault> {
    let at = faults.iter().position(|fault| fault.kind.to() == to && fault.fits(line))?;
    let fault = &mut faults[at];
    if fault.after > 0 {
        fault.after -= 1;
        return None;
    }
    let found = fault.clone();
    if fault.times == 1 {
        faults.remove(at);
    } else {
        fault.times = fault.times.saturating_sub(1);
    }
    Some(found)
}

/// The answer of a fault that answers by itself.
pub fn answer(fault: &Fault, asked: &Asked) -> Option<Reply> {
    let mut reply = match fault.kind {
        Kind::TokenExpired => token_refused("Lifetime validation failed, the token is expired."),
        Kind::Throttled | Kind::QuotaExceeded => {
            error(asked, 429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
        }
        Kind::Unavailable | Kind::DoneThen503 => {
            error(asked, 503, "ServiceUnavailable", "The service is temporarily unavailable.")
        }
        Kind::Timeout | Kind::DoneThen504 => error(asked, 504, "GatewayTimeout", "The request timed out."),
        Kind::Resync => error(asked, 410, "SyncStateNotFound", "The sync state generation is not found."),
        Kind::Denied => error(asked, 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
        // They happen in another way, or to something else than a request.
        _ => return None,
    };
    if fault.seconds > 0 && matches!(reply.status, 429 | 503) {
        reply.headers.push(("retry-after", fault.seconds.to_string()));
    }
    Some(reply)
}

/// 401 with the header that tells where tokens come from.
pub fn token_refused(message: &str) -> Reply {
    let mut reply = error(&Asked::default(), 401, "InvalidAuthenticationToken", message);
    reply.headers.push(("www-authenticate", "Bearer realm=\"\"".to_owned()));
    reply
}

/// An error in the shape of Graph (learn.microsoft.com/graph/errors).
pub fn error(asked: &Asked, status: u16, code: &str, message: &str) -> Reply {
    let request = format!("{:032x}", rand::random::<u128>());
    let client = asked.headers.get("client-request-id").cloned().unwrap_or_else(|| request.clone());
    let date = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let inner = json!({ "date": date, "request-id": request, "client-request-id": client });
    Reply::json(status, &json!({ "error": { "code": code, "message": message, "innerError": inner } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_its_request_and_comes_as_often_as_was_asked() {
        let mut faults = vec![Fault::new(Kind::Throttled, "POST /send").times(2).after(1)];
        let line = "POST me/messages/AA/send";
        assert!(take(&mut faults, "GET me/messages/AA/send", To::Request).is_none());
        assert!(take(&mut faults, line, To::Request).is_none(), "one goes well first");
        assert!(take(&mut faults, line, To::Request).is_some() && take(&mut faults, line, To::Request).is_some());
        assert!(take(&mut faults, line, To::Request).is_none() && faults.is_empty());
    }

    #[test]
    fn every_fault_is_explained_where_people_look_for_it() {
        let page = include_str!("../../../docs/simulator.md");
        let refusal = serde_json::from_str::<Kind>("\"none of them\"").expect_err("there is no such fault").to_string();
        let kinds: Vec<&str> = refusal.split('`').skip(3).step_by(2).collect();
        assert!(kinds.len() > 10 && kinds.contains(&"done_then504"), "{refusal}");
        let missing: Vec<&&str> = kinds.iter().filter(|kind| !page.contains(&format!("| `{kind}` |"))).collect();
        assert!(missing.is_empty(), "docs/simulator.md does not tell of {missing:?}");
    }
}
