//! The outside world: the only crate that opens outward sockets, through one egress guard.
//!
//! Knows nothing of `store`: what it must remember it hands up as an opaque [`mail::Cursor`].

pub mod direct;
pub mod discover;
pub mod dkim;
pub mod dns;
mod drafts;
pub mod egress;
pub mod error;
pub mod ews;
mod follow;
pub mod gmail;
pub mod graph;
pub mod http;
pub mod imap;
pub mod line;
pub mod mailgun;
pub mod oauth;
pub mod oidc;
mod patience;
mod phrase;
pub mod pop3;
pub mod relay;
mod room;
pub mod sasl;
pub mod secret;
pub mod settings;
pub mod smtp;
pub mod source;
mod spf;
pub mod tls;
pub mod transcript;
pub mod transport;

pub use error::{ConnectError, ServerWords};
pub use line::{Bearer, Line};
pub use secret::Secret;
pub use settings::{Credentials, Encryption, Server, Vendor, Vendors, World, WorldOptions};
pub use source::{Change, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake};
pub use transcript::Transcript;
pub use transport::{Marks, Parcel, Receipt, RecipientReceipt, Transport};
