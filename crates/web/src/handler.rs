//! Handlers behind a pointer: one type for all of them, so that what axum builds around a handler is compiled once and not
//! once a route, which took half of the time it takes to compile this crate.

use crate::AppState;
use axum::{extract::Request, handler::Handler, response::Response};
use std::{future::Future, pin::Pin, sync::Arc};

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
type Call = dyn Fn(Request, AppState) -> Answer + Send + Sync;

/// Any handler.
#[derive(Clone)]
pub(crate) struct Erased(Arc<Call>);

/// The same handler, as the one type of all.
pub(crate) fn erased<H, T>(handler: H) -> Erased
where
    H: Handler<T, AppState>,
    T: 'static,
{
    Erased(Arc::new(move |request, state| Box::pin(handler.clone().call(request, state))))
}

impl Handler<(), AppState> for Erased {
    type Future = Answer;

    fn call(self, request: Request, state: AppState) -> Answer {
        (self.0)(request, state)
    }
}

/// The routes of handlers that are described with `utoipa::path` and share a path, as `utoipa_axum::routes!` makes them.
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {{
        let mut paths = utoipa::openapi::path::Paths::new();
        let mut schemas = Vec::new();
        let mut router = axum::routing::MethodRouter::new();
        $(
            let (path, operation, methods) = utoipa_axum::routes!(@resolve_types $handler : schemas);
            for method in &methods {
                router = router.on(utoipa_axum::PathItemExt::to_method_filter(method), $crate::handler::erased($handler));
            }
            paths.add_path_operation(&path, methods, operation);
        )+
        (schemas, paths, router)
    }};
}
pub(crate) use routes;
