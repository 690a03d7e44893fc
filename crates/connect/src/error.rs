//! Why a connector could not do what it was asked, sorted by what the caller should do next.

use crate::Secret;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::{fmt, time::Duration};

/// What the server said, cut to a length a person can read and cleaned of secrets and control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerWords(pub String);

impl ServerWords {
    /// What may be kept of a server's words: 300 characters, no control characters, and none of the secrets in use,
    /// neither as they are nor inside base 64. A hostile or clumsy server repeats what it was told.
    pub fn new(text: &str, secrets: &[&Secret]) -> ServerWords {
        let mut clean = text.to_owned();
        for secret in secrets {
            for form in written_forms(secret.reveal()) {
                clean = clean.replace(&form, "***");
            }
        }
        let kept = clean.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SERVER_WORDS_CHARACTERS);
        ServerWords(kept.collect::<String>().trim().to_owned())
    }
}

const SERVER_WORDS_CHARACTERS: usize = 300;

/// The secret as text, and the part of its base 64 that is the same whatever stands around it, for each of the three
/// ways it can lie on the groups of three bytes.
fn written_forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    if !secret.is_empty() {
        forms.extend(std::str::from_utf8(secret).ok().map(str::to_owned));
    }
    for before in 0..3 {
        let bytes = [&[0; 3][..before], secret].concat();
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        let (start, end) = (usize::from(before > 0) + before, bytes.len() * 8 / 6);
        if end >= start + 6 {
            forms.push(encoded[start..end].to_owned());
        }
    }
    forms
}

impl fmt::Display for ServerWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where in the course of a connection it went wrong; the names of the test steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Looking up the name.
    Resolve,
    /// Opening the connection and hearing the greeting.
    Connect,
    /// Agreeing on encryption.
    Tls,
    /// Signing in.
    SignIn,
    /// Everything after that.
    Work,
}

/// A cause that the diagnosis can explain (features M10). The text of cause and fix is `mailroom`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The name does not exist.
    UnknownHost,
    /// Nobody listens on that port, or a firewall drops it.
    PortClosed,
    /// No answer in time.
    TimedOut,
    /// The address is inside a network that the owner did not allow.
    AddressNotAllowed,
    /// The peer closed the connection.
    Dropped,
    /// The certificate is for another name.
    CertificateWrongHost,
    /// The certificate has expired or is not yet valid.
    CertificateExpired,
    /// The certificate is signed by nobody we trust.
    CertificateUntrusted,
    /// A pinned certificate changed.
    CertificateChanged,
    /// The server speaks only TLS older than 1.2.
    TlsOutdated,
    /// STARTTLS is not offered, or somebody tampers with it (PREAUTH, data before the handshake).
    StartTlsRefused,
    /// This port speaks plain text where TLS was expected, or the other way round.
    WrongEncryption,
    /// User name or password wrong.
    WrongPassword,
    /// The server wants an app password or a second factor.
    AppPasswordNeeded,
    /// The provider has switched password sign-in off.
    BasicAuthOff,
    /// Password sign-in is refused without encryption.
    EncryptionNeeded,
    /// No sign-in method in common.
    NoCommonMechanism,
    /// The server wants to be signed in to in another way than the one that was chosen (Exchange: NTLM, not Basic).
    OtherSignIn,
    /// What answers at the address is no Exchange Web Services: another path, a login page.
    NotExchange,
    /// The mailbox may not be used through Exchange Web Services.
    EwsOff,
    /// Our address was put on the server's list after too many tries.
    Blacklisted,
    /// The OAuth token was refused.
    TokenRefused,
    /// The consent to use a mailbox was withdrawn or has expired: only its owner can give it anew.
    GrantGone,
    /// The provider does not take the app that the organisation registered there, or its secret.
    AppRefused,
    /// The organisation's app may not open this mailbox by itself.
    AppKeptOut,
    /// The administrator of the domain does not let the organisation's service account act for its people.
    NotDelegated,
    /// The mailbox is not shared with the person who should open it.
    NotShared,
    /// The provider does not take the API key, or the key may not do this.
    KeyRefused,
    /// The provider does not know the domain, or not in this region.
    DomainUnknown,
    /// The provider has not seen the domain's records in DNS yet.
    DomainUnverified,
    /// There is no key with which what the provider hands over could be believed.
    SigningKeyMissing,
    /// A domain for tries: it only sends to addresses that were authorised at the provider.
    RecipientNotAuthorised,
    /// The account is locked, switched off, or may not use this protocol.
    AccountDisabled,
    /// The folder is not there (missing INBOX prefix, say).
    NoSuchFolder,
    /// No room left.
    QuotaFull,
    /// The server does not let this account send as that address.
    SenderNotAllowed,
    /// Too many connections or messages; the server asks us to wait.
    Throttled,
    /// Another program has the mailbox open, and the server lets one in at a time (POP3).
    InUse,
    /// The server gives its messages no lasting names (POP3 without UIDL).
    NoUniqueIds,
    /// A single item over the limit.
    TooLarge,
    /// What the server said makes no sense to us.
    Protocol,
    /// The server answers with another mailbox than the one whose mail we hold.
    OtherAccount,
    /// The mailbox reaches only addresses of this installation.
    OnlyHere,
    /// Nobody answers on port 25, at several domains: the way out is closed.
    MailPortClosed,
    /// The address that the built-in sender should send as was not shown to be the organisation's.
    SenderUnproven,
    /// The domain takes no mail, or does not exist.
    NoMailThere,
    /// Anything the server refuses in its own words.
    Refused,
}

