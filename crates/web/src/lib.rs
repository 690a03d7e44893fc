//! The window: the page that people use, the API that programs use, and what watches the program (health, metrics).
//!
//! A handler reads its input, calls one verb of `mailroom` (or, to read, one function of `store`), and answers. What
//! goes around every request is in [`router`].

mod alive;
mod api;
mod caller;
mod given;
mod handler;
mod headers;
mod here;
mod hook;
mod language;
mod metrics;
mod once;
mod page;
mod problem;
mod state;
mod style;
mod throttle;
#[cfg(test)]
mod trial;

pub use state::AppState;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Method, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use problem::{Kind, Problem};
use tower_http::catch_panic::CatchPanicLayer;

/// The largest body of an ordinary request; a mail with attachments may be larger, see `api::outbox`.
const BODY_LIMIT_BYTES: usize = 1 << 20;

/// Everything that is served, ready for `axum::serve`.
pub fn router(state: AppState) -> Router {
    let (api, description) = api::router();
    Router::new()
        .route("/style.css", get(style::sheet))
        .route("/healthz", get(alive::healthz))
        .route("/readyz", get(alive::readyz))
        .route("/metrics", get(metrics::show))
        .merge(api::description_routes(description))
        .merge(api)
        .merge(hook::routes())
        .merge(page::router(&state))
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(problem::speak))
        .layer(middleware::from_fn(headers::guard))
        .layer(middleware::from_fn_with_state(state.clone(), metrics::count))
        .with_state(state)
}

async fn nothing_here() -> Problem {
    Problem::not_found()
}

/// `OPTIONS` is answered with what is allowed (RFC 9110 §9.3.7); the router adds the `Allow` field to both answers.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Problem::new(
        Kind::MethodNotAllowed,
        "Welke methoden hier wel kunnen staat in het veld Allow.",
        "The field Allow names the methods that work here.",
    )
    .into_response()
}

/// The words of a panic may hold anything, a password too: they are not repeated, neither here nor in the answer.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal(&"a handler panicked").into_response()
}
