//! Which person a cookie stands for, and how it comes to stand for one.

use super::visitor::{self, Person, Visitor};
use crate::{AppState, problem::Problem};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use mailroom::{
    people::{self, Signed},
    words,
};
use std::sync::Arc;

/// The person who signed in with this proof, and the proof that takes its place when their rights have changed.
pub(crate) async fn person(state: &AppState, proof: &str) -> Result<Option<(Person, Option<Arc<str>>)>, Problem> {
    let Some(current) = people::session(&state.room, proof).await? else { return Ok(None) };
    let session = current.session;
    let viewer = session.viewer;
    let (user, organisation) = state
        .read(move |tx| {
            Box::pin(async move {
                let organisation = store::organisation::get(tx, viewer.organisation).await?;
                Ok((store::user::get(tx, viewer.organisation, viewer.user).await?, organisation))
            })
        })
        .await?;
    let person = Person {
        viewer,
        language: words::language(&user.language),
        name: user.name,
        email: user.email,
        organisation: organisation.name,
        default_account: user.default_account,
        session,
    };
    Ok(Some((person, current.renewed.map(|token| Arc::from(token.as_str())))))
}

/// Goes on as the person who signed in. Their proof is always a new one: what somebody may have put into the browser
/// before is worth nothing afterwards (session fixation).
pub(crate) async fn begin(
    state: &AppState,
    visitor: &Visitor,
    signed: &Signed,
    onward: &str,
) -> Result<Response, Problem> {
    if visitor.person.is_some() {
        people::sign_out(&state.room, &visitor.proof).await?;
    }
    let mut response = with_cookie(state, &signed.token, onward);
    response.headers_mut().append(header::SET_COOKIE, visitor::keep_device(state, &signed.device));
    Ok(response)
}

/// Ends the session, here and in the browser, and goes to that page.
pub(crate) async fn end(state: &AppState, visitor: &Visitor, onward: &str) -> Result<Response, Problem> {
    people::sign_out(&state.room, &visitor.proof).await?;
    let mut response = with_cookie(state, &visitor::new_proof(), onward);
    // What the browser kept of our pages goes too.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

fn with_cookie(state: &AppState, proof: &str, onward: &str) -> Response {
    let mut response = Redirect::to(onward).into_response();
    response.headers_mut().insert(header::SET_COOKIE, visitor::keep(state, proof));
    response
}
