//! From a domain to the servers that take its mail (RFC 5321 §5.1).

use crate::{
    ConnectError, ServerWords, World,
    dns::{DnsError, Mx},
    egress::{ascii_host, later},
    error::{Cause, Step},
};
use rand::seq::SliceRandom;

/// The servers of a domain, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) hosts: Vec<String>,
    /// DNSSEC proves that these are the ones, so that what it says of them counts too.
    pub(super) is_proven: bool,
}

/// Where mail for the domain goes.
pub(super) async fn to(world: &World, domain: &str) -> Result<Route, ConnectError> {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").or(literal.strip_prefix("ipv6:")).unwrap_or(literal);
        return Ok(Route { hosts: vec![address.to_owned()], is_proven: false });
    }
    let domain = ascii_host(domain).map_err(|_| nothing_there(format!("{domain:?} is not a domain")))?;
    let unknown = |error: DnsError| {
        later(Step::Resolve, Cause::UnknownHost, format!("looking up the mail servers of {domain}: {error}"))
    };
    match world.resolver.mx_with_proof(&domain).await {
        Ok((found, is_proven)) => in_order(&domain, found, is_proven),
        // Without exchangers the domain itself is the server.
        Err(DnsError::NotFound) => match world.resolver.has_addresses(&domain).await {
            Ok(true) => {
                // The absence of exchangers is as true as the zone that the addresses are in.
                let is_proven = world.resolver.has_proven_addresses(&domain).await.unwrap_or(false);
                Ok(Route { hosts: vec![domain.clone()], is_proven })
            }
            Ok(false) => Err(nothing_there(format!("the domain {domain} does not exist or has no mail server"))),
            Err(error) => Err(unknown(error)),
        },
        Err(error) => Err(unknown(error)),
    }
}

/// Lowest number first, equals in any order, each once.
fn in_order(domain: &str, mut found: Vec<Mx>, is_proven: bool) -> Result<Route, ConnectError> {
    // RFC 7505: a lone dot says that there is none.
    if found.iter().all(|mx| mx.exchange.is_empty()) {
        return Err(nothing_there(format!("the domain {domain} takes no mail (null MX)")));
    }
    found.retain(|mx| !mx.exchange.is_empty());
    found.shuffle(&mut rand::rng());
    found.sort_by_key(|mx| mx.preference);
    let mut hosts: Vec<String> = Vec::new();
    for mx in found {
        if !hosts.contains(&mx.exchange) {
            hosts.push(mx.exchange);
        }
    }
    Ok(Route { hosts, is_proven })
}

fn nothing_there(words: String) -> ConnectError {
    ConnectError::Refused { cause: Cause::NoMailThere, words: ServerWords(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mx(preference: u16, exchange: &str) -> Mx {
        Mx { preference, exchange: exchange.to_owned() }
    }

    #[test]
    fn the_lowest_number_goes_first_and_equals_take_turns() {
        let mut firsts = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let route = in_order("x.nl", vec![mx(20, "c"), mx(10, "a"), mx(10, "b"), mx(30, "a")], true).unwrap();
            assert_eq!((route.hosts.len(), route.hosts[2].as_str(), route.is_proven), (3, "c", true));
            firsts.insert(route.hosts[0].clone());
        }
        assert_eq!(firsts.len(), 2);
    }

    #[test]
    fn a_lone_dot_means_that_there_is_no_mail_and_beside_others_nothing() {
        let none = in_order("x.nl", vec![mx(0, "")], false).unwrap_err();
        assert_eq!(none.cause(), Some(Cause::NoMailThere));
        assert!(matches!(none, ConnectError::Refused { .. }));
        assert_eq!(in_order("x.nl", vec![mx(0, ""), mx(10, "a")], false).unwrap().hosts, ["a"]);
    }
}
