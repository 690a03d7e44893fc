//! What somebody sends from a form of a mailbox.

use super::{fields::Fields, managed};
use crate::{
    AppState,
    given::Named,
    page::visitor::{Person, Visitor},
    problem::Problem,
};
use axum::extract::{FromRequest, FromRequestParts, Request};
use mail::AccountKey;
use store::account::Account;

/// A form, the mailbox that it is about, and who sent it, who manages that mailbox: to everybody else it is not there.
pub(super) struct Sent {
    pub(super) state: AppState,
    pub(super) visitor: Visitor,
    pub(super) person: Person,
    pub(super) account: Account,
    pub(super) fields: Fields,
}

impl FromRequest<AppState> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Sent, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let person = Person::from_request_parts(&mut parts, state).await?;
        let Named(key) = Named::<AccountKey>::from_request_parts(&mut parts, state).await?;
        let account = managed(state, &person, key).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Sent { state: state.clone(), visitor, person, account, fields })
    }
}
