//! Which addresses of providers are gone to.

use crate::{
    ConnectError, World,
    http::{self, HttpClient},
};
use ipnet::IpNet;
use reqwest::Url;
use std::net::IpAddr;

/// Networks of one's own (RFC 1918, RFC 4193, RFC 6598) and this machine. Not the link-local ones: what answers there is
/// the machine's landlord (169.254.169.254).
const OWN: [&str; 7] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"];

/// What stands behind an issuer where its document is.
pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// A client that also reaches the networks of one's own, and follows nobody elsewhere.
pub(super) fn client(world: &World) -> Result<HttpClient, ConnectError> {
    let mut world = world.clone();
    world.allow_networks.extend(OWN.iter().filter_map(|network| network.parse::<IpNet>().ok()));
    http::straight_client(&world)
}

/// Whether what is sent there can be read by nobody on the way: over TLS, or to this machine.
pub fn is_secure(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match url.scheme() {
        "https" => !host.is_empty(),
        "http" => host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        _ => false,
    }
}

/// The issuer in what somebody typed or pasted: without blanks around it, and without the path of its document.
pub fn tidy_issuer(typed: &str) -> String {
    typed.trim().trim_end_matches(WELL_KNOWN).to_owned()
}

/// Whether this can be an issuer: an address without question and fragment (Discovery §3), and without a name in it.
pub(super) fn is_issuer(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| {
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WorldOptions, egress::is_allowed};

    #[test]
    fn without_tls_only_this_machine_is_gone_to() {
        for address in
            ["https://login.example", "http://localhost:8080/realms/a", "http://127.0.0.1", "http://[::1]:1/"]
        {
            assert!(is_secure(address), "{address}");
        }
        for address in
            ["http://login.example", "http://192.168.1.4", "http://localhost.kwaad.example", "ftp://x", "x", ""]
        {
            assert!(!is_secure(address), "{address}");
        }
    }

    #[test]
    fn a_network_of_ones_own_is_reached_and_the_landlord_is_not() {
        let own: Vec<IpNet> = OWN.iter().map(|network| network.parse().unwrap()).collect();
        for (address, reached) in [
            ("192.168.1.4", true),
            ("10.0.0.1", true),
            ("127.0.0.1", true),
            ("fd00::1", true),
            ("169.254.169.254", false),
            ("fe80::1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(is_allowed(&own, address.parse().unwrap()), reached, "{address}");
        }
        assert!(client(&World::new(WorldOptions::default()).unwrap()).is_ok());
    }

    #[test]
    fn what_was_pasted_becomes_an_issuer() {
        assert_eq!(tidy_issuer(" https://a.example/.well-known/openid-configuration\n"), "https://a.example");
        assert_eq!(tidy_issuer("https://a.example/o/app/"), "https://a.example/o/app/");
        for wrong in ["a.example", "https://a.example?x=1", "https://a.example/#x", "https://jan:geheim@a.example"] {
            assert!(!is_issuer(wrong), "{wrong}");
        }
    }
}
