//! One connection to the server, and the sign-in on it: NTLM signs in a connection, not a request.

use super::{
    fault::{self, Http},
    ntlm::{self, Moment, Person},
};
use crate::{
    Bearer, ConnectError, Secret, Server, ServerWords, World,
    error::{Cause, Step},
    http::{HttpClient, lone_client, read_limited, retry_after},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Method, Response, header};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// What a refused sign-in has to say is no longer than this.
const REFUSAL_BYTES: usize = 1 << 20;
/// So often a handshake is begun whose messages went over several connections.
const TURNS: u32 = 5;
/// The header in which Exchange says why it refuses a token.
const DIAGNOSTICS: &str = "x-ms-diagnostics";
/// The first half of a handshake carries nothing.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// How we sign in.
#[derive(Clone)]
pub enum SignIn {
    /// The user name and password go along with each request.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        secret: Secret,
    },
    /// The server sees that we know the password, and not the password.
    Ntlm(Person),
    /// A token goes along with each request, for as long as somebody renews it (hybrid modern authentication, which is OAuth:
    /// learn.microsoft.com/exchange/configure-exchange-server-for-hybrid-modern-authentication).
    Granted(Arc<dyn Bearer>),
    /// Not at all.
    Nobody,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SignIn::Basic { .. } => "Basic",
            SignIn::Ntlm(_) => "Ntlm",
            SignIn::Granted(_) => "Granted",
            SignIn::Nobody => "Nobody",
        })
    }
}

impl SignIn {
    /// With a password that is proven and not sent (MS-NLMP), of `DOMAIN\name` or a name like an address.
    pub fn ntlm(username: &str, secret: Secret) -> SignIn {
        SignIn::Ntlm(Person::new(username, secret))
    }

    /// What the ways that we can take are called in an answer.
    fn names(&self) -> &'static [&'static str] {
        match self {
            SignIn::Basic { .. } => &["Basic"],
            SignIn::Ntlm(_) | SignIn::Nobody => &["NTLM", "Negotiate"],
            SignIn::Granted(_) => &["Bearer"],
        }
    }

    /// What may not stand in anything that is kept of a server's words.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            SignIn::Basic { secret, .. } => Some(secret),
            SignIn::Ntlm(person) => Some(&person.secret),
            SignIn::Granted(_) | SignIn::Nobody => None,
        }
    }
}

/// Where the service is.
#[derive(Debug)]
pub struct Target {
    /// The address of `exchange.asmx`.
    pub url: String,
    /// Its server, with the certificate that is pinned.
    pub server: Server,
    /// How we sign in.
    pub sign_in: SignIn,
}

/// A connection, once it is open.
#[derive(Debug)]
pub struct Lane {
    client: HttpClient,
    world: World,
    target: Arc<Target>,
    is_signed_in: bool,
    /// What the server calls its domain, once it was asked to sign us in by NTLM.
    domain: Option<String>,
}

/// What an answer says before its body.
struct Head {
    offers: Vec<String>,
    retry_after: Option<Duration>,
    location: Option<String>,
    is_soap: bool,
}

impl Lane {
    /// One that opens when it is first used.
    pub fn new(world: &World, target: Arc<Target>) -> Result<Lane, ConnectError> {
        let client = lone_client(world, &target.server)?;
        Ok(Lane { client, world: world.clone(), target, is_signed_in: false, domain: None })
    }

