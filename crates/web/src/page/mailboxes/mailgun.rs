//! The domains at Mailgun among which a mailbox can choose.

use crate::{AppState, page::visitor::Person};
use mailroom::{mailgun, words::Refusal};

/// Those that are verified, and the one that fits the address best. Who may not know of them chooses among none.
pub(super) async fn choice(
    state: &AppState,
    person: &Person,
    address: &str,
) -> Result<(Vec<String>, Option<String>), Refusal> {
    let found = match mailgun::list(&state.room, &person.viewer).await {
        Err(Refusal::Forbidden(_)) => Vec::new(),
        found => found?,
    };
    let fitting = mailgun::fitting(&found, address).map(|domain| domain.name.clone());
    let names = found.into_iter().filter(|domain| domain.is_active()).map(|domain| domain.name);
    Ok((names.collect(), fitting))
}
