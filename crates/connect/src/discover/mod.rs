//! The settings of an account, found from its address alone (features M6).
//!
//! Everything is asked at once under one deadline; what answers in time is offered, best first. Nothing found is ever
//! used without a person who looks at it, and nothing is proposed without encryption.

mod autoconfig;
mod guess;
mod presets;
mod srv;
mod web;

use crate::{ConnectError, Encryption, Server, World, dns::Mx, http};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use guess::GuessPorts;

/// Where a candidate comes from; the order is the order in which candidates are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Our own list, by the domain of the address.
    Preset,
    /// What the domain publishes for mail programs.
    Autoconfig,
    /// The public database of such files.
    Ispdb,
    /// The domain's service records (RFC 6186, RFC 8314).
    Srv,
    /// Microsoft's autodiscover.
    Autodiscover,
    /// Our own list and the public database, by whoever takes the domain's mail.
    Mx,
    /// A usual name that answered when we knocked.
    Guess,
}

/// What an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// Submission.
    Smtp,
    /// Exchange Web Services; the address is in [`Endpoint::url`].
    Ews,
    /// Microsoft 365; no server is asked for.
    Graph,
    /// Gmail's API; no server is asked for.
    Gmail,
    /// Mailgun; chosen under settings.
    Mailgun,
}

/// One half of an account's settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Endpoint {
    /// What it speaks.
    pub kind: Kind,
    /// Server name; empty where none is asked for.
    pub host: String,
    /// TCP port; `0` where none is asked for.
    pub port: u16,
    /// Never [`Encryption::None`].
    pub encryption: Encryption,
    /// What to sign in as.
    pub username: String,
    /// Folder prefix for IMAP, to begin with; NAMESPACE corrects it.
    pub prefix: Option<String>,
    /// The full address of a web service.
    pub url: Option<String>,
}

impl Endpoint {
    fn new(kind: Kind, host: &str, port: u16, encryption: Encryption, username: &str) -> Endpoint {
        let prefix = (kind == Kind::Imap).then(|| "INBOX".to_owned());
        Endpoint { kind, host: host.to_owned(), port, encryption, username: username.to_owned(), prefix, url: None }
    }

    fn server(&self) -> Server {
        Server { host: self.host.clone(), port: self.port, encryption: self.encryption, pinned_certificate: None }
    }
}

/// Something a person should know before choosing a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

/// Settings that may fit the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Where it comes from.
    pub source: Origin,
    /// The provider's name, when it is known.
    pub provider: Option<String>,
    /// For receiving.
    pub incoming: Option<Endpoint>,
    /// For sending.
    pub outgoing: Option<Endpoint>,
    /// The provider takes no more than this in one session.
    pub messages_at_once: Option<u32>,
    /// What to know before choosing it.
    pub note: Option<Note>,
}

/// Where to look, for how long.
#[derive(Debug, Clone)]
pub struct DiscoverOptions {
    /// Where providers publish their file; `{domain}` and `{address}` are filled in.
    pub autoconfig_urls: Vec<String>,
    /// The public database: the domain is put behind it. Empty to leave it alone.
    pub ispdb_base: String,
    /// Where autodiscover is asked; `{domain}` and `{address}` are filled in. The first is Microsoft's own and is
    /// believed only of domains whose mail Microsoft takes: it has an answer for everybody.
    pub autodiscover_urls: Vec<String>,
    /// Exchange servers of one's own; `{domain}` is filled in.
    pub ews_urls: Vec<String>,
    /// Ports that guesses knock at.
    pub guess_ports: GuessPorts,
    /// For everything together.
    pub deadline: Duration,
}

impl Default for DiscoverOptions {
    fn default() -> DiscoverOptions {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        DiscoverOptions {
            autoconfig_urls: texts(&[
                "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
                "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
            ]),
            ispdb_base: "https://autoconfig.thunderbird.net/v1.1/".to_owned(),
            autodiscover_urls: texts(&[
                "https://autodiscover-s.outlook.com/autodiscover/autodiscover.json/v1.0/{address}?Protocol=Ews",
                "https://autodiscover.{domain}/autodiscover/autodiscover.json/v1.0/{address}?Protocol=Ews",
            ]),
            ews_urls: texts(&[
                "https://remote.{domain}/ews/exchange.asmx",
                "https://exchange.{domain}/ews/exchange.asmx",
            ]),
            guess_ports: GuessPorts::default(),
            deadline: Duration::from_secs(8),
        }
    }
}

