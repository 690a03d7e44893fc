//! Free loopback ports, and knowing when somebody listens on one.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on 127.0.0.1 that nobody uses now and that this process did not hand out before.
///
/// It lies below the kernel's own range for outgoing connections: a port from there could be taken by any client
/// between the look and the server's start. Every process begins somewhere else, so that two test runs don't race.
pub fn free_port() -> u16 {
    let start = (std::process::id().wrapping_mul(2_654_435_761) >> 12) as u16 % COUNT;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (start + step) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

/// Somebody listens on the port.
///
/// Read from the kernel's table and not by connecting: a connection would count against the limits of the server
/// under test and show in its log.
pub fn is_listening(port: u16) -> bool {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        text.lines().skip(1).any(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let local = fields.next().unwrap_or_default();
            local.ends_with(&suffix) && fields.nth(1) == Some(LISTEN)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_seen_as_soon_as_somebody_listens() {
        let port = free_port();
        assert!(!is_listening(port));
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert!(is_listening(port));
        drop(listener);
    }

    #[test]
    fn no_port_is_handed_out_twice() {
        let ports: std::collections::BTreeSet<u16> = (0..200).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 200);
    }
}
