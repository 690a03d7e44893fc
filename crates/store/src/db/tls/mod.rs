//! TLS to PostgreSQL, by the names that its own programs have for it.
//!
//! `sslmode` in the URL: `disable`; `prefer` (without one), encrypted where the server can; `require`, encrypted or not at
//! all; `verify-ca`, and an authority that we trust signed the certificate; `verify-full`, and it is for this very server. As with
//! PostgreSQL's programs, `prefer` never looks at the certificate, and `require` only when `sslrootcert` names an authority.

mod line;
mod trust;

use crate::{StoreError, Unfit};
use std::{
    io,
    path::PathBuf,
    sync::{Arc, OnceLock},
};
use tokio_postgres::{Config, config::SslMode};
use trust::{Asked, Trust};

/// What the driver says when the line could not be protected; it keeps the kind of an error to itself.
const TLS_FAILED: &str = "error performing TLS handshake";

/// What the URL says: how to connect, and how the line is protected.
pub(super) fn read(url: &str) -> Result<(Config, Tls), StoreError> {
    let unreadable = |why: String| StoreError::Unusable(Unfit::DatabaseUrl(why));
    let (bare, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authority, mut others) = ("prefer", None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => authority = Some(PathBuf::from(decoded(value))),
            _ => others.push(pair),
        }
    }
    let authority = authority.filter(|file| file.as_os_str() != "system");
    let (ssl_mode, asked) = match mode {
        "disable" => (SslMode::Disable, Asked::Nothing),
        "allow" | "prefer" => (SslMode::Prefer, Asked::Nothing),
        "require" if authority.is_none() => (SslMode::Require, Asked::Nothing),
        "require" | "verify-ca" if authority.is_some() => (SslMode::Require, Asked::Signature),
        "verify-ca" | "verify-full" => (SslMode::Require, Asked::SignatureAndName),
        other => return Err(unreadable(format!("there is no sslmode {other}"))),
    };
    let rest = if others.is_empty() { bare.to_owned() } else { format!("{bare}?{}", others.join("&")) };
    let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| unreadable(told(&error)))?;
    config.ssl_mode(ssl_mode);
    Ok((config, Tls(Arc::new(Trust { asked, authority, built: OnceLock::new() }))))
}

/// Why there is no connection, for whoever set it up.
pub(super) fn why(error: &tokio_postgres::Error) -> Unfit {
    let mut cause: &dyn std::error::Error = error;
    loop {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return match error {
                rustls::Error::InvalidCertificate(_) => Unfit::DatabaseCertificate(error.to_string()),
                other => Unfit::DatabaseTls(other.to_string()),
            };
        }
        match cause.source() {
            Some(next) => cause = next,
            None if error.to_string() == TLS_FAILED => return Unfit::DatabaseTls(cause.to_string()),
            None => return Unfit::DatabaseSilent(told(error)),
        }
    }
}

/// An error with its causes: the outermost only says what was tried.
fn told(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// `%2F` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How lines to the server are protected. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tls(Arc<Trust>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_how_the_line_is_protected() {
        let of = |query: &str| {
            let (config, tls) = read(&format!("postgres://anna@db.voorbeeld.nl/post{query}")).unwrap();
            (config.get_ssl_mode(), tls.0.asked, tls.0.authority.clone())
        };
        assert_eq!(of(""), (SslMode::Prefer, Asked::Nothing, None));
        assert_eq!(of("?sslmode=disable"), (SslMode::Disable, Asked::Nothing, None));
        assert_eq!(of("?sslmode=require&application_name=x"), (SslMode::Require, Asked::Nothing, None));
        assert_eq!(of("?sslmode=verify-full"), (SslMode::Require, Asked::SignatureAndName, None));
        assert_eq!(of("?sslmode=verify-full&sslrootcert=system"), (SslMode::Require, Asked::SignatureAndName, None));
        // The whole world's authorities sign for anybody: without the name their signature proves nothing.
        assert_eq!(of("?sslmode=verify-ca"), (SslMode::Require, Asked::SignatureAndName, None));
        let named = Some(PathBuf::from("/etc/eigen ca.pem"));
        let query = "?sslrootcert=/etc/eigen%20ca.pem&sslmode=";
        assert_eq!(of(&format!("{query}require")), (SslMode::Require, Asked::Signature, named.clone()));
        assert_eq!(of(&format!("{query}verify-ca")), (SslMode::Require, Asked::Signature, named.clone()));
        assert_eq!(of(&format!("{query}verify-full")), (SslMode::Require, Asked::SignatureAndName, named));
        assert!(matches!(read("postgres://x/y?sslmode=maybe"), Err(StoreError::Unusable(Unfit::DatabaseUrl(_)))));
    }
}
