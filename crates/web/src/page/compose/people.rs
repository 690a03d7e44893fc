//! Completing an address while it is typed.

use crate::{AppState, page::visitor::Person, problem::Problem};
use axum::{
    Json,
    extract::{Query, State},
};
use mail::Address;
use serde::Deserialize;
use store::contact::{self, Order};

/// Suggestions at a time.
const MANY: usize = 8;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// Contacts whose name or address begins with what was typed, as they are written in a line of recipients. Hidden
/// contacts are not suggested.
pub(super) async fn find(
    State(state): State<AppState>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<String>>, Problem> {
    let (organisation, typed) = (person.viewer.organisation, asked.q.trim().to_owned());
    if typed.is_empty() || typed.chars().count() > 200 {
        return Ok(Json(Vec::new()));
    }
    let (found, _) = state
        .read(move |tx| {
            Box::pin(async move { contact::list(tx, organisation, Some(&typed), Order::Name, None, 3 * MANY).await })
        })
        .await?;
    let shown = found.into_iter().filter(|contact| !contact.hidden);
    let lines = shown.flat_map(|contact| {
        let name = Some(contact.name).filter(|name| !name.is_empty());
        contact.addresses.into_iter().map(move |address| Address { name: name.clone(), address })
    });
    Ok(Json(lines.take(MANY).map(|one| super::typed::line(&[one])).collect()))
}
