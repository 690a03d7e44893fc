//! Whom we trust: the system's authorities, the owner's own, or one pinned key.

use super::{
    certificate::{Presented, describe, spki_sha256},
    dane,
};
use crate::{ConnectError, Server, ServerWords, dns::Tlsa, error::Cause, error::Step};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
};

/// How many refused certificates are remembered for the page that offers to pin them.
const REFUSED_MAX: usize = 256;

pub(super) static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

/// Whom we trust. The system's authorities are read on the first handshake, not before: a short-lived command that
/// never speaks TLS does not pay for them.
#[derive(Debug, Default)]
pub struct Trust {
    extra: Vec<CertificateDer<'static>>,
    authorities: OnceLock<Result<Arc<ClientConfig>, String>>,
    pinned: Mutex<HashMap<String, Arc<ClientConfig>>>,
    anybody: OnceLock<Result<Arc<ClientConfig>, String>>,
    refused: Mutex<HashMap<(String, u16), Presented>>,
}

impl Trust {
    /// The system's authorities and these.
    pub(crate) fn with_extra(extra: Vec<CertificateDer<'static>>) -> Trust {
        Trust { extra, ..Trust::default() }
    }

    /// The configuration for this server; one per set of trust, so that sessions resume only where they were made.
    pub(crate) fn config(&self, server: &Server) -> Result<Arc<ClientConfig>, ConnectError> {
        match &server.pinned_certificate {
            Some(pin) => self.pinned(&pin.trim().to_ascii_lowercase().replace(':', "")),
            None => self.by_authorities(),
        }
    }

    /// The configuration that trusts authorities, for connections that are never pinned.
    pub(crate) fn by_authorities(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        let built = self.authorities.get_or_init(|| {
            let verifier =
                rustls_platform_verifier::Verifier::new_with_extra_roots(self.extra.clone(), PROVIDER.clone())
                    .map_err(|error| error.to_string())?;
            client_config(Check::Authorities(verifier), 256)
        });
        built.clone().map_err(trust_error)
    }

    fn pinned(&self, pin: &str) -> Result<Arc<ClientConfig>, ConnectError> {
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = pinned.get(pin) {
            return Ok(config.clone());
        }
        let config = client_config(Check::Pin(pin.to_owned()), 8).map_err(trust_error)?;
        pinned.insert(pin.to_owned(), config.clone());
        Ok(config)
    }

    /// The configuration for a server of somebody else's mail, of which we know so much.
    pub(super) fn of_exchanger(&self, assurance: &Assurance) -> Result<Arc<ClientConfig>, ConnectError> {
        match assurance {
            Assurance::Authorities => self.by_authorities(),
            Assurance::Dane { records, names } => {
                // Nothing is resumed: what the DNS says may have changed since.
                client_config(Check::Dane { records: records.clone(), names: names.clone() }, 0).map_err(trust_error)
            }
            Assurance::Nobody => {
                self.anybody.get_or_init(|| client_config(Check::Nobody, 64)).clone().map_err(trust_error)
            }
        }
    }

    pub(crate) fn remember_refused(&self, server: &Server, presented: Presented) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= REFUSED_MAX {
            refused.clear();
        }
        refused.insert((server.host.clone(), server.port), presented);
    }

    pub(crate) fn refused(&self, server: &Server) -> Option<Presented> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&(server.host.clone(), server.port)).cloned()
    }
}

/// A certificate that was turned down, carried through rustls' error to whoever explains it.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct RefusedCertificate {
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) presented: Presented,
}

impl RefusedCertificate {
    /// The reason and the certificate itself: a person can only pin what was shown to them (features M5).
    pub(crate) fn in_words(&self) -> String {
        let RefusedCertificate { reason, presented, .. } = self;
        format!(
            "{reason}. The certificate is for {}, signed by {}, good until {}; SHA-256 fingerprint of its key: {}",
            presented.subject, presented.issuer, presented.not_after, presented.spki_sha256
        )
    }
}

fn trust_error(reason: String) -> ConnectError {
    ConnectError::Settings { step: Step::Tls, cause: Cause::CertificateUntrusted, words: ServerWords(reason) }
}

fn client_config(check: Check, sessions: usize) -> Result<Arc<ClientConfig>, String> {
    let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { check }))
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(sessions);
    Ok(Arc::new(config))
}

/// What is known of a mail exchanger before it shows its certificate.
#[derive(Debug, Clone)]
pub(crate) enum Assurance {
    /// An authority that we trust must have signed for its name.
    Authorities,
    /// The DNS says what it must look like.
    Dane {
        /// How.
        records: Vec<Tlsa>,
        /// Whom a certificate below an authority of the DNS may be for.
        names: Vec<ServerName<'static>>,
    },
    /// Nothing: encryption keeps out who only listens, which is better than none (RFC 7435 §3). Only for delivery to
    /// exchangers that would also be spoken to in plain text; no secret of ours goes there.
    Nobody,
}

#[derive(Debug)]
enum Check {
    Authorities(rustls_platform_verifier::Verifier),
    Pin(String),
    Dane { records: Vec<Tlsa>, names: Vec<ServerName<'static>> },
    Nobody,
}

#[derive(Debug)]
struct Verifier {
    check: Check,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (cause, reason) = match &self.check {
            Check::Authorities(verifier) => {
                match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                    Ok(verified) => return Ok(verified),
                    Err(error) => (cause_of(&error), error.to_string()),
                }
            }
            Check::Pin(pin) => match spki_sha256(end_entity) {
                Some(shown) if shown == *pin => return Ok(ServerCertVerified::assertion()),
                _ => (Cause::CertificateChanged, "the server's key is not the pinned one".to_owned()),
            },
            Check::Dane { records, names } => match dane::matches(records, names, end_entity, intermediates, now) {
                true => return Ok(ServerCertVerified::assertion()),
                false => (Cause::CertificateUntrusted, "the certificate is not the one that the DNS names".to_owned()),
            },
            Check::Nobody => return Ok(ServerCertVerified::assertion()),
        };
        let refused = RefusedCertificate { cause, reason, presented: describe(end_entity) };
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused)))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}

fn cause_of(error: &Error) -> Cause {
    use CertificateError as C;
    match error {
        Error::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => Cause::CertificateWrongHost,
        Error::InvalidCertificate(
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
        ) => Cause::CertificateExpired,
        _ => Cause::CertificateUntrusted,
    }
}
