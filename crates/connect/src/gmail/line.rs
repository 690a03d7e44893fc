//! The line to a mailbox at Gmail.

use super::{USER, fault};
use crate::{
    Bearer, ConnectError, World,
    error::Cause,
    line::{Line, Manner, Question, later},
};

/// What one mailbox may be asked for in a minute, in units (developers.google.com/workspace/gmail/api/reference/quota). Google
/// has changed it before.
const UNITS_A_MINUTE: u32 = 15_000;
/// Google says no number, only that there may be too many at once.
const AT_ONCE: usize = 4;

const MANNER: Manner = Manner {
    name: "Google",
    at_once: AT_ONCE,
    header: None,
    meaning: fault::meaning,
    units_a_minute: Some(UNITS_A_MINUTE),
};

/// The line to the mailbox that the token is for.
pub fn line(world: &World, bearer: Box<dyn Bearer>) -> Result<Line, ConnectError> {
    Line::new(world, MANNER, &world.vendors.google.interface, "", bearer)
}

/// The mailbox's address.
pub async fn owner(line: &Line) -> Result<Vec<String>, ConnectError> {
    let profile = line.json(Question::get(format!("{USER}/profile"))).await?;
    Ok(profile["emailAddress"].as_str().map(str::to_owned).into_iter().collect())
}

/// Where the mailbox's history is now.
pub(super) async fn history(line: &Line) -> Result<u64, ConnectError> {
    let profile = line.json(Question::get(format!("{USER}/profile"))).await?;
    let now = profile["historyId"].as_str().and_then(|text| text.parse().ok());
    now.ok_or_else(|| later(Cause::Protocol, "a profile without a historyId"))
}
