//! Whether a letter is from whom it says: SPF (RFC 7208), and by the crate `mail-auth` DKIM (RFC 6376), DMARC (RFC 9989) and ARC
//! (RFC 8617), and written as RFC 8601 has it. A verdict refuses nothing: what is forwarded to us loses its SPF on the way,
//! and people are warned where they read.

use super::{
    answers::{Answers, policies_of},
    author,
};
use crate::spf::{self, Letter};
use mail_auth::{
    AuthenticatedMessage, AuthenticationResults, DmarcOutput, DmarcResult, DnsError, Error, MessageAuthenticator,
    Parameters, SpfOutput, SpfResult,
    common::{
        headers::HeaderWriter,
        to_a_label,
        verify::{DomainKey, VerifySignature},
    },
    dmarc::{Dmarc, verify::DmarcParameters},
    hickory_resolver::{
        config::{NameServerConfig, ResolverConfig, ResolverOpts},
        proto::rr::RecordType,
        system_conf::read_system_conf,
    },
};
use rand::RngExt;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long SPF may take, and each of the other names of a letter; all at the same time. The client waits meanwhile.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How long what is left to be asked for DMARC may take, when nearly all is known.
const FOR_THE_REST: Duration = Duration::from_secs(1);
/// How long while our own name server is silent, and for how long that is remembered.
const LITTLE_PATIENCE: Duration = Duration::from_millis(700);
const REMEMBERED: Duration = Duration::from_secs(60);
/// More signatures than any letter needs: each asks for a name.
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
        let (results, in_time) = checked(authenticator, raw, brought, patience).await;
        // Names that a sender chose are answered as slowly as the sender likes: that says nothing of those of others.
        if !in_time && !is_slow && is_silent(authenticator).await {
            self.0.slow_until.store(now + REMEMBERED.as_secs(), Ordering::Relaxed);
        }
        results
    }
}

/// Whether our own name server does not even say of a name that nobody has (RFC 6761 §6.2) that there is none.
async fn is_silent(authenticator: &MessageAuthenticator) -> bool {
    let name = format!("{:016x}.test.", rand::rng().random::<u64>());
    tokio::time::timeout(LITTLE_PATIENCE, authenticator.resolver().lookup(name, RecordType::TXT)).await.is_err()
}

/// The field, and whether every name was answered in time.
async fn checked(
    authenticator: &MessageAuthenticator,
    raw: &[u8],
    brought: &Brought,
    patience: Duration,
) -> (String, bool) {
    let Brought { client, helo, sender, us } = brought;
    // What has no head for one reader may have one for another.
    let mut message = AuthenticatedMessage::parse(raw).unwrap_or_default();
    let signed =
        message.dkim_headers.len() + message.ams_headers.len() + message.as_headers.len() + message.errors.len();
    if signed > SIGNATURES_MAX {
        // Nobody signs so often: none of them speaks for it.
        author::leave_unsigned(&mut message);
    }
    let is_proven = author::settle(&mut message, &mail::parse::author(raw));
    for signature in &mut message.dkim_headers {
        // We send no reports on signatures (RFC 6651), and take none for others (RFC 6541): no names are asked for those.
        (signature.header.r, signature.header.atps) = (false, None);
    }
    let message = message;
    let answers = Answers::default();
    let keys = message.dkim_headers.iter().map(|signature| signature.header.domain_key());
    let keys = keys.chain(message.ams_headers.iter().map(|signature| signature.header.domain_key()));
    let keys = keys.chain(message.as_headers.iter().map(|seal| seal.header.domain_key()));
    let from = to_a_label(message.from().rsplit_once('@').map_or("", |(_, domain)| domain));
    let (spf, keys_in_time, policies_in_time) = tokio::join!(
        tokio::time::timeout(patience, sender_policy(authenticator, brought)),
        answers.ask::<DomainKey>(authenticator, keys.collect(), patience),
        answers.ask::<Dmarc>(authenticator, policies_of(&from), patience),
    );
    let in_time = spf.is_ok() && keys_in_time && policies_in_time;
    let domain = sender.rsplit_once('@').map_or(helo.as_str(), |(_, domain)| domain);
    let spf = spf.unwrap_or_else(|_| SpfOutput::new(domain.to_owned()).with_result(SpfResult::TempError));
    let dkim = authenticator.verify_dkim(Parameters::new(&message).with_txt_cache(&answers)).await;
    let arc = authenticator.verify_arc(Parameters::new(&message).with_txt_cache(&answers)).await;
    let aligning = if is_proven { spf.clone() } else { SpfOutput::new(String::new()) };
    let asked = Parameters::new(DmarcParameters::new(&message, &dkim, domain, &aligning)).with_txt_cache(&answers);
    let dmarc = tokio::time::timeout(FOR_THE_REST, authenticator.verify_dmarc(asked)).await.unwrap_or_else(|_| {
        let late = DmarcResult::TempError(Error::Dns(DnsError::Resolver("no answer in time".to_owned())));
        DmarcOutput::new(from.clone().into_owned()).with_dkim_result(late)
    });
    let mut results = AuthenticationResults::new(us);
    // First, so that nothing that a sender makes long can push it beyond what is read of a field.
    if !dmarc.domain().is_empty() {
        results = results.with_dmarc_result(&dmarc);
    }
    results = with_spf(results, &spf, brought).with_dkim_results(&dkim, message.from());
    if !arc.sets().is_empty() {
        results = results.with_arc_result(&arc, *client);
    }
    (written(results), in_time)
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
