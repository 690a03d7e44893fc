//! What a person needs to see of a certificate before pinning it.

use rustls::{pki_types::CertificateDer, server::ParsedCertificate};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A certificate as it was shown to us.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Presented {
    /// SHA-256 of its SubjectPublicKeyInfo, lower-case hex: what [`crate::Server::pinned_certificate`] takes.
    pub spki_sha256: String,
    /// Whom it is for, the common name or the whole name in short.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// First moment it is good, `YYYY-MM-DDThh:mm:ssZ`; empty when unreadable.
    pub not_before: String,
    /// Last moment it is good.
    pub not_after: String,
}

/// The SHA-256 of the certificate's SubjectPublicKeyInfo in lower-case hex, or `None` for a broken certificate.
///
/// The key is pinned, not the certificate: a renewal with the same key keeps working (RFC 7469 §2.4).
pub fn spki_sha256(certificate: &CertificateDer<'_>) -> Option<String> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let digest = Sha256::digest(parsed.subject_public_key_info().as_ref());
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The certificate in words a person can compare; what can't be read stays empty.
pub fn describe(certificate: &CertificateDer<'_>) -> Presented {
    let mut presented = read_fields(certificate).unwrap_or_else(|| Presented {
        spki_sha256: String::new(),
        subject: String::new(),
        issuer: String::new(),
        not_before: String::new(),
        not_after: String::new(),
    });
    presented.spki_sha256 = spki_sha256(certificate).unwrap_or_default();
    presented
}

/// The digest of the certificate to which a sign-in inside TLS is bound: by the function that its signature uses, and by
/// SHA-256 where that is an older one (RFC 5929 §4.1, `tls-server-end-point`).
pub fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // The kinds of signature, RSA and ECDSA, that use these functions (RFC 8017 appendix C, RFC 5758 §3.2).
    const SHA384: [&[u8]; 2] =
        [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c], &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03]];
    const SHA512: [&[u8]; 2] =
        [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d], &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04]];
    let (_, outer, _) = element(certificate)?;
    let (_, _signed, rest) = element(outer)?;
    let (_, algorithm, _) = element(rest)?;
    let (_, kind, _) = element(algorithm)?;
    Some(match kind {
        kind if SHA384.contains(&kind) => Sha384::digest(certificate).to_vec(),
        kind if SHA512.contains(&kind) => Sha512::digest(certificate).to_vec(),
        _ => Sha256::digest(certificate).to_vec(),
    })
}

/// RFC 5280 §4.1: Certificate > TBSCertificate > version, serial, signature, issuer, validity, subject.
fn read_fields(certificate: &[u8]) -> Option<Presented> {
    let (_, outer, _) = element(certificate)?;
    let (_, mut rest, _) = element(outer)?;
    let (tag, _, after) = element(rest)?;
    if tag == 0xa0 {
        rest = after;
    }
    let (_, _serial, rest) = element(rest)?;
    let (_, _signature, rest) = element(rest)?;
    let (_, issuer, rest) = element(rest)?;
    let (_, validity, rest) = element(rest)?;
    let (_, subject, _) = element(rest)?;
    let (from_tag, from, after) = element(validity)?;
    let (until_tag, until, _) = element(after)?;
    Some(Presented {
        spki_sha256: String::new(),
        subject: name(subject),
        issuer: name(issuer),
        not_before: instant(from_tag, from).unwrap_or_default(),
        not_after: instant(until_tag, until).unwrap_or_default(),
    })
}

/// The first DER element of `input`: its tag, its contents, and what follows it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

/// The common name, or else every readable value of the name joined.
fn name(mut sets: &[u8]) -> String {
    const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
    let mut values = Vec::new();
    while let Some((_, mut set, rest)) = element(sets) {
        sets = rest;
        while let Some((_, pair, rest)) = element(set) {
            set = rest;
            let Some((_, oid, value)) = element(pair) else { continue };
            let Some((_, value, _)) = element(value) else { continue };
            let text: String = String::from_utf8_lossy(value).chars().filter(|c| !c.is_control()).take(200).collect();
            if oid == COMMON_NAME {
                return text;
            }
            values.push(text);
        }
    }
    values.join(", ")
}

/// UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them, both in Z.
fn instant(tag: u8, value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let full = match tag {
        0x17 if text.len() == 12 => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        0x18 if text.len() == 14 => text.to_owned(),
        _ => return None,
    };
    if !full.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| full.get(from..to).unwrap_or_default();
    Some(format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_described_by_name_and_dates() {
        let mut params = rcgen::CertificateParams::new(vec!["mail.example.test".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        params.distinguished_name.push(rcgen::DnType::CommonName, "mail.example.test");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();

        let presented = describe(certificate.der());

        assert_eq!(presented.subject, "mail.example.test");
        assert_eq!(presented.not_after, "2031-02-03T00:00:00Z");
        assert_eq!(presented.spki_sha256.len(), 64);
    }

    #[test]
    fn a_sign_in_is_bound_to_the_digest_of_the_certificate_by_the_function_of_its_signature() {
        let params = rcgen::CertificateParams::new(vec!["mail.example.test".to_owned()]).unwrap();
        let small = params.clone().self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        assert_eq!(end_point(small.der()).unwrap(), Sha256::digest(small.der()).to_vec());
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let large = params.self_signed(&key).unwrap();
        assert_eq!(end_point(large.der()).unwrap(), Sha384::digest(large.der()).to_vec());
        assert_eq!(end_point(b"no certificate"), None);
    }

    #[test]
    fn broken_certificates_are_described_without_a_panic() {
        for cut in 0..40_usize {
            let bytes: Vec<u8> = (0..cut).map(|n| [0x30, 0x82, 0x01, 0x83, 0xff][n % 5]).collect();
            assert_eq!(describe(&CertificateDer::from(bytes)).spki_sha256, "");
        }
    }
}
