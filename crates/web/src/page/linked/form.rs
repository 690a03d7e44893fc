//! What the forms of contacts and of dossiers have in common.

use crate::page::{origin, route::percent};
use axum::response::{IntoResponse, Redirect, Response};
use store::external::External;

/// How other software calls it; nothing when both fields were left empty.
pub(crate) fn external(source: &str, id: &str) -> Option<External> {
    let (source, id) = (source.trim().to_owned(), id.trim().to_owned());
    (!source.is_empty() || !id.is_empty()).then_some(External { source, id })
}

/// To the new one's own page; whoever came to link a mail finds it there.
pub(crate) fn made(path: &str, name: &str, back: &str) -> Response {
    let to = match back {
        "" => format!("{path}?done=made"),
        back => format!("{}?q={}", origin::onward(Some(back)), percent(name)),
    };
    Redirect::to(&to).into_response()
}
