//! Where the Exchange server of an address is, asked of the server itself (MS-OXDISCO; learn.microsoft.com/exchange,
//! Autodiscover for Exchange): first in the older form (POX), then in the newer one (SOAP), at the places that a domain's own
//! server usually has.
//!
//! Whoever is asked gets a password only when they ask for it, over TLS, and only when they belong to the domain of the
//! address. When somebody leads to a server of another domain, that one is named, and gets it after a person agreed.

mod answer;
mod asking;

use super::lane::SignIn;
use crate::{ConnectError, Secret, ServerWords, World, error::Cause};
use answer::Form;
use asking::{Asked, ask, signpost};
use mail::address::fold_address;
use reqwest::Url;

/// So often we let ourselves be led on.
const HOPS: usize = 10;

/// Where autodiscover is asked; `{domain}` is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Servers that a domain has of its own, without a path.
    pub servers: Vec<String>,
    /// Where one is led on from, and never signs in (MS-OXDISCO §3.1.5.4).
    pub signposts: Vec<String>,
    /// It may go without TLS: never but with a simulator on this machine.
    pub plain: bool,
}

impl Default for Places {
    fn default() -> Places {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Places {
            servers: texts(&["https://autodiscover.{domain}", "https://{domain}"]),
            signposts: texts(&["http://autodiscover.{domain}"]),
            plain: false,
        }
    }
}

impl Places {
    /// A simulator's.
    pub(crate) fn simulated(url: &str) -> Places {
        Places { servers: vec![url.to_owned()], signposts: Vec::new(), plain: true }
    }
}

/// Whose server is looked for, and how they sign in.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The address of the mailbox.
    pub address: String,
    /// The user name: `DOMAIN\name`, or a name like an address.
    pub username: String,
    /// The password.
    pub secret: Secret,
    /// Hosts of another domain that may be asked with the password: a person agreed to each.
    pub agreed: Vec<String>,
}

/// What came of the search.
#[derive(Debug, Clone)]
pub enum Found {
    /// The service is here.
    Service {
        /// The address of `exchange.asmx`.
        url: String,
        /// The address that the server calls the mailbox by, when it says so.
        address: Option<String>,
        /// The password was proven by NTLM and not sent.
        by_ntlm: bool,
    },
    /// Somebody leads to a server of another domain, where the password does not go yet.
    Elsewhere {
        /// Its name.
        host: String,
        /// Who leads there.
        from: String,
    },
    /// Nobody knows.
    Nowhere {
        /// Who was asked, and what came of it; without those that do not exist.
        tried: Vec<(String, ConnectError)>,
    },
}

/// A search that is under way.
struct Search<'a> {
    world: &'a World,
    wanted: Wanted,
    domain: String,
    /// Hosts that may get the password.
    trusted: Vec<String>,
    /// What was asked where, so that nobody leads us in a circle.
    visited: Vec<(String, String)>,
    tried: Vec<(String, ConnectError)>,
    /// The first who leads to a server of another domain: where to, and who.
    elsewhere: Option<(String, String)>,
}

/// Looks for the server of an address.
///
/// # Errors
/// [`ConnectError::Credentials`] when a server of the domain refuses the user name or password, after one try: another
/// place is not tried with it then.
pub async fn search(world: &World, wanted: Wanted) -> Result<Found, ConnectError> {
    let domain = domain_of(&wanted.address);
    let trusted = wanted.agreed.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
    let (visited, tried) = (Vec::new(), Vec::new());
    let mut search = Search { world, wanted, domain, trusted, visited, tried, elsewhere: None };
    for _ in 0..HOPS {
        match search.once().await? {
            Step::Found(found) => return Ok(found),
            Step::Address(address, from) => {
                // Another address has another domain, whose servers get the password only when somebody agrees.
                let domain = domain_of(&address);
                let host = format!("autodiscover.{domain}");
                if domain != search.domain && !search.is_trusted(&host) {
                    return Ok(Found::Elsewhere { host, from });
                }
                (search.wanted.address, search.domain) = (address, domain);
            }
            Step::Nothing => break,
        }
    }
    Ok(match search.elsewhere {
        Some((host, from)) => Found::Elsewhere { host, from },
        None => Found::Nowhere { tried: search.tried },
    })
}

/// What one look at all places came to.
enum Step {
    Found(Found),
    /// The mailbox has another address, and who said so.
    Address(String, String),
    Nothing,
}

