//! What the tests stand on: real mail servers that start and stop with a test, clients that we did not write, servers
//! that misbehave on request, and mail to send around.
//!
//! Everything panics with a clear line when it can't do its work: in a test that is the right answer.

mod browser;
mod ca;
mod chance;
mod client;
pub mod corpus;
mod courier;
mod cyrus;
mod davmail;
mod dovecot;
mod exchange;
mod exim;
mod gmail;
mod gmail_imap;
mod graph;
pub mod home;
mod identity;
mod internet;
mod jwt;
mod layer;
mod listener;
mod mailgun;
mod mbsync;
pub mod model;
mod named;
mod oauth;
mod pop3;
mod port;
mod postfix;
mod postgres;
mod process;
mod program;
mod rspamd;
mod s3;
mod scripted;
pub mod sink;
mod small_disk;

pub use browser::Browser;
pub use ca::{Ca, Identity};
pub use chance::Chance;
pub use client::{Append, FolderSnapshot, ImapClient, MessageSnapshot, PopClient, PopSnapshot, SmtpClient, Tls};
pub use courier::Courier;
pub use cyrus::{Cyrus, CyrusOptions};
pub use davmail::DavMail;
pub use dovecot::{Dovecot, DovecotOptions};
pub use exchange::{BoundDoor, exchange_autodiscover, exchange_client, exchange_schema, held_against_exchange_schema};
pub use exim::{Exim, EximOptions};
pub use gmail::{gmail_client, news_client, service_account_client};
pub use gmail_imap::GmailImap;
pub use graph::{graph_client, held_against_graph_metadata};
pub use identity::IdentityServer;
pub use internet::{Internet, Zone, inside_internet, listens, policy_server};
pub use jwt::TokenKey;
pub use mailgun::mailgun_client;
pub use mbsync::{mbsync, unix_lines};
pub use model::{ModelFolder, ModelImap, ModelOptions};
pub use named::NameServer;
pub use oauth::OauthServer;
pub use pop3::{ModelPop3, PopLetter, PopState, Quit};
pub use port::{free_port, is_listening};
pub use postfix::{Postfix, PostfixOptions};
pub use postgres::Postgres;
pub use process::Process;
pub use program::{Installation, Serving};
pub use rspamd::{Brought, Rspamd};
pub use s3::S3;
pub use scripted::{Script, ScriptedServer};
pub use sink::Sink;
pub use small_disk::SmallDisk;

/// SHA-256 in hexadecimal: how messages are compared between servers, clients and languages.
pub fn digest(raw: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect()
}
