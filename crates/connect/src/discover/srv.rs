//! The domain's service records (RFC 6186, and RFC 8314 for submission over TLS).

use super::{Address, Candidate, Endpoint, Kind, Origin};
use crate::{Encryption, World};
use futures_util::future::join_all;

/// In the order of preference within each direction: TLS from the start before STARTTLS (RFC 8314 §3).
const SERVICES: [(&str, Kind, Encryption); 6] = [
    ("_imaps._tcp", Kind::Imap, Encryption::Tls),
    ("_imap._tcp", Kind::Imap, Encryption::Starttls),
    ("_pop3s._tcp", Kind::Pop3, Encryption::Tls),
    ("_pop3._tcp", Kind::Pop3, Encryption::Starttls),
    ("_submissions._tcp", Kind::Smtp, Encryption::Tls),
    ("_submission._tcp", Kind::Smtp, Encryption::Starttls),
];

/// What the records say.
pub async fn search(world: &World, address: &Address) -> Vec<Candidate> {
    let found = join_all(SERVICES.map(|service| locate(world, address, service))).await;
    let found: Vec<Endpoint> = found.into_iter().flatten().collect();
    let outgoing = found.iter().find(|endpoint| endpoint.kind == Kind::Smtp).cloned();
    let of_kind = |kind: Kind| found.iter().find(|endpoint| endpoint.kind == kind).cloned();
    let mut incoming: Vec<Option<Endpoint>> =
        [Kind::Imap, Kind::Pop3].map(of_kind).into_iter().flatten().map(Some).collect();
    if incoming.is_empty() && outgoing.is_some() {
        incoming.push(None);
    }
    let candidate = |incoming: Option<Endpoint>| Candidate {
        source: Origin::Srv,
        provider: None,
        incoming,
        outgoing: outgoing.clone(),
        messages_at_once: None,
        note: None,
    };
    incoming.into_iter().map(candidate).collect()
}

async fn locate(world: &World, address: &Address, service: (&str, Kind, Encryption)) -> Option<Endpoint> {
    let (name, kind, encryption) = service;
    let found = world.resolver.srv(&format!("{name}.{}", address.domain)).await.ok()?;
    // A target of "." says that the service is decidedly not there (RFC 2782).
    let best = found.into_iter().find(|srv| !srv.target.is_empty() && srv.port > 0)?;
    Some(Endpoint::new(kind, &best.target, best.port, encryption, &address.full))
}