    /// The answer to a question in SOAP, its body still to come: one that carries SOAP, whatever that says.
    pub async fn ask(&mut self, question: &Bytes, time: Duration) -> Result<Response, ConnectError> {
        let answer = self.put(question, time).await?;
        let (status, head) = (answer.status().as_u16(), head(&answer));
        if head.is_soap && matches!(status, 200 | 400 | 500) {
            return Ok(answer);
        }
        self.is_signed_in &= status != 401;
        let diagnosis = header_text(&answer, DIAGNOSTICS).unwrap_or_default().to_owned();
        drained(answer).await?;
        if status == 200 {
            let words = ServerWords("HTTP 200 with a page in place of SOAP".to_owned());
            return Err(ConnectError::Settings { step: Step::SignIn, cause: Cause::NotExchange, words });
        }
        let Head { offers, retry_after, location, .. } = head;
        let (location, ways) = (location.as_deref(), self.target.sign_in.names());
        match fault::of_status(&Http { status, offers: &offers, retry_after, location, ways }) {
            ConnectError::Credentials { .. } if matches!(self.target.sign_in, SignIn::Granted(_)) => {
                // Exchange says here what it did not like: another audience, a token that has ended.
                let words = ServerWords::new(format!("HTTP 401 {diagnosis}").trim_end(), &[]);
                Err(ConnectError::Credentials { cause: Cause::TokenRefused, words })
            }
            ConnectError::Credentials { .. } => Err(self.refused()),
            error => Err(error),
        }
    }

    /// The answer to a question, whatever it is, after signing in.
    pub async fn put(&mut self, question: &Bytes, time: Duration) -> Result<Response, ConnectError> {
        match &self.target.sign_in {
            SignIn::Nobody => self.send(question.clone(), None, time).await,
            SignIn::Basic { username, secret } => {
                let header = plain(username, secret);
                self.send(question.clone(), Some(&header), time).await
            }
            SignIn::Granted(bearer) => {
                let token = bearer.token(None).await?;
                let answer = self.send(question.clone(), Some(bearer_header(&token).as_slice()), time).await?;
                if answer.status().as_u16() != 401 {
                    return Ok(answer);
                }
                // Whoever is kept out was asked nothing yet: with another token the same question is put once more.
                let offered = offers(&answer);
                if !offered.is_empty() && !offered.iter().any(|offer| offer.eq_ignore_ascii_case("Bearer")) {
                    return Ok(answer);
                }
                drained(answer).await?;
                let token = bearer.token(Some(&token)).await?;
                self.send(question.clone(), Some(bearer_header(&token).as_slice()), time).await
            }
            SignIn::Ntlm(person) => {
                let person = person.clone();
                match self.is_signed_in {
                    false => self.handshake(&person, question, time).await,
                    true => {
                        let answer = self.send(question.clone(), None, time).await?;
                        match answer.status().as_u16() {
                            // Another connection than the one that was signed in.
                            401 => {
                                drained(answer).await?;
                                self.handshake(&person, question, time).await
                            }
                            _ => Ok(answer),
                        }
                    }
                }
            }
        }
    }

    /// The sign-in was refused. What the server calls its domain helps whoever typed the user name.
    pub fn refused(&self) -> ConnectError {
        let words = match &self.domain {
            Some(domain) => format!("HTTP 401; the server's domain is {domain}"),
            None => "HTTP 401".to_owned(),
        };
        ConnectError::Credentials { cause: Cause::WrongPassword, words: ServerWords::new(&words, &[]) }
    }

    /// Three messages over one connection (MS-NTHT §3.1); the third carries the question. The HTTP library takes a connection
    /// back a moment after its answer was read, and opens another when we are faster: whoever refuses a third message over
    /// that one never saw the first, and has judged no password. The next try goes over connections of its own: one that saw the
    /// first message of an earlier try would hold our answer to another question for a wrong password.
    async fn handshake(&mut self, person: &Person, question: &Bytes, time: Duration) -> Result<Response, ConnectError> {
        for _ in 1..TURNS {
            let (answer, is_one_connection) = self.three_messages(person, question, time).await?;
            if is_one_connection || answer.status().as_u16() != 401 {
                return Ok(answer);
            }
            drained(answer).await?;
            self.client = lone_client(&self.world, &self.target.server)?;
        }
        self.three_messages(person, question, time).await.map(|(answer, _)| answer)
    }

