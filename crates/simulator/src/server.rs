//! The server on a loopback port.

use crate::{
    asked::{Asked, Reply, decoded},
    cloud::Cloud,
    control, ews,
    fault::{self, Kind},
    gmail, google, graph, mailgun, sign_in,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    http::{HeaderName, HeaderValue},
    response::Response,
    serve::IncomingStream,
};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, runtime::Handle, task::JoinHandle};

/// More than this nobody sends here.
const LONGEST_BODY: usize = 160 << 20;
/// How many requests for one mailbox are answered at once (learn.microsoft.com/graph/throttling-limits, Outlook). Google says
/// no number, only that there may be too many.
const AT_ONCE: usize = 4;

/// A running simulator; it ends with the value.
#[derive(Debug)]
pub struct Simulator {
    /// `http://127.0.0.1:PORT`: every provider's sign-in and interface alike.
    pub url: String,
    shared: Shared,
    runtime: Handle,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) url: String,
    cloud: Arc<Mutex<Cloud>>,
    /// Requests being answered, by mailbox.
    busy: Arc<Mutex<HashMap<String, usize>>>,
    /// Calls the addresses of notifications.
    pub(crate) client: reqwest::Client,
}

impl Shared {
    pub(crate) fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// More places for whoever asks with this token, as far as there are.
    pub(crate) fn more_places(&self, token: &str, wanted: usize) -> Vec<Turn> {
        (0..wanted).map_while(|_| Turn::take(self, token, Whose::Microsoft).ok()).collect()
    }
}

impl Simulator {
    /// Listens on this address, which must be one of this machine: nobody else shall be fooled by it.
    pub async fn start(address: SocketAddr, cloud: Cloud) -> io::Result<Simulator> {
        if !address.ip().is_loopback() {
            let words = "the simulator only listens on this machine itself (127.0.0.1 or ::1)";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Shared {
            url: url.clone(),
            cloud: Arc::new(Mutex::new(cloud)),
            busy: Arc::default(),
            client: reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?,
        };
        let router = Router::new().fallback(serve).with_state(shared.clone());
        let task = tokio::spawn(async move {
            // It only ends with the listener.
            let _ = axum::serve(listener, router.into_make_service_with_connect_info::<Connection>()).await;
        });
        Ok(Simulator { url, shared, runtime: Handle::current(), task })
    }

    /// Looks at the cloud, or changes it.
    pub fn with<T>(&self, work: impl FnOnce(&mut Cloud) -> T) -> T {
        work(&mut self.shared.cloud())
    }

    /// Tells who wants to know what was changed by [`Simulator::with`], as it does by itself after each request.
    pub fn notify(&self) {
        let _inside = self.runtime.enter();
        gmail::notify(&self.shared);
        graph::notify(&self.shared);
    }

    /// Serves until the program ends.
    pub async fn run(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Which connection a request came over: NTLM signs in a connection, not a request.
#[derive(Debug, Clone, Copy)]
struct Connection(u64);

impl Connected<IncomingStream<'_, TcpListener>> for Connection {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Connection {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Connection(COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else { return written(Reply::bare(413)) };
    let mut headers: HashMap<String, String> = HashMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.as_str().to_owned()).and_modify(|all| *all = format!("{all}, {value}")).or_insert(value);
    }
    let connection = parts.extensions.get::<ConnectInfo<Connection>>().map_or(0, |ConnectInfo(Connection(n))| *n);
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    if let Some((region, below)) = mailgun::below(path) {
        let asked = Asked::new(parts.method.as_str(), &format!("{below}?{query}"), headers, body.to_vec());
        return mailgun::serve(&shared, region, asked, &decoded(query, true)).await.map_or_else(cut, written);
    }
    let below = path.strip_prefix("/v1.0");
    let asked =
        Asked::new(parts.method.as_str(), &format!("{}?{query}", below.unwrap_or(path)), headers, body.to_vec());
    if ews::is_meant(path) {
        return ews::serve(&shared, asked, connection).await.unwrap_or_else(cut);
    }
    let reply = match below {
        Some(_) => of_interface(&shared, asked, &decoded(query, true), Whose::Microsoft).await,
        None if graph::is_upload(path) => of_interface(&shared, asked, &decoded(query, true), Whose::Microsoft).await,
        None if gmail::is_of_gmail(path) || gmail::is_of_news(path) => {
            of_interface(&shared, asked, &decoded(query, true), Whose::Google).await
        }
        None if google::is_of_sign_in(path) => Some(google::answer(&shared, &asked)),
        None if path.starts_with("/simulator/mailgun/") => {
            let rest: Vec<&str> = asked.path.iter().skip(2).map(String::as_str).collect();
            Some(mailgun::control(&shared, &rest, &asked).await)
        }
        None if path.starts_with("/simulator") => {
            let reply = control::answer(&shared, &asked);
            gmail::notify(&shared);
            Some(reply)
        }
        None => Some(sign_in::answer(&shared, &asked)),
    };
    match reply {
        Some(reply) => written(reply),
        None => cut(),
    }
}

