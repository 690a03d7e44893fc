//! What a connector is told before it opens a connection.

mod tidy;
mod vendor;

pub use tidy::{WarningCode, ews_address, secret_warnings, tidy_exchange_name, tidy_host, tidy_name};
pub use vendor::{Vendor, Vendors};

use crate::Secret;
use ipnet::IpNet;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

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

impl Credentials {
    /// With an app password of Google's as Google means it.
    pub(crate) fn as_google_means(&self) -> Credentials {
        match self {
            Credentials::Password { username, secret } => Credentials::Password {
                username: username.clone(),
                secret: tidy::app_password(secret).unwrap_or_else(|| secret.clone()),
            },
            token => token.clone(),
        }
    }
}

/// What the owner says about the world outside.
#[derive(Debug, Clone, Default)]
pub struct WorldOptions {
    /// Networks outside the public internet that may be reached (`--allow-network`).
    pub allow_networks: Vec<IpNet>,
    /// Certificates of an own authority, PEM (`--extra-ca`).
    pub extra_ca: Option<PathBuf>,
    /// Messages above this are refused; `0` stands for 50 MiB.
    pub message_limit_bytes: u64,
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
    /// Where providers' interfaces are.
    pub vendors: Vendors,
}

impl World {
    /// A world with the system's resolver. Cheap: authorities and name servers are read when first needed; only the
    /// owner's own authority is read here, so that a mistake in it shows at the start.
    pub fn new(options: WorldOptions) -> io::Result<World> {
        let extra = match &options.extra_ca {
            Some(path) => read_authorities(path)?,
            None => Vec::new(),
        };
        let limit = if options.message_limit_bytes == 0 { 50 << 20 } else { options.message_limit_bytes };
        Ok(World {
            allow_networks: options.allow_networks,
            extra_ca: options.extra_ca,
            tls: Arc::new(crate::tls::Trust::with_extra(extra)),
            resolver: Arc::new(crate::dns::SystemResolver::default()),
            message_limit_bytes: limit,
            vendors: Vendors::default(),
        })
    }

    /// The same world with another resolver.
    pub fn with_resolver(mut self, resolver: Arc<dyn crate::dns::Resolver>) -> World {
        self.resolver = resolver;
        self
    }

    /// The same world in which providers are elsewhere.
    pub fn with_vendors(mut self, vendors: Vendors) -> World {
        self.vendors = vendors;
        self
    }

    /// The resolver, for checks that look names up themselves.
    pub fn resolver(&self) -> &dyn crate::dns::Resolver {
        self.resolver.as_ref()
    }
}

fn read_authorities(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()));
    let pem =
        std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(wrong("no certificate in it".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(wrong(error.to_string())),
    }
}
