//! Certificates by the DNS instead of by authorities (DANE, RFC 7672 §3).

use super::trust::PROVIDER;
use crate::dns::Tlsa;
use rustls::{
    Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use sha2::{Digest, Sha256, Sha512};
use std::sync::Arc;

/// The usages that mail knows: an authority of the chain (2), the server's own certificate (3).
const AUTHORITY: u8 = 2;
const OWN: u8 = 3;

/// Whether we can do anything with the record; one that nobody knows is passed over (RFC 7672 §2.2).
pub(crate) fn is_usable(record: &Tlsa) -> bool {
    let length = match record.matching {
        0 => !record.data.is_empty(),
        1 => record.data.len() == 32,
        2 => record.data.len() == 64,
        _ => false,
    };
    matches!(record.usage, AUTHORITY | OWN) && record.selector <= 1 && length
}

/// Whether what the server shows is what its domain says. `names` are those a certificate below an authority may be for:
/// the server's, and the domain that the mail is for (RFC 7672 §3.2.2).
pub(super) fn matches(
    records: &[Tlsa],
    names: &[ServerName<'static>],
    own: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    now: UnixTime,
) -> bool {
    // Neither name nor date count when the DNS names the key itself (RFC 7672 §3.1.1).
    if records.iter().any(|record| record.usage == OWN && is_of(record, own)) {
        return true;
    }
    let authorities: Vec<CertificateDer<'static>> = records
        .iter()
        .filter(|record| record.usage == AUTHORITY)
        .flat_map(|record| {
            let whole =
                (record.selector == 0 && record.matching == 0).then(|| CertificateDer::from(record.data.clone()));
            let shown = chain.iter().filter(|one| is_of(record, one)).map(|one| one.clone().into_owned());
            shown.chain(whole).collect::<Vec<_>>()
        })
        .collect();
    authorities.into_iter().any(|authority| {
        let signs = signed_by(authority, own, chain, names, now);
        signs.unwrap_or(false)
    })
}

fn signed_by(
    authority: CertificateDer<'static>,
    own: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    names: &[ServerName<'static>],
    now: UnixTime,
) -> Result<bool, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), PROVIDER.clone())
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    Ok(names.iter().any(|name| verifier.verify_server_cert(own, chain, name, &[], now).is_ok()))
}

fn is_of(record: &Tlsa, certificate: &CertificateDer<'_>) -> bool {
    let key;
    let bytes: &[u8] = match record.selector {
        0 => certificate.as_ref(),
        _ => match ParsedCertificate::try_from(certificate) {
            Ok(parsed) => {
                key = parsed.subject_public_key_info();
                key.as_ref()
            }
            Err(_) => return false,
        },
    };
    match record.matching {
        0 => record.data == bytes,
        1 => record.data[..] == Sha256::digest(bytes)[..],
        2 => record.data[..] == Sha512::digest(bytes)[..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> Tlsa {
        Tlsa { usage, selector, matching, data }
    }

    struct Chain {
        authority: CertificateDer<'static>,
        own: CertificateDer<'static>,
    }

    fn chain(name: &str) -> Chain {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let own_key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&own_key, &issuer).unwrap();
        Chain { authority: authority.der().clone(), own: own.der().clone() }
    }

    fn holds(records: &[Tlsa], names: &[&str], chain: &Chain) -> bool {
        let names: Vec<_> = names.iter().map(|name| ServerName::try_from((*name).to_owned()).unwrap()).collect();
        matches(records, &names, &chain.own, std::slice::from_ref(&chain.authority), UnixTime::now())
    }

    #[test]
    fn the_key_that_the_dns_names_is_enough_whatever_name_it_is_for() {
        let shown = chain("mx.anders.test");
        let key = ParsedCertificate::try_from(&shown.own).unwrap().subject_public_key_info().as_ref().to_vec();
        for good in [
            record(3, 1, 1, Sha256::digest(&key).to_vec()),
            record(3, 1, 2, Sha512::digest(&key).to_vec()),
            record(3, 1, 0, key.clone()),
            record(3, 0, 1, Sha256::digest(&shown.own).to_vec()),
        ] {
            assert!(is_usable(&good) && holds(&[good], &["mx.voorbeeld.test"], &shown));
        }
        assert!(!holds(&[record(3, 1, 1, vec![0; 32])], &["mx.anders.test"], &shown));
    }

    #[test]
    fn an_authority_of_the_dns_signs_only_for_the_server_or_the_domain() {
        let shown = chain("mx.voorbeeld.test");
        let authority = record(2, 0, 1, Sha256::digest(&shown.authority).to_vec());
        assert!(holds(std::slice::from_ref(&authority), &["voorbeeld.test", "mx.voorbeeld.test"], &shown));
        assert!(!holds(&[authority], &["anders.test"], &shown));
        let whole = record(2, 0, 0, shown.authority.to_vec());
        assert!(holds(&[whole], &["mx.voorbeeld.test"], &shown));
        let other = chain("mx.voorbeeld.test");
        assert!(!holds(&[record(2, 0, 0, other.authority.to_vec())], &["mx.voorbeeld.test"], &shown));
    }

    #[test]
    fn what_mail_does_not_know_is_not_used() {
        for odd in [record(0, 1, 1, vec![0; 32]), record(3, 2, 1, vec![0; 32]), record(3, 1, 3, vec![0; 32])] {
            assert!(!is_usable(&odd));
        }
        assert!(!is_usable(&record(3, 1, 1, vec![0; 31])));
    }
}
