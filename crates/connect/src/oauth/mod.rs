//! Asking at a provider by authorisation code: who somebody is, or leave to read a mailbox (RFC 6749 §4.1, with PKCE of
//! RFC 7636, the issuer in the answer of RFC 9207, and the advice of RFC 9700).
//!
//! What is here knows nothing of who asks. A grant is a list of fields, so that renewing a token (§6) and a device's code
//! (RFC 8628 §3.4) go through the same [`TokenEndpoint`].

mod assertion;
mod authorize;
mod device;
mod pkce;
mod token;

pub use assertion::{Certificate, KeyFault, PROOF_GRANT, ServiceAccount};
pub use authorize::{Answer, Request};
pub use device::{DEVICE_GRANT, DeviceAnswer, device_code};
pub use pkce::Verifier;
pub use token::{ClientAuthentication, TokenEndpoint, Tokens};

use crate::{ConnectError, Secret, ServerWords};

/// Who we are at a provider, as an administrator registered us there.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Our name there.
    pub client_id: String,
    /// What proves it: a secret's value, or a certificate with its private key in PEM.
    pub client_secret: Secret,
}

/// Why nothing came of asking.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OauthError {
    /// The provider could not be reached, or did not answer in time.
    #[error(transparent)]
    Unreachable(#[from] ConnectError),
    /// It said no, by a code of RFC 6749 §4.1.2.1 or §5.2.
    #[error("the provider refused ({code}): {words}")]
    Refused {
        /// Its code, of small letters and underscores; `server_error` when it gave none.
        code: String,
        /// What it said besides.
        words: ServerWords,
    },
    /// The answer came from another provider than the one that was asked (RFC 9207 §2.4).
    #[error("the answer is of another provider")]
    OtherIssuer,
    /// The answer lacks what the standards put in it.
    #[error("the answer lacks {0}")]
    Incomplete(&'static str),
}

/// A code as providers may give it, and nothing that somebody could put words into (§4.1.2.1 allows more).
fn plain_code(code: &str) -> String {
    let is_plain = |code: &str| code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !code.is_empty() && is_plain(code) { code.to_owned() } else { "server_error".to_owned() }
}
