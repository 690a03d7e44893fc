//! Whether a letter is from whom it says: SPF (RFC 7208), and by the crate `mail-auth` DKIM (RFC 6376), DMARC (RFC 9989) and ARC
//! (RFC 8617), and written as RFC 8601 has it. A verdict refuses nothing: what is forwarded to us loses its SPF on the way,
//! and people are warned where they read.

use crate::spf::{self, Letter};
use mail_auth::{
    AuthenticatedMessage, AuthenticationResults, MessageAuthenticator, SpfOutput,
    common::headers::HeaderWriter,
    dmarc::verify::DmarcParameters,
    hickory_resolver::{
        config::{NameServerConfig, ResolverConfig, ResolverOpts},
        system_conf::read_system_conf,
    },
};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long the names of one letter may take to be looked up, all together. The client waits for its reply meanwhile.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long while nobody answered the last time, and for how long that is remembered.
const LITTLE_PATIENCE: Duration = Duration::from_millis(700);
const REMEMBERED: Duration = Duration::from_secs(60);
/// More signatures than any letter needs: each may ask for another digest of the whole of it.
const SIGNATURES_MAX: usize = 25;

/// Who brought the letter, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Brought {
    pub(super) client: IpAddr,
    pub(super) helo: String,
    pub(super) sender: String,
    pub(super) us: String,
}

/// Asks whether letters are from whom they say.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    asked: OnceLock<Result<MessageAuthenticator, String>>,
    name_server: Option<SocketAddr>,
    /// Until when there is little patience, in seconds since 1970.
    slow_until: AtomicU64,
}

impl Verifier {
    /// By the name servers of this machine.
    pub fn of_the_system() -> Verifier {
        Verifier::by(None)
    }

    /// By this name server.
    pub fn of_name_server(address: SocketAddr) -> Verifier {
        Verifier::by(Some(address))
    }

    fn by(name_server: Option<SocketAddr>) -> Verifier {
        Verifier(Arc::new(Inner { asked: OnceLock::new(), name_server, slow_until: AtomicU64::new(0) }))
    }

    /// The field `Authentication-Results` for this letter, with its line end. The letter comes back as it was.
    pub(super) async fn results(&self, raw: Vec<u8>, brought: Brought) -> io::Result<(Vec<u8>, String)> {
        let this = self.clone();
        let handle = tokio::runtime::Handle::current();
        // Digests of a large letter take a while; they must not hold up others.
        let work = tokio::task::spawn_blocking(move || {
            let results = handle.block_on(this.ask(&raw, &brought));
            (raw, results)
        });
        work.await.map_err(io::Error::other)
    }

    async fn ask(&self, raw: &[u8], brought: &Brought) -> String {
        let unknown =
            |word: &str| format!("Authentication-Results: {};\r\n\tspf={word};\r\n\tdkim={word}\r\n", brought.us);
        let authenticator = match self.0.asked.get_or_init(|| open(self.0.name_server)) {
            Ok(authenticator) => authenticator,
            Err(reason) => {
                tracing::warn!(reason, "senders can't be checked: no name server");
                return unknown("temperror");
            }
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let is_slow = self.0.slow_until.load(Ordering::Relaxed) > now;
        let patience = if is_slow { LITTLE_PATIENCE } else { PATIENCE };
        match tokio::time::timeout(patience, checked(authenticator, raw, brought)).await {
            Ok(results) => results,
            Err(_) => {
                self.0.slow_until.store(now + REMEMBERED.as_secs(), Ordering::Relaxed);
                unknown("temperror (no answer in time)")
            }
        }
    }
}

async fn checked(authenticator: &MessageAuthenticator, raw: &[u8], brought: &Brought) -> String {
    let Brought { client, helo, sender, us } = brought;
    let spf = sender_policy(authenticator, brought);
    let message = match count_signatures(raw) <= SIGNATURES_MAX {
        true => AuthenticatedMessage::parse(raw),
        false => None,
    };
    let Some(message) = message else {
        let spf = spf.await;
        return written(with_spf(AuthenticationResults::new(us), &spf, brought));
    };
    let (spf, dkim, arc) = tokio::join!(spf, authenticator.verify_dkim(&message), authenticator.verify_arc(&message));
    let domain = sender.rsplit_once('@').map_or(helo.as_str(), |(_, domain)| domain);
    let dmarc = authenticator.verify_dmarc(DmarcParameters::new(&message, &dkim, domain, &spf)).await;
    let mut results = with_spf(AuthenticationResults::new(us), &spf, brought);
    results = results.with_dkim_results(&dkim, message.from());
    if !dmarc.domain().is_empty() {
        results = results.with_dmarc_result(&dmarc);
    }
    if !arc.sets().is_empty() {
        results = results.with_arc_result(&arc, *client);
    }
    written(results)
}

/// SPF of the sender's domain, or for nobody that of the server itself (RFC 7208 §2.4).
async fn sender_policy(authenticator: &MessageAuthenticator, brought: &Brought) -> SpfOutput {
    let Brought { client, helo, sender, .. } = brought;
    let result = spf::check(authenticator.resolver(), &Letter { client: *client, helo, sender }).await;
    let domain = sender.rsplit_once('@').map_or(helo.as_str(), |(_, domain)| domain);
    SpfOutput::new(domain.to_owned()).with_result(result)
}

fn with_spf<'x>(
    results: AuthenticationResults<'x>,
    spf: &SpfOutput,
    brought: &'x Brought,
) -> AuthenticationResults<'x> {
    match brought.sender.as_str() {
        "" => results.with_spf_ehlo_result(spf, brought.client, &brought.helo),
        sender => results.with_spf_mailfrom_result(spf, brought.client, sender, &brought.helo),
    }
}

fn written(results: AuthenticationResults<'_>) -> String {
    let mut field = Vec::new();
    results.write_header(&mut field);
    // Nothing that a sender made up may begin a line of its own.
    String::from_utf8_lossy(&field).into_owned()
}

/// How many signatures and seals the header holds, by the beginnings of its lines.
fn count_signatures(raw: &[u8]) -> usize {
    let header = memchr::memmem::find(raw, b"\r\n\r\n").and_then(|end| raw.get(..end)).unwrap_or(raw);
    let is = |line: &[u8], name: &[u8]| line.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    let names: [&[u8]; 4] = [b"DKIM-Signature", b"ARC-Message-Signature", b"ARC-Seal", b"DKIM2-Signature"];
    header.split(|byte| *byte == b'\n').filter(|line| names.iter().any(|name| is(line, name))).count()
}

fn open(name_server: Option<SocketAddr>) -> Result<MessageAuthenticator, String> {
    let (config, mut options) = match name_server {
        None => read_system_conf().map_err(|error| error.to_string())?,
        Some(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                connection.port = address.port();
            }
            (ResolverConfig::from_parts(None, Vec::new(), vec![server]), ResolverOpts::default())
        }
    };
    options.timeout = Duration::from_millis(1500);
    options.attempts = 2;
    MessageAuthenticator::new(config, options).map_err(|error| error.to_string())
}