/// Why a connector could not do what it was asked, by what the caller should do next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectError {
    /// A person must act: wrong password, withdrawn consent. The account is parked. Counts as a refused sign-in.
    #[error("the server refused our credentials: {words}")]
    Credentials {
        /// What exactly.
        cause: Cause,
        /// What it said.
        words: ServerWords,
    },
    /// A person must act on the settings: certificate, encryption, an address that is not allowed.
    #[error("the settings do not work at {step:?} ({cause:?}): {words}")]
    Settings {
        /// Where.
        step: Step,
        /// What exactly.
        cause: Cause,
        /// What it said.
        words: ServerWords,
    },
    /// The cursor means nothing to the server any more: bind the folder anew.
    #[error("the server no longer knows our place in the folder")]
    CursorLost,
    /// Try again, after `wait` if the server named a time and by our own pauses if not.
    #[error("the server asks us to come back later ({cause:?}): {reason}")]
    Later {
        /// Where.
        step: Step,
        /// What exactly.
        cause: Cause,
        /// The server's own time.
        wait: Option<Duration>,
        /// In words.
        reason: String,
    },
    /// Never try again: the server will not take this message, folder or edit.
    #[error("refused for good ({cause:?}): {words}")]
    Refused {
        /// What exactly.
        cause: Cause,
        /// What it said.
        words: ServerWords,
    },
    /// The message was on the wire and no answer came: it may or may not have been accepted.
    #[error("no answer came after the message was on the wire: {0}")]
    Uncertain(String),
}

impl ConnectError {
    /// What exactly, whatever is to be done next; `None` when the class says all there is.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            ConnectError::Credentials { cause, .. }
            | ConnectError::Settings { cause, .. }
            | ConnectError::Later { cause, .. }
            | ConnectError::Refused { cause, .. } => Some(*cause),
            ConnectError::CursorLost | ConnectError::Uncertain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn no_form_of_a_secret_is_left_in_a_servers_words() {
        let secret = Secret::new("canary-4711");
        for before in ["", "\0u\0", "\0us\0", "\0use\0"] {
            let encoded = STANDARD.encode(format!("{before}canary-4711\x01"));
            let words = ServerWords::new(&format!("bad canary-4711 in\r\n{encoded}"), &[&secret]);
            assert!(!words.0.contains("canary") && !words.0.contains(&encoded), "{words}");
            let left = words.0.rsplit(' ').next().unwrap_or_default().replace("***", "");
            assert!(left.len() <= encoded.len() - 13, "{left}");
        }
    }

    #[test]
    fn a_servers_words_are_cut_and_cleaned() {
        let words = ServerWords::new(&format!("a\u{7}b\n{}", "x".repeat(1000)), &[&Secret::new("")]);
        assert_eq!(words.0.chars().count(), 300);
        assert!(words.0.starts_with("a b x"));
    }
}