    /// The answer to the third message, and whether it came over the connection of the first.
    async fn three_messages(
        &mut self,
        person: &Person,
        question: &Bytes,
        time: Duration,
    ) -> Result<(Response, bool), ConnectError> {
        self.is_signed_in = false;
        let first = ntlm::negotiate();
        for scheme in ["NTLM", "Negotiate"] {
            let header = format!("{scheme} {}", STANDARD.encode(&first));
            let answer = self.send(Bytes::new(), Some(header.as_bytes()), HANDSHAKE).await?;
            if answer.status().as_u16() != 401 {
                return Ok((answer, true));
            }
            let first_way = way(&answer);
            let challenge = challenge(&answer, scheme);
            let offers = head(&answer).offers;
            let end_point = answer.extensions().get::<reqwest::tls::TlsInfo>().and_then(|tls| tls.peer_certificate());
            let end_point = end_point.and_then(crate::tls::end_point);
            let Some(challenge) = challenge else {
                if scheme == "NTLM" && offers.iter().any(|offer| offer.eq_ignore_ascii_case("Negotiate")) {
                    drained(answer).await?;
                    continue;
                }
                return Ok((answer, true));
            };
            drained(answer).await?;
            tokio::task::yield_now().await;
            self.domain = ntlm::domain(&challenge);
            let service = format!("HTTP/{}", self.target.server.host);
            let moment = Moment { nonce: rand::random(), time: now(), service, end_point };
            let third = ntlm::authenticate(person, &first, &challenge, &moment)
                .ok_or_else(|| fault::later(Cause::Protocol, None, "the server's NTLM challenge can't be read"))?;
            let header = Zeroizing::new(format!("{scheme} {}", STANDARD.encode(third)));
            let answer = self.send(question.clone(), Some(header.as_bytes()), time).await?;
            self.is_signed_in = answer.status().as_u16() != 401;
            let is_one = first_way == way(&answer);
            return Ok((answer, is_one));
        }
        Err(fault::later(Cause::Protocol, None, "no way of signing in was left"))
    }

    async fn send(&self, body: Bytes, authorization: Option<&[u8]>, time: Duration) -> Result<Response, ConnectError> {
        let mut request = self.client.request(Method::POST, &self.target.url)?.timeout(time);
        request = request.header(header::CONTENT_TYPE, "text/xml; charset=utf-8").header(header::ACCEPT, "text/xml");
        if let Some(value) = authorization {
            let mut value = header::HeaderValue::from_bytes(value)
                .map_err(|_| fault::later(Cause::Protocol, None, "the sign-in can't stand in a header"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        self.client.begun(request.header(header::CONTENT_LENGTH, body.len()).body(body)).await
    }
}

/// Our end of the connection that an answer came over.
fn way(answer: &Response) -> Option<SocketAddr> {
    answer.extensions().get::<HttpInfo>().map(HttpInfo::local_addr)
}

fn plain(username: &str, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let plain = Zeroizing::new([username.as_bytes(), b":", secret.reveal()].concat());
    Zeroizing::new(format!("Basic {}", STANDARD.encode(plain.as_slice())).into_bytes())
}

fn bearer_header(token: &Secret) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([b"Bearer ", token.reveal()].concat())
}

/// An answer is read to its end, so that its connection can be used again.
async fn drained(answer: Response) -> Result<(), ConnectError> {
    read_limited(answer, REFUSAL_BYTES).await.map(|_| ())
}

fn head(answer: &Response) -> Head {
    let text = |name: header::HeaderName| header_text(answer, name.as_str());
    let location = text(header::LOCATION).map(str::to_owned);
    let is_soap =
        text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/xml") || kind.contains("soap+xml"));
    Head { offers: offers(answer), retry_after: retry_after(answer.headers()), location, is_soap }
}

fn header_text<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The ways of signing in that an answer offers.
pub fn offers(answer: &Response) -> Vec<String> {
    let offers = answer.headers().get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    offers.filter_map(|offer| offer.split([' ', ',']).next()).map(str::to_owned).collect()
}

fn challenge(answer: &Response, scheme: &str) -> Option<Vec<u8>> {
    let offers = answer.headers().get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let mut told =
        offers.filter_map(|offer| offer.split_once(' ')).filter(|(name, _)| name.eq_ignore_ascii_case(scheme));
    told.find_map(|(_, text)| STANDARD.decode(text.trim()).ok())
}

/// Units of 100 nanoseconds since 1601.
fn now() -> u64 {
    let seconds = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    (seconds + 11_644_473_600) * 10_000_000
}
