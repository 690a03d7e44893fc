//! Requests over HTTP, through the same guard as everything else.
//!
//! No proxy from the environment, no cookies, few redirects and none from https to http, and never more of a body
//! than was asked for.

use crate::{
    ConnectError, Server, ServerWords, World,
    egress::{is_allowed, later, not_allowed, resolve},
    error::{Cause, Step},
};
use reqwest::{
    Method, RequestBuilder, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
    redirect::{Attempt, Policy},
};
use std::{error::Error, io, net::SocketAddr, time::Duration};

/// How many times a server may send us elsewhere.
const REDIRECTS_MAX: usize = 5;
/// No server is left alone for longer than this, whatever it says: some say numbers that no clock can count to.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// A client whose every connection passes the egress guard. Cheap to clone; keeps its connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    world: World,
}

/// What a server answered, its body no longer than was asked for.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where the answer came from in the end, after redirects.
    pub url: String,
    /// The body.
    pub body: Vec<u8>,
    /// How long the server wants to be left alone (RFC 9110 §10.2.3), when it says so in seconds; a day at most.
    pub retry_after: Option<Duration>,
}

/// A client for this world.
pub fn client(world: &World) -> Result<HttpClient, ConnectError> {
    let guard = world.clone();
    build(world, Policy::custom(move |attempt| follow(&guard, attempt)))
}

/// A client that goes nowhere else: for addresses that carry secrets, where being sent on is a mistake or worse.
pub fn straight_client(world: &World) -> Result<HttpClient, ConnectError> {
    build(world, Policy::none())
}

/// A client of one connection at a time to this server, for a sign-in that belongs to the connection. It goes nowhere else,
/// and takes the one certificate that is pinned, where one is.
pub(crate) fn lone_client(world: &World, server: &Server) -> Result<HttpClient, ConnectError> {
    let tls = world.tls.config(server)?;
    finished(world, builder(world, Policy::none(), &tls).pool_max_idle_per_host(1).http1_only().tls_info(true))
}

fn build(world: &World, policy: Policy) -> Result<HttpClient, ConnectError> {
    let tls = world.tls.by_authorities()?;
    finished(world, builder(world, policy, &tls))
}

fn builder(world: &World, policy: Policy, tls: &rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(GuardedResolver { world: world.clone() })
        .redirect(policy)
        .no_proxy()
        .referer(false)
        .connect_timeout(Duration::from_secs(30))
        .timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(4)
        .user_agent(concat!("Postkamer/", env!("CARGO_PKG_VERSION")))
}

fn finished(world: &World, builder: reqwest::ClientBuilder) -> Result<HttpClient, ConnectError> {
    let client = builder.build().map_err(|error| later(Step::Tls, Cause::Protocol, error.to_string()))?;
    Ok(HttpClient { client, world: world.clone() })
}

/// The answer to a GET, at most `limit_bytes` of body within `deadline`; a longer body is an error.
pub async fn get_limited(
    client: &HttpClient,
    url: &str,
    limit_bytes: usize,
    deadline: Duration,
) -> Result<Answer, ConnectError> {
    client.answer_within(client.request(Method::GET, url)?, limit_bytes, deadline).await
}

