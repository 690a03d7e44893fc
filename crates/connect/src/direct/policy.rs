//! What a domain asks of those who deliver to it (MTA-STS, RFC 8461).

use crate::{World, dns::DnsError, egress::ascii_host, http};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A policy is no longer than this (RFC 8461 §3.3 lets us choose).
const POLICY_BYTES: usize = 64 << 10;
/// How long its server may take (RFC 8461 §3.3 proposes a minute).
const PATIENCE: Duration = Duration::from_secs(30);
/// A policy that could not be had is not asked for again sooner (RFC 8461 §3.3).
const PAUSE: Duration = Duration::from_secs(300);
/// The longest that a policy may be kept, in seconds (RFC 8461 §3.2).
const LONGEST: i64 = 31_557_600;

/// A policy as its domain wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPolicy {
    /// Which version: another number in the DNS means that there is another.
    pub id: String,
    /// The policy itself.
    pub text: String,
    /// When it was had, milliseconds since 1970.
    pub fetched_at: i64,
}

/// Where policies are kept: one that was once seen holds until it ends, so that nobody gets rid of it by standing in
/// the way (RFC 8461 §10.2).
#[async_trait]
pub trait PolicyKeeper: Send + Sync + std::fmt::Debug {
    /// The policy that is kept for the domain.
    async fn load(&self, domain: &str) -> Option<KeptPolicy>;
    /// Keeps it until it ends, milliseconds since 1970.
    async fn keep(&self, domain: &str, policy: &KeptPolicy, ends_at: i64);
}

/// What is done with a server that is not as the policy wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Enforce,
    Testing,
    None,
}

/// A policy as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) mode: Mode,
    servers: Vec<String>,
    seconds: i64,
}

impl Policy {
    fn read(text: &str) -> Option<Policy> {
        let (mut version, mut mode, mut seconds, mut servers) = (false, None, None, Vec::new());
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim() {
                "version" => version = value == "STSv1",
                "mode" if mode.is_none() => {
                    mode = match value {
                        "enforce" => Some(Mode::Enforce),
                        "testing" => Some(Mode::Testing),
                        "none" => Some(Mode::None),
                        _ => return None,
                    }
                }
                "max_age" if seconds.is_none() => {
                    seconds = Some(value.parse::<i64>().ok().filter(|age| *age >= 0)?.min(LONGEST));
                }
                "mx" => servers.push(value.trim_end_matches('.').to_ascii_lowercase()),
                _ => {}
            }
        }
        let policy = Policy { mode: mode?, servers, seconds: seconds? };
        (version && (policy.mode == Mode::None || !policy.servers.is_empty())).then_some(policy)
    }

    /// Whether the domain names this server; a star stands for one label (RFC 8461 §4.1).
    pub(super) fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.servers.iter().any(|server| match server.strip_prefix("*.") {
            Some(rest) => host.split_once('.').is_some_and(|(label, after)| !label.is_empty() && after == rest),
            None => *server == host,
        })
    }
}

/// The policies of domains, asked for when they are needed.
#[derive(Debug)]
pub(super) struct Policies {
    keeper: Box<dyn PolicyKeeper>,
    failed: Mutex<HashMap<String, Instant>>,
}

impl Policies {
    pub(super) fn new(keeper: Box<dyn PolicyKeeper>) -> Policies {
        Policies { keeper, failed: Mutex::default() }
    }

