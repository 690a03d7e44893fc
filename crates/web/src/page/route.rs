//! The one table of pages: what is served where, and for whom. Each page is guarded by being registered, and the tests
//! walk the same table, so that a page without its rights can't exist.

use super::{
    frame, me, origin,
    visitor::{self, Visitor},
};
use crate::{
    AppState, BODY_LIMIT_BYTES,
    handler::{Erased, erased},
    problem::{Kind, Problem},
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    handler::Handler,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, on},
};
use store::UserRole;

/// For whom a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever comes by.
    Anybody,
    /// Everybody who signed in.
    Everybody,
    /// Who may connect mailboxes.
    MailboxManagers,
    /// Administrators only.
    Administrators,
}

/// One page or form.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "the tests walk the table"))]
pub(crate) struct Entry {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) who: Who,
}

/// Pages being registered.
pub(crate) struct Pages {
    state: AppState,
    router: Router<AppState>,
    table: Vec<Entry>,
}

/// What the guard of a page knows.
#[derive(Clone)]
struct Guard {
    state: AppState,
    path: &'static str,
    who: Who,
    limit: usize,
}

impl Pages {
    pub(crate) fn new(state: &AppState) -> Pages {
        Pages { state: state.clone(), router: Router::new(), table: Vec::new() }
    }

    /// A page to look at.
    pub(crate) fn get<H, T>(self, path: &'static str, who: Who, handler: H) -> Pages
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(MethodFilter::GET, "GET", path, who, BODY_LIMIT_BYTES, erased(handler))
    }

    /// A form to send. It carries the visitor's token in a field `csrf` (`{{ frame.csrf }}`) or a header `x-csrf`.
    pub(crate) fn post<H, T>(self, path: &'static str, who: Who, handler: H) -> Pages
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(MethodFilter::POST, "POST", path, who, BODY_LIMIT_BYTES, erased(handler))
    }

    /// A form that may be as large as this, in bytes.
    pub(crate) fn upload<H, T>(self, path: &'static str, who: Who, limit: usize, handler: H) -> Pages
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(MethodFilter::POST, "POST", path, who, limit, erased(handler))
    }

    fn add(
        mut self,
        filter: MethodFilter,
        method: &'static str,
        path: &'static str,
        who: Who,
        limit: usize,
        handler: Erased,
    ) -> Pages {
        let guard = Guard { state: self.state.clone(), path, who, limit };
        let route = on(filter, handler)
            .layer(axum::extract::DefaultBodyLimit::max(limit))
            .layer(middleware::from_fn_with_state(guard, admit));
        self.router = self.router.route(path, route);
        self.table.push(Entry { method, path, who });
        self
    }

    /// What axum serves, and the table it was made from.
    pub(crate) fn done(self) -> (Router<AppState>, Vec<Entry>) {
        (self.router, self.table)
    }
}

/// Lets a visitor in, or says why not; and turns a problem into a page on the way out.
async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let state = &guard.state;
    let headers = request.headers().clone();
    let known = visitor::proof(state, &headers);
    let found = match &known {
        Some(proof) => super::session::person(state, proof).await,
        None => Ok(None),
    };
    let (person, renewed, failed) = match found {
        Ok(Some((person, renewed))) => (Some(person), renewed, None),
        Ok(None) => (None, None, None),
        Err(problem) => (None, None, Some(problem)),
    };
    let language = person.as_ref().map_or_else(|| visitor::language_of(&headers), |person| person.language);
    let is_new = known.is_none() || renewed.is_some();
    // The form that was sent carries the token of the proof it came with.
    let sent_with = known.clone();
    let proof = renewed.or(known).unwrap_or_else(visitor::new_proof);
    let is_disk_full = state.room.store.is_full();
    let visitor = Visitor { proof, language, person, now: state.room.clock.now(), is_disk_full };
    let wanted = request.uri().path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let answer = match lawful(&guard, &visitor, sent_with.as_deref(), failed, request).await {
        Ok(mut request) => {
            request.extensions_mut().insert(visitor.clone());
            next.run(request).await
        }
        Err(Refused::SignIn(method)) => sign_in_first(&headers, &method, &wanted),
        Err(Refused::SecondFactor) => to(&headers, me::FACTOR),
        Err(Refused::Because(problem)) => problem.into_response(),
    };
    let mut response = frame::explain(answer, &visitor, is_partial(&headers));
    if is_new && !visitor::is_kept(state, response.headers()) {
        response.headers_mut().append(header::SET_COOKIE, visitor::keep(state, &visitor.proof));
    }
    response
}