impl HttpClient {
    /// A request to be filled and sent with [`HttpClient::answer`]. A numeric host is checked here, names when they
    /// are looked up.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, ConnectError> {
        let url = Url::parse(url)
            .map_err(|error| later(Step::Resolve, Cause::UnknownHost, format!("{url:?} is not an address: {error}")))?;
        if !may_visit(&self.world, &url) {
            return Err(not_allowed());
        }
        Ok(self.client.request(method, url))
    }

    /// Sends the request and reads at most `limit_bytes` of its answer.
    pub async fn answer(&self, request: RequestBuilder, limit_bytes: usize) -> Result<Answer, ConnectError> {
        let response = request.send().await.map_err(|error| http_error(&error))?;
        let (status, url) = (response.status().as_u16(), response.url().to_string());
        let retry_after = retry_after(response.headers());
        Ok(Answer { status, url, body: read_limited(response, limit_bytes).await?, retry_after })
    }

    /// Sends the request and gives the answer with its headers, its body still to come.
    pub(crate) async fn begun(&self, request: RequestBuilder) -> Result<Response, ConnectError> {
        request.send().await.map_err(|error| http_error(&error))
    }

    /// The same, all of it within `deadline`.
    pub async fn answer_within(
        &self,
        request: RequestBuilder,
        limit_bytes: usize,
        deadline: Duration,
    ) -> Result<Answer, ConnectError> {
        match tokio::time::timeout(deadline, self.answer(request, limit_bytes)).await {
            Ok(result) => result,
            Err(_) => Err(later(Step::Work, Cause::TimedOut, "no answer in time".to_owned())),
        }
    }
}

/// What stands in `Retry-After`, a day at most.
pub(crate) fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let said = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    said.trim().parse().ok().map(at_most_a_day)
}

/// A wait that a server asks for, as far as we go along with it.
pub(crate) fn at_most_a_day(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST_WAIT)
}

/// The body of an answer, which must not be longer than this.
pub(crate) async fn read_limited(mut response: Response, limit_bytes: usize) -> Result<Vec<u8>, ConnectError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| http_error(&error))? {
        if body.len() + chunk.len() > limit_bytes {
            let words = ServerWords(format!("the answer is longer than {limit_bytes} bytes"));
            return Err(ConnectError::Refused { cause: Cause::TooLarge, words });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What comes next of a body; `None` at its end.
pub(crate) async fn next_piece(response: &mut Response) -> Result<Option<bytes::Bytes>, ConnectError> {
    response.chunk().await.map_err(|error| http_error(&error))
}

fn may_visit(world: &World, url: &Url) -> bool {
    if !matches!(url.scheme(), "https" | "http") {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(address) => is_allowed(&world.allow_networks, address),
        Err(_) => !host.is_empty(),
    }
}

fn follow(world: &World, attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let downgrade =
        attempt.url().scheme() == "http" && attempt.previous().iter().any(|before| before.scheme() == "https");
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error("too many redirects");
    }
    if downgrade || !may_visit(world, attempt.url()) {
        return attempt.error(Forbidden);
    }
    attempt.follow()
}

/// An address that the guard holds back, on its way through the HTTP library.
#[derive(Debug, thiserror::Error)]
#[error("address not allowed")]
struct Forbidden;

struct GuardedResolver {
    world: World,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let world = self.world.clone();
        Box::pin(async move {
            match resolve(&world, name.as_str()).await {
                Ok(found) => {
                    let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
                    Ok(addresses)
                }
                Err(ConnectError::Settings { .. }) => Err(Forbidden.into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

fn http_error(error: &reqwest::Error) -> ConnectError {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    let mut innermost = String::new();
    while let Some(inner) = source {
        if inner.is::<Forbidden>() {
            return not_allowed();
        }
        if let Some(known) = inner.downcast_ref::<ConnectError>() {
            return known.clone();
        }
        let wrapped = inner.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let tls = wrapped.and_then(|inner| inner.downcast_ref()).or_else(|| inner.downcast_ref::<rustls::Error>());
        if let Some(refused) = tls.and_then(crate::tls::certificate_refused) {
            return refused;
        }
        innermost = inner.to_string();
        source = inner.source();
    }
    // Of a connection that could not be made in time both hold: nothing was asked yet.
    let (step, cause) = match (error.is_connect(), error.is_timeout()) {
        (true, true) => (Step::Connect, Cause::TimedOut),
        (true, false) => (Step::Connect, Cause::PortClosed),
        (false, true) => (Step::Work, Cause::TimedOut),
        (false, false) => (Step::Connect, Cause::Dropped),
    };
    later(step, cause, if innermost.is_empty() { error.to_string() } else { innermost })
}
