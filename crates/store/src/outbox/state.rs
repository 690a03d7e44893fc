//! Where a submission and each of its recipients stand, and which steps there are (reliability.md §4, rule 13).

use serde::{Deserialize, Serialize};

/// Where a submission, or one recipient of it, stands. The names are the API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// For its time, its turn or its next try.
    Waiting,
    /// Somebody holds the lease.
    Sending,
    /// The next hop took it over.
    Accepted,
    /// The answer was lost after the last byte: it may have been sent.
    Uncertain,
    /// A report says that it arrived.
    Delivered,
    /// A report says that it did not.
    Bounced,
    /// Refused for good, or given up.
    Failed,
    /// Until a person lets it go.
    Held,
    /// A person took it back before it began.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [State; 9] = [
        State::Waiting,
        State::Sending,
        State::Accepted,
        State::Uncertain,
        State::Delivered,
        State::Bounced,
        State::Failed,
        State::Held,
        State::Cancelled,
    ];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Sending => "sending",
            State::Accepted => "accepted",
            State::Uncertain => "uncertain",
            State::Delivered => "delivered",
            State::Bounced => "bounced",
            State::Failed => "failed",
            State::Held => "held",
            State::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a recipient in this state may come into the other. What was accepted is never tried again, and what is
    /// uncertain only when a proof or a person says so.
    pub fn recipient_may_become(self, next: State) -> bool {
        use State::{Accepted, Bounced, Cancelled, Delivered, Failed, Uncertain, Waiting};
        matches!(
            (self, next),
            (Waiting, Accepted | Uncertain | Failed | Cancelled)
                | (Uncertain, Waiting | Accepted | Delivered | Bounced)
                | (Accepted, Delivered | Bounced)
        )
    }

    /// Where a submission stands whose recipients stand so: what still asks for something comes first, so that one
    /// refused recipient of three is seen.
    pub(super) fn of_all(recipients: &[State]) -> State {
        use State::{Accepted, Bounced, Cancelled, Delivered, Failed, Uncertain, Waiting};
        [Waiting, Uncertain, Bounced, Failed, Accepted, Delivered]
            .into_iter()
            .find(|state| recipients.contains(state))
            .unwrap_or(Cancelled)
    }
}

/// Who wrote it, which decides what happens when it stays uncertain (rule 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person, or a program for one.
    Person,
    /// The installation: password mail, invitations, notices.
    System,
    /// An automatic reply.
    Automatic,
    /// One of many.
    Bulk,
}

impl Kind {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Person => "person",
            Kind::System => "system",
            Kind::Automatic => "automatic",
            Kind::Bulk => "bulk",
        }
    }

    pub(super) fn from_name(name: &str) -> Kind {
        [Kind::System, Kind::Automatic, Kind::Bulk]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .unwrap_or(Kind::Person)
    }
}

/// What a waiting or uncertain submission waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitsFor {
    /// The time that its author chose.
    Time,
    /// A limit of account, provider or domain.
    Limit,
    /// The next try after a temporary refusal.
    Retry,
    /// The account was switched off.
    Paused,
    /// Nobody can prove whether it was sent: a person decides.
    Person,
    /// Nothing more: a person left it as it is.
    Nothing,
}

impl WaitsFor {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            WaitsFor::Time => "time",
            WaitsFor::Limit => "limit",
            WaitsFor::Retry => "retry",
            WaitsFor::Paused => "paused",
            WaitsFor::Person => "person",
            WaitsFor::Nothing => "nothing",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<WaitsFor> {
        use WaitsFor::{Limit, Nothing, Paused, Person, Retry, Time};
        [Time, Limit, Retry, Paused, Person, Nothing].into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Where a recipient stood on the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`: in the envelope only.
    Bcc,
    /// The account's own copy address (features M23).
    MailboxBcc,
}

impl Field {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::To => "to",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
            Field::MailboxBcc => "mailbox_bcc",
        }
    }

    pub(super) fn from_name(name: &str) -> Field {
        [Field::Cc, Field::Bcc, Field::MailboxBcc].into_iter().find(|field| field.as_str() == name).unwrap_or(Field::To)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_is_never_tried_again() {
        for state in [State::Accepted, State::Delivered, State::Bounced, State::Failed, State::Cancelled] {
            assert!(!state.recipient_may_become(State::Waiting), "{state:?}");
            assert!(!state.recipient_may_become(State::Uncertain), "{state:?}");
        }
    }

    #[test]
    fn one_refused_recipient_of_three_is_seen() {
        assert_eq!(State::of_all(&[State::Accepted, State::Failed, State::Accepted]), State::Failed);
        assert_eq!(State::of_all(&[State::Accepted, State::Delivered]), State::Accepted);
        assert_eq!(State::of_all(&[State::Failed, State::Waiting]), State::Waiting);
    }
}
