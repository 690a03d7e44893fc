//! The Exchange server of a mailbox, looked for by itself when nobody filled in its address.

use super::fields::Fields;
use crate::{
    AppState,
    page::{frame::field_errors, visitor::Person},
    problem::Problem,
};
use mailroom::{
    accounts::{self, AccountInput, ExchangeFound, ExchangeSearch, ServerInput},
    words::FieldError,
};
use store::account::Authentication;

/// A server of another domain, which gets the password when the person agrees.
pub(super) struct Elsewhere {
    pub(super) host: String,
    pub(super) from: String,
}

/// What came of looking.
pub(super) enum Looked {
    /// There was nothing to look for.
    Not,
    /// It is filled in.
    Found,
    /// The person has to agree first.
    Elsewhere(Elsewhere),
    /// It was not found, or the password was refused.
    Wrong(Vec<FieldError>),
}

/// Fills in the server of a mailbox at Exchange, when it was left empty and there is a password to ask with.
pub(super) async fn fill(
    state: &AppState,
    person: &Person,
    fields: &Fields,
    address: &str,
    input: &mut AccountInput,
) -> Result<Looked, Problem> {
    let is_open = |half: &ServerInput| {
        half.kind.as_deref() == Some("ews") && half.url.as_deref().is_none_or(|url| url.trim().is_empty())
    };
    let Some(incoming) = input.incoming.as_mut().filter(|half| is_open(half)) else { return Ok(Looked::Not) };
    let Some(secret) = incoming.secret.clone() else { return Ok(Looked::Not) };
    let agreed = fields.all("agreed").map(str::to_owned).collect();
    let username = incoming.username.clone().unwrap_or_default();
    let search = ExchangeSearch { address: address.to_owned(), username, secret, agreed };
    match accounts::find_exchange(&state.room, &person.viewer, search).await {
        Ok(ExchangeFound::Service { url, username, authentication }) => {
            let authentication = if authentication == Authentication::Ntlm { "ntlm" } else { "basic" };
            let settle = |half: &mut ServerInput| {
                half.url = Some(url.clone());
                half.username = Some(username.clone());
                half.authentication = Some(authentication.to_owned());
            };
            settle(incoming);
            if let Some(outgoing) = input.outgoing.as_mut().filter(|half| is_open(half)) {
                settle(outgoing);
            }
            Ok(Looked::Found)
        }
        Ok(ExchangeFound::Elsewhere { host, from }) => Ok(Looked::Elsewhere(Elsewhere { host, from })),
        Err(refusal) => {
            let here = |error: FieldError| match error.field.as_str() {
                "address" => error,
                field => FieldError { field: format!("incoming.{field}"), ..error },
            };
            Ok(Looked::Wrong(field_errors(refusal)?.into_iter().map(here).collect()))
        }
    }
}