enum Refused {
    SignIn(Method),
    SecondFactor,
    Because(Problem),
}

async fn lawful(
    guard: &Guard,
    visitor: &Visitor,
    sent_with: Option<&str>,
    failed: Option<Problem>,
    request: Request,
) -> Result<Request, Refused> {
    if let Some(problem) = failed {
        return Err(Refused::Because(problem));
    }
    let method = request.method().clone();
    let owes = visitor.person.as_ref().is_some_and(|person| person.session.owes_second_factor);
    if owes && guard.who != Who::Anybody && !guard.path.starts_with(me::FACTOR) {
        return Err(Refused::SecondFactor);
    }
    let role = visitor.person.as_ref().map(|person| person.viewer.role);
    let admitted = match (guard.who, role) {
        (Who::Anybody, _) => true,
        (_, None) => return Err(Refused::SignIn(method)),
        (Who::Everybody, _) => true,
        (Who::MailboxManagers, Some(role)) => role != UserRole::Member,
        (Who::Administrators, Some(role)) => role == UserRole::Administrator,
    };
    if !admitted {
        let (nl, en) = ("Vraag een beheerder om dit te doen.", "Ask an administrator to do this.");
        return Err(Refused::Because(Problem::forbidden(nl, en)));
    }
    if method == Method::GET || method == Method::HEAD {
        return Ok(request);
    }
    if !origin::is_ours(request.headers()) {
        return Err(Refused::Because(stale()));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, guard.limit).await.map_err(|_| Refused::Because(too_large()))?;
    let given = token_in_header(&parts.headers).or_else(|| token_in_body(&body));
    if !given.is_some_and(|token| sent_with.is_some_and(|proof| origin::belongs(proof, &token))) {
        return Err(Refused::Because(stale()));
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn stale() -> Problem {
    Problem::new(
        Kind::Forbidden,
        "Het formulier was verouderd. Ga terug, laad de pagina opnieuw en probeer het nog eens.",
        "The form was out of date. Go back, load the page again and try once more.",
    )
}

fn too_large() -> Problem {
    Problem::new(
        Kind::TooLarge,
        "Dit is meer dan er in één keer kan. Stuur het in delen.",
        "This is more than goes at once. Send it in parts.",
    )
}

fn token_in_header(headers: &HeaderMap) -> Option<String> {
    headers.get("x-csrf").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The field `csrf` of a form. In one with files it must be the first.
fn token_in_body(body: &Bytes) -> Option<String> {
    const FIELD: &[u8] = b"name=\"csrf\"\r\n\r\n";
    if body.starts_with(b"--") {
        let head = &body[..body.len().min(500)];
        let begin = head.windows(FIELD.len()).position(|window| window == FIELD)? + FIELD.len();
        let end = begin + head[begin..].iter().position(|byte| *byte == b'\r')?;
        return std::str::from_utf8(&head[begin..end]).ok().map(str::to_owned);
    }
    let fields = body.split(|byte| *byte == b'&');
    let token = fields.into_iter().find_map(|field| field.strip_prefix(b"csrf="))?;
    std::str::from_utf8(token).ok().map(str::to_owned)
}

/// A part of a page is asked for by the script, to be put into the page that is there.
pub(crate) fn is_partial(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// Sends a visitor to the sign-in page, and from there to what they wanted to see.
fn sign_in_first(headers: &HeaderMap, method: &Method, wanted: &str) -> Response {
    let onward = if *method == Method::GET && !is_partial(headers) { origin::onward(Some(wanted)) } else { "/mail" };
    let to = match onward {
        "/mail" => "/sign-in".to_owned(),
        onward => format!("/sign-in?to={}", percent(onward)),
    };
    self::to(headers, &to)
}

/// Sends the visitor elsewhere; the script takes the whole page along.
fn to(headers: &HeaderMap, path: &str) -> Response {
    if is_partial(headers) {
        let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/sign-in"));
        return (StatusCode::OK, [(HeaderName::from_static("hx-redirect"), to)]).into_response();
    }
    Redirect::to(path).into_response()
}

/// Safe as a value in a query.
pub(crate) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}
