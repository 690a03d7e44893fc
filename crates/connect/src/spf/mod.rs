//! Whether a client may send for a domain, by the domain's own word (SPF, RFC 7208).
//!
//! Ours because it is part of what we are for: whoever is told why mail was not believed, or what is wrong with a policy, has to be
//! able to rely on it. It is held against the test suite that the authors of the standard wrote.

mod expand;
mod names;
mod policy;

use expand::{Facts, Text};
use mail_auth::{SpfResult, hickory_resolver::TokioResolver};
use names::{Names, NoAnswer, is_domain};
use policy::{Mechanism, Policy, Prefix, Sign};
use std::{future::Future, net::IpAddr, pin::Pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// So many sentences may ask for names, over all policies that one leads to (§4.6.4).
const LOOKUPS_MAX: u32 = 10;
/// So many of them may find nothing.
const VOID_MAX: u32 = 2;
/// So many servers of a domain, or names of an address, are looked at.
const HOSTS_MAX: usize = 10;
/// How long the names of one address may take.
const FOR_CLIENT_NAMES: Duration = Duration::from_secs(1);
/// What an address is called that has no name of which it is sure.
const UNKNOWN: &str = "unknown";

/// Who sends.
pub(crate) struct Letter<'a> {
    /// From where.
    pub(crate) client: IpAddr,
    /// What it calls itself.
    pub(crate) helo: &'a str,
    /// The envelope's sender; empty for nobody, of whom the server is the sender (§2.4).
    pub(crate) sender: &'a str,
}

/// What the sender's domain says of it.
pub(crate) async fn check(resolver: &TokioResolver, letter: &Letter<'_>) -> SpfResult {
    let (local, domain) = letter.sender.rsplit_once('@').unwrap_or(("", letter.sender));
    let domain = if letter.sender.is_empty() { letter.helo } else { domain };
    let mut check = Check {
        names: Names(resolver),
        client: letter.client.to_canonical(),
        helo: letter.helo,
        // Who left it out means the postmaster (§4.3).
        local: if local.is_empty() { "postmaster" } else { local },
        sender_domain: domain,
        lookups: 0,
        voids: 0,
    };
    check.of(domain.to_owned()).await.unwrap_or_else(|ended| ended)
}

struct Check<'a> {
    names: Names<'a>,
    client: IpAddr,
    helo: &'a str,
    local: &'a str,
    sender_domain: &'a str,
    lookups: u32,
    voids: u32,
}

impl From<NoAnswer> for SpfResult {
    fn from(_: NoAnswer) -> SpfResult {
        SpfResult::TempError
    }
}

/// The word of a domain, or what ends the whole check.
type Word = Result<SpfResult, SpfResult>;

