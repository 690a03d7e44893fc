//! What a connector is told before it opens a connection.

use crate::Secret;
use ipnet::IpNet;
use std::{path::PathBuf, sync::Arc};

/// How the connection is protected (features M5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// Plain greeting, then STARTTLS, strictly.
    Starttls,
    /// None; refused above unless an administrator allowed it for the account.
    None,
}

/// One server to connect to.
#[derive(Debug, Clone)]
pub struct Server {
    /// Name or address as the user gave it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How it is protected.
    pub encryption: Encryption,
    /// SHA-256 of the one SubjectPublicKeyInfo that is accepted instead of a chain, lower-case hex.
    pub pinned_certificate: Option<String>,
}

/// How we sign in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// User name and password.
    Password {
        /// The user name.
        username: String,
        /// The password.
        secret: Secret,
    },
    /// An OAuth access token, for XOAUTH2 and OAUTHBEARER.
    Token {
        /// The user name.
        username: String,
        /// The access token.
        token: Secret,
    },
}

/// What every connector shares: which networks may be reached, whom to trust, which resolver to ask.
#[derive(Debug, Clone)]
pub struct World {
    /// Networks outside the public internet that the instance's owner allows (`--allow-network`).
    pub allow_networks: Vec<IpNet>,
    /// Certificates of an own authority, PEM (`--extra-ca`).
    pub extra_ca: Option<PathBuf>,
    /// TLS configuration, made once and shared so that sessions resume.
    pub(crate) tls: Arc<crate::tls::Trust>,
    /// Name lookups.
    pub(crate) resolver: Arc<dyn crate::dns::Resolver>,
    /// Messages above this are refused before anything is allocated, in bytes.
    pub message_limit_bytes: u64,
}
