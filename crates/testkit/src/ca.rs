//! A throw-away certificate authority.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use std::path::{Path, PathBuf};

/// Signs certificates for servers of one test.
#[derive(Debug)]
pub struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The authority's own certificate, PEM: what a client is told to trust.
    pub pem: String,
}

/// A server's certificate and its key, PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate and nothing above it.
    pub certificate: String,
    /// PKCS #8.
    pub key: String,
}

impl Default for Ca {
    fn default() -> Ca {
        Ca::new()
    }
}

impl Ca {
    /// A new authority with a key of its own.
    pub fn new() -> Ca {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Postkamer test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key pair");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate for ourselves");
        let pem = issuer.pem();
        Ca { issuer, pem }
    }

    /// A certificate for these names and addresses, valid for years.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.sign(names, (2020, 2040))
    }

    /// The same, but its time was over in 2021.
    pub fn issue_expired(&self, names: &[&str]) -> Identity {
        self.sign(names, (2020, 2021))
    }

    fn sign(&self, names: &[&str], (from, until): (i32, i32)) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names that a certificate can hold");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().expect("a key pair");
        let certificate = params.signed_by(&key, &self.issuer).expect("a signed certificate");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Identity {
    /// Writes `cert.pem` and `key.pem` into `dir` and answers their paths.
    pub fn write(&self, dir: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        std::fs::write(&certificate, &self.certificate).expect("a file in the peer's folder");
        std::fs::write(&key, &self.key).expect("a file in the peer's folder");
        (certificate, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_certificate_differs_from_a_good_one_only_in_its_time() {
        let ca = Ca::new();
        let (good, old) = (ca.issue(&["localhost", "127.0.0.1"]), ca.issue_expired(&["localhost", "127.0.0.1"]));
        assert!(good.certificate.starts_with("-----BEGIN CERTIFICATE"));
        assert!(old.key.contains("PRIVATE KEY"));
        assert_ne!(good.certificate, old.certificate);
    }
}