impl Search<'_> {
    fn filled(&self, patterns: &[String]) -> Vec<String> {
        patterns.iter().map(|pattern| pattern.replace("{domain}", &self.domain)).collect()
    }

    async fn once(&mut self) -> Result<Step, ConnectError> {
        let places = self.world.vendors.autodiscover.clone();
        let servers = self.filled(&places.servers);
        // A simulator's is no part of the domain.
        self.trusted.extend(servers.iter().filter_map(|url| host_of(url)));
        for server in &servers {
            for form in [Form::Pox, Form::Soap] {
                match self.follow(form, format!("{server}{}", form.path())).await? {
                    Followed::Step(step) => return Ok(step),
                    Followed::Silent => break,
                    Followed::Other => {}
                }
            }
        }
        for post in self.filled(&places.signposts) {
            let Some(url) = signpost(self.world, &format!("{post}{}", Form::Pox.path())).await else { continue };
            if let Some(step) = self.led_to(&post, url).await? {
                return Ok(step);
            }
        }
        let records = self.world.resolver.srv(&format!("_autodiscover._tcp.{}", self.domain)).await.unwrap_or_default();
        if let Some(record) = records.into_iter().find(|record| !record.target.is_empty() && record.port > 0) {
            let url = format!("https://{}:{}{}", record.target, record.port, Form::Pox.path());
            let from = format!("_autodiscover._tcp.{}", self.domain);
            if let Some(step) = self.led_to(&from, url).await? {
                return Ok(step);
            }
        }
        Ok(Step::Nothing)
    }

    /// Goes where somebody led us, when that one may be asked.
    async fn led_to(&mut self, from: &str, url: String) -> Result<Option<Step>, ConnectError> {
        let from = host_of(from).unwrap_or_else(|| from.to_owned());
        if !self.may_go_on(&url, &from) {
            return Ok(None);
        }
        Ok(match self.follow(Form::of(&url), url).await? {
            Followed::Step(step) => Some(step),
            Followed::Silent | Followed::Other => None,
        })
    }

    /// Whether an address that somebody led us to may get the password; one that a person has to agree to is kept.
    fn may_go_on(&mut self, url: &str, from: &str) -> bool {
        let Some(host) = host_of(url) else { return false };
        let may = self.is_trusted(&host);
        if !may && self.elsewhere.is_none() {
            self.elsewhere = Some((host, from.to_owned()));
        }
        may
    }

    /// Asks at an address, and wherever it leads.
    async fn follow(&mut self, mut form: Form, mut url: String) -> Result<Followed, ConnectError> {
        for _ in 0..HOPS {
            let is_protected = url.starts_with("https://") || self.world.vendors.autodiscover.plain;
            let question = (url.clone(), self.wanted.address.clone());
            if !is_protected || self.visited.contains(&question) {
                return Ok(Followed::Other);
            }
            self.visited.push(question);
            let host = host_of(&url).unwrap_or_default();
            let next = match ask(self.world, &self.wanted, form, &url).await {
                Ok(Asked::Service { url, address, by_ntlm }) => {
                    return Ok(Followed::Step(Step::Found(Found::Service { url, address, by_ntlm })));
                }
                Ok(Asked::Address(address)) => return Ok(Followed::Step(Step::Address(address, host))),
                Ok(Asked::Url(next)) => next,
                Err(error @ ConnectError::Credentials { .. }) => return Err(error),
                Err(ConnectError::Later { cause: Cause::UnknownHost, .. }) => return Ok(Followed::Silent),
                Err(error) => {
                    let is_other = matches!(error, ConnectError::Refused { .. } | ConnectError::Settings { .. });
                    self.tried.push((host, error));
                    return Ok(if is_other { Followed::Other } else { Followed::Silent });
                }
            };
            if !self.may_go_on(&next, &host) {
                return Ok(Followed::Other);
            }
            (form, url) = (Form::of(&next), next);
        }
        let words = ServerWords("it leads on and on".to_owned());
        self.tried.push((host_of(&url).unwrap_or_default(), ConnectError::Refused { cause: Cause::Protocol, words }));
        Ok(Followed::Other)
    }

    /// Whether a server may get the password: one of the domain, or one that a person agreed to.
    fn is_trusted(&self, host: &str) -> bool {
        let is_own = host.strip_suffix(&self.domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_own || self.trusted.iter().any(|known| known == host)
    }
}

/// What came of asking at one address.
enum Followed {
    Step(Step),
    /// Nobody answers at that server.
    Silent,
    /// Somebody answers, and knows nothing in this form.
    Other,
}

fn domain_of(address: &str) -> String {
    let folded = fold_address(address);
    let domain = folded.rsplit_once('@').map_or("", |(_, domain)| domain);
    crate::egress::ascii_host(domain.trim_end_matches('.')).unwrap_or_else(|_| domain.to_owned())
}

fn host_of(url: &str) -> Option<String> {
    let host = Url::parse(url).ok()?.host_str()?.to_ascii_lowercase();
    Some(host.trim_end_matches('.').to_owned())
}

/// How the search signs in: by NTLM where it is offered, so that the password stays here.
fn sign_in(wanted: &Wanted, offers: &[String]) -> Option<SignIn> {
    let has = |name: &str| offers.iter().any(|offer| offer.eq_ignore_ascii_case(name));
    let (username, secret) = (wanted.username.clone(), wanted.secret.clone());
    if has("NTLM") || has("Negotiate") {
        return Some(SignIn::ntlm(&username, secret));
    }
    has("Basic").then_some(SignIn::Basic { username, secret })
}
