//! Who looks at a page: the cookie, and the person it stands for.

use super::{habit::Habit, origin};
use crate::{AppState, language, problem::Problem};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use mail::AccountKey;
use mailroom::words::Language;
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use store::{UserRole, Viewer, secret::new_token, session::Session};

/// Who looks at a page, signed in or not. [`super::route`] makes one for every request.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// What the cookie holds: the session's proof, or a number that only ties forms to this browser.
    pub(crate) proof: Arc<str>,
    /// The language to answer in.
    pub(crate) language: Language,
    /// The person, when signed in.
    pub(crate) person: Option<Person>,
    pub(crate) now: i64,
    /// There is no room for anything that they would want to be kept.
    pub(crate) is_disk_full: bool,
}

/// A person who signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// By whose rights everything is read.
    pub(crate) viewer: Viewer,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) organisation: String,
    /// The mailbox to write from (features M17).
    pub(crate) default_account: Option<AccountKey>,
    pub(crate) language: Language,
    /// Where they signed in, and when they last gave their password.
    pub(crate) session: Session,
}

impl Person {
    /// May connect mailboxes.
    pub(crate) fn manages_mailboxes(&self) -> bool {
        self.viewer.role != UserRole::Member
    }

    /// What to call them: their name, or their address when they have none.
    pub(crate) fn called(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }

    /// Up to two letters that stand for the person.
    pub(crate) fn initials(&self) -> String {
        initials(self.called())
    }
}

impl Visitor {
    /// The token for the forms of this visitor.
    pub(crate) fn form_token(&self) -> String {
        origin::form_token(&self.proof)
    }

    /// Dates and numbers as they write them.
    pub(crate) fn habit(&self) -> Habit {
        Habit::new(self.language, self.now)
    }
}

/// Whoever it is: for the pages before signing in.
impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Visitor, Problem> {
        let missing = || Problem::internal(&"a page was registered without its guard");
        parts.extensions.get::<Visitor>().cloned().ok_or_else(missing)
    }
}

/// The person, on a page that is not for [`super::route::Who::Anybody`].
impl FromRequestParts<AppState> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Person, Problem> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        visitor.person.ok_or_else(|| Problem::internal(&"a page for anybody asked for a person"))
    }
}

/// Up to two letters: of the first and the last word.
pub(crate) fn initials(name: &str) -> String {
    let letter = |word: &str| word.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
    let mut words = name.split_whitespace().filter_map(letter);
    let first = words.next().unwrap_or_default();
    words.next_back().map_or(first.clone(), |last| first + &last)
}

const PLAIN_COOKIE: &str = "postkamer";
/// Browsers take this name over TLS only, for this host only (RFC 6265bis §4.1.3.2).
const HOST_COOKIE: &str = "__Host-postkamer";

/// What a browser keeps between sessions, so that an attack on a person does not keep them out.
const DEVICE: &str = "-device";

/// Whether people reach us over TLS.
pub(crate) fn is_secure(state: &AppState) -> bool {
    state.room.config.base_url.starts_with("https://")
}

/// The name of our cookie, and what more it says of itself.
fn style(state: &AppState) -> (&'static str, &'static str) {
    if is_secure(state) { (HOST_COOKIE, "; Secure") } else { (PLAIN_COOKIE, "") }
}

/// What the visitor's cookie holds.
pub(crate) fn proof(state: &AppState, headers: &HeaderMap) -> Option<Arc<str>> {
    cookie(headers, style(state).0)
}

/// What the browser was given when somebody last signed in with it.
pub(crate) fn device(state: &AppState, headers: &HeaderMap) -> Option<Arc<str>> {
    cookie(headers, &format!("{}{DEVICE}", style(state).0))
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<Arc<str>> {
    let fields = headers.get_all(header::COOKIE).into_iter().filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut proofs = pairs.filter(|(name, proof)| *name == wanted && (20..=200).contains(&proof.len()));
    proofs.next().map(|(_, proof)| Arc::from(proof))
}

/// A proof that stands for nobody.
pub(crate) fn new_proof() -> Arc<str> {
    Arc::from(new_token().as_str())
}

/// Makes the browser hold this proof until it is closed; a session also ends on our side.
pub(crate) fn keep(state: &AppState, proof: &str) -> HeaderValue {
    let (name, secure) = style(state);
    field(format!("{name}={proof}; Path=/; HttpOnly; SameSite=Lax{secure}"))
}

/// Whether an answer gives the browser a proof already.
pub(crate) fn is_kept(state: &AppState, headers: &HeaderMap) -> bool {
    let begins = format!("{}=", style(state).0);
    headers.get_all(header::SET_COOKIE).iter().any(|cookie| cookie.as_bytes().starts_with(begins.as_bytes()))
}

/// Makes the browser known for half a year.
pub(crate) fn keep_device(state: &AppState, device: &str) -> HeaderValue {
    let (name, secure) = style(state);
    field(format!("{name}{DEVICE}={device}; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000{secure}"))
}

fn field(cookie: String) -> HeaderValue {
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

/// Where a visitor comes from: the other end of the connection or, when that is a web server on this machine, what it says.
/// Only the last address in the field is its own word; those before it may be anybody's.
pub(crate) fn source(parts: &Parts) -> IpAddr {
    let here = IpAddr::from([127, 0, 0, 1]);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(here, |info| info.0.ip().to_canonical());
    if !peer.is_loopback() {
        return peer;
    }
    let field = parts.headers.get_all("x-forwarded-for").into_iter().next_back();
    let last = field.and_then(|field| field.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(peer)
}

/// Who stands at the door, for the pages that ask for a password.
pub(crate) struct Caller {
    pub(crate) source: IpAddr,
    pub(crate) agent: String,
    pub(crate) device: Option<Arc<str>>,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Caller, Infallible> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent = agent.unwrap_or_default().to_owned();
        Ok(Caller { source: source(parts), agent, device: device(state, &parts.headers) })
    }
}

/// The language of somebody who has not signed in.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    language::asked(headers)
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Sanne de Wit"), "SW");
        assert_eq!(initials("sanne"), "S");
        assert_eq!(initials("(info) Élise"), "IÉ");
        assert_eq!(initials(""), "");
    }
}
