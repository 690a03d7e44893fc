//! A connected e-mail account; the page says *mailbox*.

mod access;
mod health;
mod held;
mod lease;
mod own;
mod past;
mod read;
mod renewal;
mod secret;
mod settings;
mod write;

pub use access::Access;
pub use health::{Colour, Health, Trouble, record_fetched, record_success, record_trouble, rouse, try_now};
pub use held::{Held, any_due, forget_leases, held};
pub use lease::{AccountLease, hold, lease, release, renew};
pub use own::{OwnMailbox, by_own_address, of_the_postmaster, take_over};
pub use past::{Turn, turns};
pub use read::{by_address, counts, domains, get, list, load, load_all, organisation_of};
pub use renewal::{begin_renewal, end_renewal};
pub use secret::{Direction, open_secret, renew_secret, set_secret};
pub use settings::{
    AccountSettings, AfterFetch, Authentication, Domain, Encryption, Exchange, Font, Incoming, Limits, Outgoing,
    Server, Style, is_never_linked,
};
pub use write::{
    NewAccount, create, learn_sent_copy, primary, remember_identity, remove, restore, restored, set_primary, update,
};

use mail::{AccountKey, OrganisationKey};

/// Who puts the copy into the sent folder: learnt per account (pains P17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentCopy {
    /// Not learnt yet: look first.
    Unknown,
    /// The provider does it by itself.
    Provider,
    /// We do.
    Ours,
}

impl SentCopy {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            SentCopy::Unknown => "unknown",
            SentCopy::Provider => "provider",
            SentCopy::Ours => "ours",
        }
    }

    fn from_name(name: &str) -> SentCopy {
        match name {
            "provider" => SentCopy::Provider,
            "ours" => SentCopy::Ours,
            _ => SentCopy::Unknown,
        }
    }
}

/// A connected e-mail account, without its secrets.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// Its key.
    pub id: AccountKey,
    /// What a person saved.
    pub settings: AccountSettings,
    /// Sends the organisation's own mail (features M15).
    pub primary: bool,
    /// A secret for receiving is kept.
    pub has_incoming_secret: bool,
    /// A secret for sending is kept.
    pub has_outgoing_secret: bool,
    /// When a secret was last set: all that is ever shown of it.
    pub secrets_set_at: Option<i64>,
    /// Who puts the copy into the sent folder.
    pub sent_copy: SentCopy,
    /// How it does.
    pub health: Health,
    /// The server and name behind which this mailbox was last seen (features M14).
    pub identity: Option<String>,
    /// Its address, or the domain of it, was shown to be the organisation's: it may send by our own hand (features S8).
    pub sender_proven: bool,
    /// When restoring was asked for, until a pass has come to its end (features M20).
    pub restoring_at: Option<i64>,
    /// The number of the lease that may write.
    pub fence: i64,
    /// Grows when a person saves it.
    pub version: i64,
    /// When it was made.
    pub created_at: i64,
}

/// How much mail an account holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Messages in its folders.
    pub messages: i64,
    /// Of which unread.
    pub unread: i64,
}