    /// The policy that holds for the domain now, if it has one.
    pub(super) async fn of(&self, world: &World, domain: &str) -> Option<Policy> {
        let domain = ascii_host(domain).ok()?;
        let now = jiff::Timestamp::now().as_millisecond();
        let kept = self.keeper.load(&domain).await;
        let holding = kept
            .as_ref()
            .and_then(|kept| Policy::read(&kept.text).filter(|policy| now < kept.fetched_at + policy.seconds * 1000));
        let announced = match world.resolver.txt(&format!("_mta-sts.{domain}")).await {
            Ok(texts) => announced(&texts),
            Err(DnsError::NotFound) => None,
            Err(error) => {
                tracing::debug!(%domain, %error, "whether a domain has a policy could not be looked up");
                None
            }
        };
        let Some(id) = announced else { return holding };
        if kept.as_ref().is_some_and(|kept| kept.id == id) && holding.is_some() {
            return holding;
        }
        match self.fetch(world, &domain).await {
            Some((policy, text)) => {
                let kept = KeptPolicy { id, text, fetched_at: now };
                self.keeper.keep(&domain, &kept, now + policy.seconds * 1000).await;
                Some(policy)
            }
            None => holding,
        }
    }

    async fn fetch(&self, world: &World, domain: &str) -> Option<(Policy, String)> {
        {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.retain(|_, when| when.elapsed() < PAUSE);
            if failed.contains_key(domain) {
                return None;
            }
        }
        let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
        let asked = async {
            // RFC 8461 §3.3: whoever sends us on elsewhere is not believed.
            let client = http::straight_client(world)?;
            http::get_limited(&client, &url, POLICY_BYTES, PATIENCE).await
        };
        let found = match asked.await {
            Ok(answer) if answer.status == 200 => {
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                Policy::read(&text).map(|policy| (policy, text))
            }
            Ok(answer) => {
                tracing::info!(%domain, status = answer.status, "the policy of a domain could not be had");
                None
            }
            Err(error) => {
                tracing::info!(%domain, %error, "the policy of a domain could not be had");
                None
            }
        };
        if found.is_none() {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(domain.to_owned(), Instant::now());
        }
        found
    }
}

/// The version that the DNS announces; with two announcements there is none (RFC 8461 §3.1).
fn announced(texts: &[String]) -> Option<String> {
    let ours: Vec<&String> = texts.iter().filter(|text| text.starts_with("v=STSv1")).collect();
    let [text] = ours[..] else { return None };
    let id = text.split(';').find_map(|field| field.trim().strip_prefix("id=")).map(str::trim)?;
    let is_id = !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx1.voorbeeld.test\r\nmx: *.Mail.voorbeeld.test\r\n\
                        odd: thing\r\nmax_age: 86400\r\n";

    #[test]
    fn a_policy_names_servers_and_a_star_stands_for_one_label() {
        let policy = Policy::read(TEXT).unwrap();
        assert_eq!((policy.mode, policy.seconds), (Mode::Enforce, 86_400));
        for (host, named) in [
            ("MX1.voorbeeld.test", true),
            ("a.mail.voorbeeld.test", true),
            ("a.b.mail.voorbeeld.test", false),
            ("mail.voorbeeld.test", false),
            ("mx2.voorbeeld.test", false),
        ] {
            assert_eq!(policy.names(host), named, "{host}");
        }
        assert!(Policy::read(&TEXT.replace("\r\n", "\n")).is_some());
    }

    #[test]
    fn what_is_no_policy_is_none() {
        for broken in [
            "",
            "version: STSv2\nmode: none\nmax_age: 1",
            "version: STSv1\nmode: perhaps\nmx: a\nmax_age: 1",
            "version: STSv1\nmode: enforce\nmax_age: 1",
            "version: STSv1\nmode: enforce\nmx: a\nmax_age: -1",
            "version: STSv1\nmode: enforce\nmx: a",
        ] {
            assert_eq!(Policy::read(broken), None, "{broken}");
        }
        assert_eq!(Policy::read("version: STSv1\nmode: none\nmax_age: 99999999999").unwrap().seconds, LONGEST);
    }

    #[test]
    fn two_announcements_are_none() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(announced(&texts(&["v=STSv1; id=20261122;", "other"])).as_deref(), Some("20261122"));
        assert_eq!(announced(&texts(&["v=STSv1; id=1", "v=STSv1; id=2"])), None);
        assert_eq!(announced(&texts(&["v=STSv1"])), None);
    }
}
