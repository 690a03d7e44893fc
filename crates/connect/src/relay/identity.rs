//! The certificate that the door shows.
//!
//! Servers that bring mail encrypt when they can and seldom look at the certificate, so without files of the owner's one of
//! our own making serves: it keeps out who only listens (RFC 7435).

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};
use tokio::time::{Duration, Instant};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at, for they are renewed every few weeks.
const LOOK: Duration = Duration::from_secs(60);

/// A certificate with its key, from files or our own.
pub struct Identity {
    files: Option<(PathBuf, PathBuf)>,
    now: Mutex<Now>,
}

struct Now {
    acceptor: TlsAcceptor,
    changed_at: Option<SystemTime>,
    looked_at: Instant,
}

impl Identity {
    /// The certificate chain and the key of these PEM files. When the files change, the new ones are taken.
    ///
    /// # Errors
    /// When they can't be read, or don't fit each other.
    pub fn of_files(certificate: &Path, key: &Path) -> io::Result<Identity> {
        let acceptor = read(certificate, key)?;
        let files = Some((certificate.to_owned(), key.to_owned()));
        let changed_at = changed_at(certificate);
        Ok(Identity { files, now: Mutex::new(Now { acceptor, changed_at, looked_at: Instant::now() }) })
    }

    /// A certificate of our own for this name, which nobody vouches for.
    ///
    /// # Errors
    /// When none can be made for such a name.
    pub fn of_our_own(name: &str) -> io::Result<Identity> {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).map_err(invalid)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let acceptor = acceptor(vec![made.cert.der().clone()], key)?;
        Ok(Identity { files: None, now: Mutex::new(Now { acceptor, changed_at: None, looked_at: Instant::now() }) })
    }

    /// Somebody vouches for it, as far as we know.
    pub fn is_from_files(&self) -> bool {
        self.files.is_some()
    }

    /// What makes TLS of a connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((certificate, key)) = self.files.as_ref().filter(|_| now.looked_at.elapsed() > LOOK) {
            now.looked_at = Instant::now();
            let changed = changed_at(certificate);
            if changed != now.changed_at {
                match read(certificate, key) {
                    Ok(acceptor) => (now.acceptor, now.changed_at) = (acceptor, changed),
                    Err(error) => tracing::warn!(%error, "the new certificate can't be used; the former one stays"),
                }
            }
        }
        now.acceptor.clone()
    }
}

fn changed_at(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|about| about.modified()).ok()
}

fn read(certificate: &Path, key: &Path) -> io::Result<TlsAcceptor> {
    let of = |file: &Path| std::fs::read(file).map_err(|error| named(file, error.kind(), &error));
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&of(certificate)?).collect();
    let chain = chain.map_err(|error| named(certificate, io::ErrorKind::InvalidData, &error))?;
    let secret =
        PrivateKeyDer::from_pem_slice(&of(key)?).map_err(|error| named(key, io::ErrorKind::InvalidData, &error))?;
    acceptor(chain, secret).map_err(|error| named(certificate, error.kind(), &error))
}

fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(invalid)?;
    let config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(invalid)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

fn named(file: &Path, kind: io::ErrorKind, error: &impl ToString) -> io::Error {
    io::Error::new(kind, format!("{}: {}", file.display(), error.to_string()))
}
