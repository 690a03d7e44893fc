//! What a server's certificate must prove before we tell it anything.

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// What a certificate must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Anybody may answer.
    Nothing,
    /// A trusted authority signed it.
    Signature,
    /// And it did so for this host.
    SignatureAndName,
}

/// What a server must show, and by whose word.
pub(super) struct Trust {
    pub(super) asked: Asked,
    /// In place of the system's authorities.
    pub(super) authority: Option<PathBuf>,
    /// The system's authorities are read when a server first offers TLS.
    pub(super) built: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Trust {
    pub(super) fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let built = self.built.get_or_init(|| self.build().map(Arc::new));
        built.clone().map_err(io::Error::other)
    }

    fn build(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.asked {
            Asked::Nothing => Arc::new(AnyName { proof: None, provider: provider.clone() }),
            Asked::Signature => Arc::new(AnyName { proof: Some(self.proof(&provider)?), provider: provider.clone() }),
            Asked::SignatureAndName => self.proof(&provider)?,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(config)
    }

    /// Asks for a signature by the named authority, or by one that the machine trusts, and for the host's name.
    fn proof(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
        let Some(file) = &self.authority else {
            let machine = rustls_platform_verifier::Verifier::new(provider.clone());
            return Ok(Arc::new(machine.map_err(|error| error.to_string())?));
        };
        let unusable = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let mut roots = RootCertStore::empty();
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
        let named = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        Ok(named.build().map_err(|error| unusable(&error))?)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("{} can't be read: {error}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
    read.collect::<Result<_, _>>().map_err(|error| unreadable(&error))
}

/// Takes a certificate for whatever name: one that the named authority signed (`verify-ca`), or without `proof` any at all
/// (`prefer`, `require`), which keeps out who listens, not who stands in between.
#[derive(Debug)]
struct AnyName {
    /// Compares names last, so that an error about the name says that everything before it was in order.
    proof: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(proof) = &self.proof else { return Ok(ServerCertVerified::assertion()) };
        match proof.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
