//! Usual names, offered only after they answered as they should and showed a good certificate.

use super::{Address, Candidate, DiscoverOptions, Endpoint, Kind, Origin, said_no};
use crate::{
    ConnectError, Encryption, Transport, World,
    dns::Mx,
    egress::{dial, later},
    error::{Cause, Step},
    smtp::{Deadlines, SmtpOptions, SmtpTransport},
    tls::{self, Stream},
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long one server has to answer.
const KNOCK_DEADLINE: Duration = Duration::from_secs(6);

/// Ports that guesses knock at.
#[derive(Debug, Clone, Copy)]
pub struct GuessPorts {
    /// IMAP in TLS.
    pub imaps: u16,
    /// IMAP with STARTTLS.
    pub imap: u16,
    /// POP3 in TLS.
    pub pop3s: u16,
    /// Submission in TLS.
    pub submissions: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
}

impl Default for GuessPorts {
    fn default() -> GuessPorts {
        GuessPorts { imaps: 993, imap: 143, pop3s: 995, submissions: 465, submission: 587 }
    }
}

/// The first usual name that answers, for each direction.
pub async fn search(
    world: &World,
    address: &Address,
    options: &DiscoverOptions,
    exchangers: impl Future<Output = Vec<Mx>>,
) -> Vec<Candidate> {
    let ports = options.guess_ports;
    let mut own: Vec<String> = ["mail.", "server.", "web.", ""].map(|name| format!("{name}{}", address.domain)).into();
    // A small provider's one machine takes the mail and hands it out.
    own.extend(exchangers.await.into_iter().take(2).map(|mx| mx.exchange).filter(|name| !name.is_empty()));
    let names = |first: &str| {
        let mut names = vec![format!("{first}{}", address.domain)];
        names.extend(own.iter().filter(|name| **name != names[0]).cloned().collect::<Vec<_>>());
        names
    };
    let spread = |hosts: Vec<String>, kind: Kind, protected: &[(u16, Encryption)]| {
        let endpoint = |host: &String| {
            let at =
                |(port, encryption): &(u16, Encryption)| Endpoint::new(kind, host, *port, *encryption, &address.full);
            protected.iter().map(at).collect::<Vec<_>>()
        };
        hosts.iter().flat_map(endpoint).collect::<Vec<_>>()
    };
    let (tls, starttls) = (Encryption::Tls, Encryption::Starttls);
    let imap = spread(names("imap."), Kind::Imap, &[(ports.imaps, tls), (ports.imap, starttls)]);
    let pop = spread(names("pop."), Kind::Pop3, &[(ports.pop3s, tls)]);
    let smtp = spread(names("smtp."), Kind::Smtp, &[(ports.submissions, tls), (ports.submission, starttls)]);
    let (imap, pop, smtp) =
        futures_util::join!(first_to_stand(world, imap), first_to_stand(world, pop), first_to_stand(world, smtp));
    let incoming = imap.or(pop);
    if incoming.is_none() && smtp.is_none() {
        return Vec::new();
    }
    let source = Origin::Guess;
    vec![Candidate { source, provider: None, incoming, outgoing: smtp, messages_at_once: None, note: None }]
}

/// All are tried at once; the first in their own order that answers well is taken.
async fn first_to_stand(world: &World, endpoints: Vec<Endpoint>) -> Option<Endpoint> {
    let knocks = endpoints.into_iter().map(|endpoint| async move {
        match tokio::time::timeout(KNOCK_DEADLINE, knock(world, &endpoint)).await {
            Ok(answer) => answer.inspect_err(said_no).ok().map(|()| endpoint),
            Err(_) => None,
        }
    });
    join_all(knocks).await.into_iter().flatten().next()
}

async fn knock(world: &World, endpoint: &Endpoint) -> Result<(), ConnectError> {
    let server = endpoint.server();
    if endpoint.kind == Kind::Smtp {
        let moment = KNOCK_DEADLINE;
        let deadlines = Deadlines { greeting: moment, command: moment, block: moment, after_dot: moment };
        let options = SmtpOptions { deadlines, ..SmtpOptions::default() };
        return SmtpTransport::new(world.clone(), server, None, options).probe().await.map(|_| ());
    }
    let mut stream = dial(world, &server).await?;
    expect(&mut stream, if endpoint.kind == Kind::Pop3 { "+OK" } else { "* OK" }).await?;
    if server.encryption == Encryption::Tls {
        return Ok(());
    }
    let sent = stream.write_all(b"a STARTTLS\r\n").await;
    sent.map_err(|error| later(Step::Tls, Cause::Dropped, error.to_string()))?;
    expect(&mut stream, "a OK").await?;
    tls::upgrade(world, &server, stream).await.map(|_| ())
}

/// Reads one line, byte by byte so that nothing behind it is swallowed, and sees how it begins.
async fn expect(stream: &mut Stream, beginning: &str) -> Result<(), ConnectError> {
    let mut line = Vec::new();
    while line.len() < 1000 && line.last() != Some(&b'\n') {
        let byte = stream.read_u8().await.map_err(|error| later(Step::Connect, Cause::Dropped, error.to_string()))?;
        line.push(byte);
    }
    if line.starts_with(beginning.as_bytes()) {
        return Ok(());
    }
    Err(later(Step::Connect, Cause::Protocol, "another greeting than expected".to_owned()))
}
