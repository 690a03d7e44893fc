//! Secrets at rest (reliability.md §3, Storage): sealed with XChaCha20-Poly1305 and bound to the row they belong to.
//!
//! Every organisation has its own data key, which the database holds sealed with the master key; the master key is in a
//! file beside the database and never in it, so that a stolen dump opens nothing. The associated data names
//! organisation, table, row, column and key version: a value that was moved to another row does not open there.

mod guessable;
mod keyring;
mod master;
mod password;
mod password_rule;
mod rotate;
mod seal;
mod token;

pub use keyring::Keyring;
pub use master::{MasterKey, Pepper};
pub use password::{Verdict, hash_password, verify_password};
pub use password_rule::{PasswordProblem, password_problems};
pub use rotate::rotate;
pub use token::{new_token, token_digest};

/// A column that holds something sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretColumn {
    /// Its table; `id` is the row, and `organisation` its owner (in `organisations` the two are one).
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
}

/// What an account signs in with to receive.
pub const ACCOUNT_INCOMING: SecretColumn = SecretColumn { table: "accounts", column: "incoming_secret" };
/// What an account signs in with to send.
pub const ACCOUNT_OUTGOING: SecretColumn = SecretColumn { table: "accounts", column: "outgoing_secret" };
/// What a person's authenticator makes its codes of.
pub const USER_TOTP: SecretColumn = SecretColumn { table: "users", column: "totp_secret" };
/// What we prove ourselves with at the provider where an organisation's people sign in.
pub const PROVIDER_SECRET: SecretColumn = SecretColumn { table: "identity_providers", column: "client_secret" };
/// What we prove ourselves with at a provider of mailboxes.
pub const APP_SECRET: SecretColumn = SecretColumn { table: "app_registrations", column: "client_secret" };
/// What opens Mailgun's interface.
pub const MAILGUN_API_KEY: SecretColumn = SecretColumn { table: "mailgun_domains", column: "api_key" };
/// What Mailgun signs its posts with.
pub const MAILGUN_SIGNING_KEY: SecretColumn = SecretColumn { table: "mailgun_domains", column: "signing_key" };
/// What fetches news from Google's Pub/Sub.
pub const TOPIC_KEY: SecretColumn = SecretColumn { table: "google_topics", column: "reader_key" };
/// What is redeemed when somebody agreed elsewhere (RFC 8628).
pub const DEVICE_CODE: SecretColumn = SecretColumn { table: "device_codes", column: "device_code" };
/// What signs mail that we deliver ourselves.
pub const DKIM_PRIVATE: SecretColumn = SecretColumn { table: "dkim_keys", column: "private_key" };
/// What signs our Message-IDs.
pub const MESSAGE_ID_KEY: SecretColumn = SecretColumn { table: "organisations", column: "message_id_key" };
/// An organisation's data keys, sealed with the master key; everything else is sealed with these.
pub const DATA_KEY: SecretColumn = SecretColumn { table: "organisations", column: "data_key" };

/// Every column sealed with a data key: what a rotation walks. A test fails when the schema has one that is not here.
pub const SEALED: &[SecretColumn] = &[
    ACCOUNT_INCOMING,
    ACCOUNT_OUTGOING,
    USER_TOTP,
    PROVIDER_SECRET,
    APP_SECRET,
    TOPIC_KEY,
    DEVICE_CODE,
    MAILGUN_API_KEY,
    MAILGUN_SIGNING_KEY,
    DKIM_PRIVATE,
    MESSAGE_ID_KEY,
];
