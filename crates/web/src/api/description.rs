//! The OpenAPI description, made from the handlers. What every operation of a kind can answer is added here, once, so
//! that no handler can forget to declare it.

use crate::{problem::ProblemBody, style};
use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        self, Content, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response as Answer, ResponseBuilder, Type,
        path::{Operation, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Postkamer",
        description = "The mail room's interface for programs. Every mailbox of an organisation in one place, each mail \
            with its contacts and dossiers, found at once and sent exactly once.\n\n\
            Instants are RFC 3339 in UTC, ids are opaque, unknown fields are refused. Lists are read page by page: give \
            `next` as `cursor` until it is null. A problem is told as RFC 9457 says, in the language of \
            `Accept-Language` (nl or en). A POST with an `Idempotency-Key` can be repeated safely for seven days.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    security(("token" = [])),
    tags(
        (name = "accounts", description = "Connected e-mail accounts: settings, health, folders, ledger."),
        (name = "messages", description = "Stored mail: lists, search, one message, its bytes, its links."),
        (name = "conversations", description = "What a team works on."),
        (name = "drafts", description = "Mail that is being written, which its author finds on every device."),
        (name = "outbox", description = "Sending, and what became of it."),
        (name = "contacts", description = "People and companies."),
        (name = "dossiers", description = "Business files."),
        (name = "changes", description = "The ordered feed of everything that happened."),
        (name = "people", description = "Users, groups, tokens."),
        (name = "templates", description = "Texts for mail."),
    )
)]
struct Description;

/// What the handlers' own declarations are added to.
pub(super) fn begin() -> openapi::OpenApi {
    let mut api = Description::openapi();
    let components = api.components.get_or_insert_default();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `postkamer token` or `POST /api/v1/tokens`."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(scheme));
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    api
}

/// Adds to every operation what its kind can answer besides its own.
pub(super) fn complete(api: &mut openapi::OpenApi) {
    for item in api.paths.paths.values_mut() {
        let methods = [
            (true, &mut item.get),
            (false, &mut item.post),
            (false, &mut item.put),
            (false, &mut item.patch),
            (false, &mut item.delete),
        ];
        for (reads, operation) in methods {
            if let Some(operation) = operation {
                declare(operation, reads);
            }
        }
    }
}

fn declare(operation: &mut Operation, reads: bool) {
    let open = operation.security.is_some();
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some((parameter.parameter_in.clone(), parameter.name.clone())),
            RefOr::Ref(_) => None,
        })
        .collect();
    let has = |wanted: ParameterIn| parameters.iter().any(|(place, _)| *place == wanted);
    let takes_key = parameters.iter().any(|(_, name)| name == "Idempotency-Key");
    let takes_body = operation.request_body.is_some();
    let mut add = |status: &str, words: &str| {
        let answers = &mut operation.responses.responses;
        answers.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(words, status)));
    };
    add("500", "A mistake of ours.");
    add("503", "The database or the blob store does not answer now; try again.");
    if !open {
        add("401", "No token, or one that is not valid.");
        add("403", "This token or its user may not do this.");
    }
    if has(ParameterIn::Path) {
        add("404", "Not there, or not for this token to see.");
    }
    if has(ParameterIn::Query) || takes_body || takes_key {
        add("422", "The input is not right; `errors` says where.");
    }
    if takes_body {
        add("400", "The body is no JSON.");
        add("413", "The body is too large.");
        add("415", "The body is not declared as JSON.");
        add("429", "Tried too often; `Retry-After` says when to come back.");
    }
    if takes_key {
        add("409", "It clashes with what is there, or the first request with this key is still running.");
    }
    if !reads {
        add("507", "The disk is full; nothing was stored.");
    }
}

/// An answer with a problem in it.
pub(super) fn problem(words: &str, status: &str) -> Answer {
    let body = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut answer = ResponseBuilder::new().description(words).content("application/problem+json", body);
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match status {
        "401" => {
            let header = HeaderBuilder::new().schema(Some(text())).description(Some("Which scheme is wanted.")).build();
            answer = answer.header("WWW-Authenticate", header);
        }
        "409" | "429" | "503" => {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            let header = HeaderBuilder::new()
                .schema(Some(seconds))
                .description(Some("Seconds to wait, where it is known."))
                .build();
            answer = answer.header("Retry-After", header);
        }
        _ => {}
    }
    answer.build()
}

/// `openapi.json` and the page that shows it; both made once.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: openapi::OpenApi) -> Router<S> {
    let page: Arc<str> = super::docs::page(&api).into();
    let json: Arc<str> = api.to_json().unwrap_or_else(|_| "{}".to_owned()).into();
    let show_json =
        move || async move { ([(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response() };
    let show_page = move || async move {
        let mut response: Response = Html(page.to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, style::PLAIN_PAGE);
        response
    };
    Router::new().route("/api/v1/openapi.json", get(show_json)).route("/api/docs", get(show_page))
}
