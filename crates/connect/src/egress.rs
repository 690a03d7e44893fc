//! The one way out: every outward socket is opened here, after its address passed the guard.
//!
//! The guard looks at the address that is about to be connected to, not at the name, so that a name that answers
//! differently the second time (rebinding) gains nothing.

use crate::{
    ConnectError, Encryption, Server, ServerWords, World,
    error::{Cause, Step},
    tls::{self, Stream},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use ipnet::IpNet;
use std::{
    collections::VecDeque,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// How long each of lookup, connect and handshake may take.
pub const STEP_DEADLINE: Duration = Duration::from_secs(30);
/// Keep-alive: a dead line shows within a few of these.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long one address has the line to itself before the next is tried beside it (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// More addresses than this are not tried.
const ADDRESSES_MAX: usize = 12;

/// Told of each step as it ends: which, how long it took, and what went wrong. A connector tells of connecting a second
/// time when the greeting is in: the last word on a step counts, the times add up.
pub type Observer<'a> = &'a mut (dyn FnMut(Step, Duration, Result<(), &ConnectError>) + Send);

/// An open connection to the server, encrypted already when the settings say TLS.
///
/// With STARTTLS or none it is plain: the connector speaks its protocol and calls [`tls::upgrade`].
pub async fn dial(world: &World, server: &Server) -> Result<Stream, ConnectError> {
    dial_observed(world, server, &mut |_, _, _| ()).await
}

/// [`dial`], telling of each step as it ends, for the account test.
pub async fn dial_observed(world: &World, server: &Server, observe: Observer<'_>) -> Result<Stream, ConnectError> {
    let addresses = watched(Step::Resolve, observe, resolve(world, &server.host)).await?;
    let stream = watched(Step::Connect, observe, connect(&addresses, server.port)).await?;
    let stream = Stream::Plain(stream);
    if server.encryption != Encryption::Tls {
        return Ok(stream);
    }
    watched(Step::Tls, observe, tls::upgrade(world, server, stream)).await
}

/// The addresses of the host that may be connected to; a numeric host needs no lookup.
pub async fn resolve(world: &World, host: &str) -> Result<Vec<IpAddr>, ConnectError> {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let found = match host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => {
            let name = ascii_host(host)?;
            let lookup = tokio::time::timeout(STEP_DEADLINE, world.resolver.addresses(&name));
            match lookup.await {
                Ok(found) => found.map_err(|error| error.for_host(host))?,
                Err(_) => {
                    return Err(later(Step::Resolve, Cause::TimedOut, format!("looking up {host} took too long")));
                }
            }
        }
    };
    let allowed: Vec<IpAddr> =
        found.into_iter().filter(|address| is_allowed(&world.allow_networks, *address)).take(ADDRESSES_MAX).collect();
    if allowed.is_empty() { Err(not_allowed()) } else { Ok(allowed) }
}

/// May we connect there: a public address, or one inside a network that the owner allowed.
pub fn is_allowed(allow_networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    is_public(address) || allow_networks.iter().any(|network| network.contains(&address))
}

/// The refusal, which says nothing of what is or isn't at that address.
pub fn not_allowed() -> ConnectError {
    let words = ServerWords("address not allowed".to_owned());
    ConnectError::Settings { step: Step::Connect, cause: Cause::AddressNotAllowed, words }
}

/// The name as it goes into DNS and into the certificate check (IDNA).
pub(crate) fn ascii_host(host: &str) -> Result<String, ConnectError> {
    let bad = || later(Step::Resolve, Cause::UnknownHost, format!("{host:?} is not a host name"));
    let ascii = idna::domain_to_ascii(host).map_err(|_| bad())?;
    if ascii.is_empty() || ascii.len() > 253 || ascii.contains(char::is_whitespace) {
        return Err(bad());
    }
    Ok(ascii)
}

pub(crate) fn later(step: Step, cause: Cause, reason: String) -> ConnectError {
    ConnectError::Later { step, cause, wait: None, reason }
}

/// The IANA special-purpose registries, read as "not on the public internet" (RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    // NAT64 and 6to4 carry an IPv4 address: that one decides.
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// Does the work and tells of it.
pub(crate) async fn watched<T>(
    step: Step,
    observe: Observer<'_>,
    work: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    let began = Instant::now();
    let result = work.await;
    observe(step, began.elapsed(), result.as_ref().map(|_| ()));
    result
}

/// The first address that answers: families take turns, and a slow one is overtaken by the next (RFC 8305).
pub(crate) async fn connect(addresses: &[IpAddr], port: u16) -> Result<TcpStream, ConnectError> {
    let attempts = race(taking_turns(addresses), port);
    match tokio::time::timeout(STEP_DEADLINE, attempts).await {
        Ok(Ok(stream)) => {
            prepare(&stream).map_err(|error| connect_error(&error))?;
            Ok(stream)
        }
        Ok(Err(error)) => Err(connect_error(&error)),
        Err(_) => Err(later(Step::Connect, Cause::TimedOut, "no answer to the connection".to_owned())),
    }
}

fn taking_turns(addresses: &[IpAddr]) -> VecDeque<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (ours, other): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut ours, mut other) = (ours.into_iter(), other.into_iter());
    let mut order = VecDeque::new();
    loop {
        let pair = [ours.next(), other.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

async fn race(mut waiting: VecDeque<IpAddr>, port: u16) -> io::Result<TcpStream> {
    let open = |address: IpAddr| TcpStream::connect(SocketAddr::new(address, port));
    let mut running = FuturesUnordered::new();
    running.extend(waiting.pop_front().map(open));
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let ended = if waiting.is_empty() {
            running.next().await
        } else {
            match tokio::time::timeout(ATTEMPT_DELAY, running.next()).await {
                Ok(ended) => ended,
                Err(_) => {
                    running.extend(waiting.pop_front().map(open));
                    continue;
                }
            }
        };
        match ended {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => last = error,
            None if waiting.is_empty() => return Err(last),
            None => {}
        }
        if running.is_empty() {
            running.extend(waiting.pop_front().map(open));
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keep_alive = socket2::TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    socket2::SockRef::from(stream).set_tcp_keepalive(&keep_alive)
}

fn connect_error(error: &io::Error) -> ConnectError {
    let cause = match error.kind() {
        io::ErrorKind::TimedOut => Cause::TimedOut,
        _ => Cause::PortClosed,
    };
    later(Step::Connect, cause, format!("connecting: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached_however_they_are_spelt() {
        let inside = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ];
        for address in inside {
            assert!(!is_allowed(&[], address.parse().unwrap()), "{address} must be refused");
        }
        let outside = [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "::ffff:9.9.9.9",
            "64:ff9b::909:909",
            "2002:909:909::1",
            "2620:fe::fe",
            "2a00:1450::1",
        ];
        for address in outside {
            assert!(is_allowed(&[], address.parse().unwrap()), "{address} must be reached");
        }
    }

    #[test]
    fn an_allowed_network_opens_that_network_only() {
        let networks = ["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for (address, allowed) in
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("fd12::1", true), ("fe80::1", false)]
        {
            assert_eq!(is_allowed(&networks, address.parse().unwrap()), allowed, "{address}");
        }
    }

    #[test]
    fn families_take_turns() {
        let addresses: Vec<IpAddr> =
            ["2620:fe::1", "2620:fe::2", "9.9.9.9"].iter().map(|text| text.parse().unwrap()).collect();

        assert_eq!(taking_turns(&addresses), [addresses[0], addresses[2], addresses[1]]);
    }
}
