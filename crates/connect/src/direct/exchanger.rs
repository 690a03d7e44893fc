//! One server that takes mail for a domain: how it has to prove itself, and the way in.

use crate::{
    ConnectError, Encryption, Server, ServerWords, World,
    dns::{DnsError, Tlsa},
    egress::{connect, later, resolve},
    error::{Cause, Step},
    smtp::{
        Deadlines,
        connection::Connection,
        session::{greet, hello, start_tls},
    },
    tls::{Assurance, Stream, is_usable, upgrade_exchanger},
};
use rustls::pki_types::ServerName;

/// Where servers take mail for their own domains (RFC 5321 §4.5.4.2).
const PORT: u16 = 25;

/// What a server has to show.
#[derive(Debug, Clone)]
pub(super) enum Security {
    /// The certificate that the DNS names (RFC 7672).
    Dane(Vec<Tlsa>),
    /// Encryption by whatever certificate: the DNS names some, and none that we understand (RFC 7672 §2.2).
    Encrypted,
    /// A certificate by an authority, in its own name (RFC 8461 §4.1).
    Verified,
    /// Nothing; it is encrypted when it can be.
    Opportunistic,
}

/// What the DNS says of the certificate of a server that DNSSEC proved to be the right one. An answer that can't be had
/// keeps us from the server: without it nobody knows whether it is the right one (RFC 7672 §2.1.2).
pub(super) async fn by_dns(world: &World, host: &str) -> Result<Option<Security>, ConnectError> {
    let unknown = |error: DnsError| {
        later(Step::Resolve, Cause::UnknownHost, format!("what the certificate of {host} must be: {error}"))
    };
    match world.resolver.has_proven_addresses(host).await {
        Ok(true) => {}
        Ok(false) | Err(DnsError::NotFound) => return Ok(None),
        Err(error) => return Err(unknown(error)),
    }
    match world.resolver.tlsa(&format!("_{PORT}._tcp.{host}")).await {
        Ok(records) => {
            let usable: Vec<Tlsa> = records.into_iter().filter(is_usable).collect();
            Ok(Some(if usable.is_empty() { Security::Encrypted } else { Security::Dane(usable) }))
        }
        Err(DnsError::NotFound) => Ok(None),
        Err(error) => Err(unknown(error)),
    }
}

/// A connection on which mail for `domain` can be handed over.
pub(super) async fn open(
    world: &World,
    host: &str,
    domain: &str,
    security: &Security,
    helo_name: &str,
    deadlines: Deadlines,
) -> Result<Connection, ConnectError> {
    let connection = enter(world, host, helo_name, deadlines).await?;
    let assurance = match security {
        Security::Opportunistic if !connection.offers.starttls => return Ok(connection),
        Security::Opportunistic | Security::Encrypted => Assurance::Nobody,
        Security::Verified => Assurance::Authorities,
        Security::Dane(records) => {
            let names = [host, domain].into_iter().filter_map(|name| ServerName::try_from(name.to_owned()).ok());
            Assurance::Dane { records: records.clone(), names: names.collect() }
        }
    };
    let encrypted = start_tls(connection, helo_name, |stream| upgrade_exchanger(world, host, &assurance, stream)).await;
    match (encrypted, security) {
        (Ok(connection), _) => Ok(connection),
        // Whoever can't do it well is spoken to as if it had not offered it (RFC 7435 §4.1).
        (Err(error), Security::Opportunistic) => {
            tracing::debug!(%host, %error, "a mail exchanger offers encryption and can't do it");
            enter(world, host, helo_name, deadlines).await
        }
        (Err(error), _) => Err(must_prove_itself(error)),
    }
}

/// Greeting and EHLO, in plain text.
async fn enter(world: &World, host: &str, helo_name: &str, deadlines: Deadlines) -> Result<Connection, ConnectError> {
    let addresses = resolve(world, host).await?;
    let stream = connect(&addresses, PORT).await?;
    let mut connection = Connection::new(Stream::Plain(stream), deadlines, None);
    let server = Server { host: host.to_owned(), port: PORT, encryption: Encryption::None, pinned_certificate: None };
    greet(&server, &mut connection).await?;
    hello(&mut connection, helo_name).await?;
    Ok(connection)
}

/// The domain wants more than its server does: that may be a mistake over there or somebody in between, and either way
/// nothing is handed over now.
fn must_prove_itself(error: ConnectError) -> ConnectError {
    match error {
        ConnectError::Settings { cause, words: ServerWords(words), .. } => {
            later(Step::Tls, cause, format!("its domain wants a proven server: {words}"))
        }
        other => other,
    }
}
