//! Answers that DNSSEC proves, for DANE.
//!
//! We do not validate by ourselves: a validating resolver on this machine does, and marks what it proved with the AD bit
//! (RFC 4035 §3.2.3). That bit is worth something only when nobody can change it on the way, so it counts only from a
//! resolver on the loopback, or where the machine's owner wrote `options trust-ad` into `resolv.conf` (resolv.conf(5)).
//! Without such a resolver nothing is proven, and no domain is taken to have DANE (RFC 7672 §2.1).

use super::DnsError;
use hickory_resolver::proto::{
    op::{Edns, Message, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

/// One resolver has this long for one question.
const ANSWER: Duration = Duration::from_secs(5);
/// How often every resolver is asked.
const ROUNDS: usize = 2;
/// What fits into a datagram everywhere (DNS flag day 2020).
const DATAGRAM_BYTES: u16 = 1232;
const CONFIGURATION: &str = "/etc/resolv.conf";

/// What a resolver said, and whether DNSSEC proves it.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) records: Vec<RData>,
    pub(super) is_proven: bool,
}

/// The resolvers of this machine whose AD bit we believe.
#[derive(Debug, Clone, Default)]
pub(super) struct Provers {
    servers: Vec<SocketAddr>,
}

impl Provers {
    /// Those of `resolv.conf`, when they may be believed.
    pub(super) fn of_system() -> Provers {
        Provers::of(&std::fs::read_to_string(CONFIGURATION).unwrap_or_default())
    }

    fn of(configuration: &str) -> Provers {
        let mut servers = Vec::new();
        let mut is_trusted = false;
        for line in configuration.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let address =
                        words.next().and_then(|word| word.split('%').next()).and_then(|word| word.parse().ok());
                    servers.extend(address.map(|address: IpAddr| SocketAddr::new(address, 53)));
                }
                Some("options") => is_trusted |= words.any(|word| word == "trust-ad"),
                _ => {}
            }
        }
        if !is_trusted && !servers.iter().all(|server| server.ip().is_loopback()) {
            servers.clear();
        }
        Provers { servers }
    }

    /// Whether there is anybody who could prove something.
    pub(super) fn are_there(&self) -> bool {
        !self.servers.is_empty()
    }

    /// Asks them in turn; the first who says something that makes sense counts.
    pub(super) async fn ask(&self, name: &str, kind: RecordType) -> Result<Said, DnsError> {
        let bad = |error: &dyn std::fmt::Display| DnsError::Failed(format!("{name}: {error}"));
        let asked = Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).map_err(|error| bad(&error))?;
        let mut last = DnsError::Failed("no resolver that validates".to_owned());
        for _ in 0..ROUNDS {
            for server in &self.servers {
                match tokio::time::timeout(ANSWER, one(*server, &asked, kind)).await {
                    Ok(Ok(message)) => match read(&message, kind) {
                        Err(error @ DnsError::Failed(_)) => last = error,
                        said => return said,
                    },
                    Ok(Err(error)) => last = bad(&error),
                    Err(_) => last = bad(&"no answer in time"),
                }
            }
        }
        Err(last)
    }
}

fn read(message: &Message, kind: RecordType) -> Result<Said, DnsError> {
    match message.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return Err(DnsError::NotFound),
        code => return Err(DnsError::Failed(code.to_string())),
    }
    let fitting = message.answers.iter().filter(|record| record.record_type() == kind);
    let records: Vec<RData> = fitting.map(|record| record.data.clone()).collect();
    if records.is_empty() {
        return Err(DnsError::NotFound);
    }
    Ok(Said { records, is_proven: message.metadata.authentic_data })
}

/// One question to one resolver: over UDP, and over TCP when the answer does not fit.
async fn one(server: SocketAddr, name: &Name, kind: RecordType) -> std::io::Result<Message> {
    let mut question = Message::query();
    question.metadata.id = rand::random();
    question.metadata.recursion_desired = true;
    // "Tell me whether it is proven" (RFC 6840 §5.7).
    question.metadata.authentic_data = true;
    question.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(DATAGRAM_BYTES);
    question.set_edns(edns);
    let bytes = question.to_vec().map_err(std::io::Error::other)?;

    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    socket.send(&bytes).await?;
    let mut buffer = vec![0; 4096];
    let answer = loop {
        let length = socket.recv(&mut buffer).await?;
        // What answers another question is somebody's guess.
        if let Some(answer) = fitting(&buffer[..length], &question) {
            break answer;
        }
    };
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await?;
    let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut buffer).await?;
    fitting(&buffer, &question).ok_or_else(|| std::io::Error::other("an answer to another question"))
}

fn fitting(bytes: &[u8], question: &Message) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    (answer.metadata.id == question.metadata.id && answer.queries == question.queries).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_resolver_that_nobody_can_speak_for_is_believed() {
        let count = |text| Provers::of(text).servers.len();
        assert_eq!(count("nameserver 127.0.0.1\n"), 1);
        assert_eq!(count("nameserver ::1\nnameserver 127.0.0.53\n"), 2);
        assert_eq!(count("nameserver 192.0.2.1\n"), 0);
        assert_eq!(count("nameserver 127.0.0.1\nnameserver 192.0.2.1\n"), 0, "the second may be asked too");
        assert_eq!(count("nameserver 192.0.2.1\noptions edns0 trust-ad\n"), 1);
        assert_eq!(count("# nameserver 127.0.0.1\n"), 0);
    }
}