/// Whose interface is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Microsoft,
    Google,
}

async fn answered(shared: &Shared, asked: &Asked, whose: Whose) -> Reply {
    match whose {
        Whose::Microsoft => graph::answer(shared, asked).await,
        Whose::Google if asked.path.first().is_some_and(|first| first == "v1") => {
            gmail::news_answer(shared, asked).await
        }
        Whose::Google => gmail::answer(shared, asked),
    }
}

/// The connection ends.
fn cut() -> Response {
    let cut = futures_util::stream::once(async { Err::<Bytes, _>(io::Error::other("cut")) });
    let mut response = Response::new(Body::from_stream(cut));
    response.headers_mut().insert("content-length", HeaderValue::from_static("100"));
    response
}

/// `None`: the connection ends without an answer.
async fn of_interface(shared: &Shared, asked: Asked, query: &str, whose: Whose) -> Option<Reply> {
    let line = format!("{} {}", asked.method, asked.path.join("/"));
    let line = if query.is_empty() { line } else { format!("{line}?{query}") };
    let (fault, latency) = {
        let mut cloud = shared.cloud();
        cloud.heard.push(line.clone());
        (fault::take(&mut cloud.faults, &line, fault::To::Request), cloud.latency_ms)
    };
    let token = asked.headers.get("authorization").cloned().unwrap_or_default();
    let _turn = match Turn::take(shared, &token, whose) {
        Ok(turn) => turn,
        Err(reply) => return Some(reply),
    };
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let kind = fault.as_ref().map(|fault| fault.kind);
    if let Some(fault) = &fault {
        if fault.is_done() {
            answered(shared, &asked, whose).await;
        }
        if fault.kind == Kind::Slow {
            tokio::time::sleep(Duration::from_secs(fault.seconds)).await;
        }
        if fault.kind == Kind::DoneThenCut {
            return None;
        }
        let reply = match whose {
            Whose::Microsoft => fault::answer(fault, &asked),
            Whose::Google => gmail::fault_answer(fault),
        };
        if reply.is_some() {
            return reply;
        }
    }
    let mut reply = answered(shared, &asked, whose).await;
    if whose == Whose::Microsoft
        && let Some(record) = &mut shared.cloud().record
    {
        // Letters and files are not JSON, and long.
        let text = |bytes: &[u8]| match bytes.first() {
            Some(b'{') => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        record.push((line, text(&asked.body), reply.status, text(&reply.body)));
    }
    reply.is_cut |= kind == Some(Kind::Half);
    Some(reply)
}

/// A place among those that are answered at once.
pub(crate) struct Turn {
    shared: Shared,
    whose: String,
}

impl Turn {
    fn take(shared: &Shared, token: &str, whose: Whose) -> Result<Turn, Reply> {
        let now = {
            let mut busy = shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
            let now = busy.entry(token.to_owned()).or_insert(0);
            *now += 1;
            *now
        };
        // From here on it is given back whatever happens.
        let turn = Turn { shared: shared.clone(), whose: token.to_owned() };
        let mut cloud = shared.cloud();
        cloud.most_at_once = cloud.most_at_once.max(now);
        drop(cloud);
        if now > AT_ONCE && whose == Whose::Google {
            let words = "Too many concurrent requests for user";
            return Err(gmail::error(429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", words));
        }
        if now > AT_ONCE {
            return Err(too_many_at_once());
        }
        Ok(turn)
    }
}

/// 429: the mailbox has as many requests as it may have at once.
pub(crate) fn too_many_at_once() -> Reply {
    let words = "Application is over its MailboxConcurrency limit.";
    let mut reply = fault::error(&Asked::default(), 429, "ApplicationThrottled", words);
    reply.headers.push(("retry-after", "1".to_owned()));
    reply
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = busy.get_mut(&self.whose) {
            *now = now.saturating_sub(1);
        }
    }
}

pub(crate) fn written(reply: Reply) -> Response {
    let length = reply.body.len();
    let body = match reply.is_cut {
        false => Body::from(reply.body),
        true => {
            let half = Bytes::from(reply.body).slice(..length / 2);
            let pieces = [Ok(half), Err(io::Error::other("cut"))];
            Body::from_stream(futures_util::stream::iter(pieces))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = axum::http::StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    if reply.is_cut {
        headers.insert("content-length", HeaderValue::from(length));
    }
    response
}