impl Check<'_> {
    fn of(&mut self, domain: String) -> Pin<Box<dyn Future<Output = Word> + Send + '_>> {
        Box::pin(async move {
            let domain = domain.strip_suffix('.').unwrap_or(&domain);
            // An address in brackets has no policy either.
            if !is_domain(domain) || domain.starts_with('[') {
                return Ok(SpfResult::None);
            }
            let mut found = self.names.texts(domain).await?;
            found.retain(|text| policy::is_policy(text));
            let policy = match found.as_slice() {
                [] => return Ok(SpfResult::None),
                [one] => policy::read(one).map_err(|_| SpfResult::PermError)?,
                // Of two neither counts (§4.5).
                _ => return Err(SpfResult::PermError),
            };
            self.by(&policy, domain).await
        })
    }

    async fn by(&mut self, policy: &Policy, domain: &str) -> Word {
        for directive in &policy.directives {
            if self.matches(&directive.mechanism, domain).await? {
                return Ok(match directive.sign {
                    Sign::Pass => SpfResult::Pass,
                    Sign::Fail => SpfResult::Fail,
                    Sign::SoftFail => SpfResult::SoftFail,
                    Sign::Neutral => SpfResult::Neutral,
                });
            }
        }
        let Some(redirect) = &policy.redirect else { return Ok(SpfResult::Neutral) };
        self.count()?;
        let elsewhere = self.filled(redirect, domain).await;
        match self.of(elsewhere).await? {
            SpfResult::None => Err(SpfResult::PermError),
            word => Ok(word),
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, SpfResult> {
        match mechanism {
            Mechanism::All => return Ok(true),
            Mechanism::Ip4(network, bits) => return Ok(is_within(self.client, IpAddr::V4(*network), *bits)),
            Mechanism::Ip6(network, bits) => return Ok(is_within(self.client, IpAddr::V6(*network), *bits)),
            _ => self.count()?,
        }
        match mechanism {
            Mechanism::Include(text) => {
                let other = self.filled(text, domain).await;
                match self.of(other).await? {
                    SpfResult::None => Err(SpfResult::PermError),
                    word => Ok(word == SpfResult::Pass),
                }
            }
            Mechanism::A(text, prefix) => {
                let host = self.meant(text.as_ref(), domain).await;
                let found = self.names.addresses(&host, self.client).await?;
                self.void(found.is_empty())?;
                Ok(self.is_one_of(&found, *prefix))
            }
            Mechanism::Mx(text, prefix) => {
                let other = self.meant(text.as_ref(), domain).await;
                let hosts = self.names.exchangers(&other).await?;
                self.void(hosts.is_empty())?;
                if hosts.len() > HOSTS_MAX {
                    return Err(SpfResult::PermError);
                }
                for host in hosts {
                    let found = self.names.addresses(&host, self.client).await?;
                    if self.is_one_of(&found, *prefix) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Mechanism::Ptr(text) => {
                let wanted = self.meant(text.as_ref(), domain).await;
                Ok(self.sure_names().await.iter().any(|name| is_below(name, &wanted)))
            }
            Mechanism::Exists(text) => {
                let host = self.filled(text, domain).await;
                // Of the older family whoever asks (§5.7).
                let found = self.names.addresses(&host, IpAddr::from([0, 0, 0, 0])).await?;
                self.void(found.is_empty())?;
                Ok(!found.is_empty())
            }
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => Ok(false),
        }
    }

    fn count(&mut self) -> Result<(), SpfResult> {
        self.lookups += 1;
        if self.lookups > LOOKUPS_MAX { Err(SpfResult::PermError) } else { Ok(()) }
    }

    fn void(&mut self, is_void: bool) -> Result<(), SpfResult> {
        self.voids += u32::from(is_void);
        if self.voids > VOID_MAX { Err(SpfResult::PermError) } else { Ok(()) }
    }

    async fn meant(&self, text: Option<&Text>, domain: &str) -> String {
        match text {
            Some(text) => self.filled(text, domain).await,
            None => domain.to_owned(),
        }
    }

    async fn filled(&self, text: &Text, domain: &str) -> String {
        let client_name = if text.asks_client_name() { self.client_name(domain).await } else { String::new() };
        text.filled(&Facts {
            client: self.client,
            helo: self.helo,
            local: self.local,
            sender_domain: self.sender_domain,
            domain,
            client_name: &client_name,
        })
    }

    /// The names of the client that lead back to it. Whatever fails on the way is passed over (§5.5), and so is what comes
    /// late: the client's own name servers give these names, and must not be able to hold up the word of a domain.
    async fn sure_names(&self) -> Vec<String> {
        let until = Instant::now() + FOR_CLIENT_NAMES;
        let mut sure = Vec::new();
        let called = timeout_at(until, self.names.called(self.client)).await;
        for name in called.map(Result::unwrap_or_default).unwrap_or_default().into_iter().take(HOSTS_MAX) {
            let found = timeout_at(until, self.names.addresses(&name, self.client)).await;
            if found.is_ok_and(|found| found.is_ok_and(|found| found.contains(&self.client))) {
                sure.push(name);
            }
        }
        sure
    }

    /// One of them: the domain's own before one below it before any (§7.3).
    async fn client_name(&self, domain: &str) -> String {
        let names = self.sure_names().await;
        let best = names.iter().min_by_key(|name| (!name.eq_ignore_ascii_case(domain), !is_below(name, domain)));
        best.cloned().unwrap_or_else(|| UNKNOWN.to_owned())
    }

    fn is_one_of(&self, addresses: &[IpAddr], prefix: Prefix) -> bool {
        let bits = if self.client.is_ipv4() { prefix.four } else { prefix.six };
        addresses.iter().any(|address| is_within(self.client, *address, bits))
    }
}

/// Addresses of the two families have nothing in common.
fn is_within(client: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (differs, width) = match (client, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(u32::from(one) ^ u32::from(other)), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (u128::from(one) ^ u128::from(other), 128),
        _ => return false,
    };
    differs.checked_shr(width - u32::from(bits)).unwrap_or(0) == 0
}

/// The name itself or one below it.
fn is_below(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    name.strip_suffix(&domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_of_an_address_counts_as_was_said() {
        let at = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(is_within(at("192.0.2.9"), at("192.0.2.200"), 24) && !is_within(at("192.0.3.9"), at("192.0.2.9"), 24));
        assert!(is_within(at("8.8.8.8"), at("192.0.2.9"), 0) && is_within(at("::1"), at("2001:db8::"), 0));
        assert!(!is_within(at("192.0.2.9"), at("::"), 0) && !is_within(at("2001:db8::1"), at("2001:db8::2"), 128));
    }

    #[test]
    fn a_name_is_below_a_domain_only_at_a_dot() {
        assert!(is_below("Mail.Example.org", "example.org") && is_below("example.org", "example.org"));
        assert!(!is_below("badexample.org", "example.org"));
    }
}