/// The address in its parts, the domain as DNS wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    full: String,
    local: String,
    domain: String,
}

impl Address {
    fn read(text: &str) -> Option<Address> {
        let text = crate::settings::tidy_name(text);
        let (local, domain) = text.rsplit_once('@')?;
        let domain = crate::egress::ascii_host(domain.trim_end_matches('.')).ok()?;
        let plausible = !local.is_empty() && domain.contains('.') && !domain.contains(['/', '?', '#', ':', '@', '%']);
        plausible.then(|| Address { full: format!("{local}@{domain}"), local: local.to_owned(), domain })
    }

    /// The pattern with the address filled in, safe inside a URL.
    fn fill(&self, pattern: &str) -> String {
        let mut encoded = String::new();
        for byte in self.full.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'@' => encoded.push(char::from(byte)),
                _ => encoded += &format!("%{byte:02X}"),
            }
        }
        pattern.replace("{domain}", &self.domain).replace("{address}", &encoded)
    }
}

/// The settings that may fit the address, best first; empty when nothing is known and nothing answers.
pub async fn discover(world: &World, address: &str) -> Vec<Candidate> {
    discover_with(world, address, &DiscoverOptions::default()).await
}

/// [`discover`] with other places to look.
pub async fn discover_with(world: &World, address: &str, options: &DiscoverOptions) -> Vec<Candidate> {
    let Some(address) = Address::read(address) else { return Vec::new() };
    let presets = presets::by_domain(&address);
    if !presets.is_empty() {
        return best_first(presets);
    }
    let exchangers = exchangers(world, &address).shared();
    let client = http::client(world).inspect_err(said_no).ok();
    let mut searches: FuturesUnordered<BoxFuture<'_, Vec<Candidate>>> = FuturesUnordered::new();
    let mut guesses: FuturesUnordered<BoxFuture<'_, Vec<Candidate>>> = FuturesUnordered::new();
    if let Some(client) = client {
        searches.extend(web::searches(&client, &address, options, exchangers.clone()));
        guesses.extend(web::exchange_servers(&client, &address, options));
    }
    searches.push(srv::search(world, &address).boxed());
    searches.push(exchangers.clone().map(|found| presets::by_mx(&address, &found)).boxed());
    guesses.push(guess::search(world, &address, options, exchangers).boxed());
    let mut found = Vec::new();
    let ending = tokio::time::sleep(options.deadline);
    tokio::pin!(ending);
    // Guesses are waited for only when nobody who knows has answered.
    while !searches.is_empty() || (found.is_empty() && !guesses.is_empty()) {
        tokio::select! {
            Some(more) = searches.next() => found.extend(more),
            Some(more) = guesses.next() => found.extend(more),
            () = &mut ending => break,
        }
    }
    best_first(found)
}

/// What one published file says, as if the address's own domain had published it. Never fails: what can't be read is
/// left out.
pub fn read_autoconfig(xml: &[u8], address: &str) -> Vec<Candidate> {
    let Some(address) = Address::read(address) else { return Vec::new() };
    autoconfig::read(xml, &address, Origin::Autoconfig)
}

/// The servers that take the domain's mail; none when it has none or DNS is silent.
async fn exchangers(world: &World, address: &Address) -> Vec<Mx> {
    world.resolver.mx(&address.domain).await.unwrap_or_default()
}

/// In order of trust; what says the same as something better is left out.
fn best_first(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by_key(|candidate| candidate.source);
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in found {
        let says_nothing_new = |better: &Candidate| {
            (candidate.incoming.is_none() || better.incoming == candidate.incoming)
                && (candidate.outgoing.is_none() || better.outgoing == candidate.outgoing)
        };
        if !kept.iter().any(says_nothing_new) {
            kept.push(candidate);
        }
    }
    kept
}

fn said_no(error: &ConnectError) {
    tracing::debug!(%error, "a place that may know the settings did not answer");
}
