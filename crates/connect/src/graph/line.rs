//! The line to a mailbox at Microsoft 365.

use super::fault;
use crate::{
    Bearer, ConnectError, World,
    line::{Line, Manner, Question},
};

/// Four requests for one mailbox at once (learn.microsoft.com/graph/throttling-limits, Outlook), and identifiers that
/// survive a move.
const MANNER: Manner = Manner {
    name: "Microsoft",
    at_once: 4,
    header: Some(("prefer", "IdType=\"ImmutableId\"")),
    meaning: fault::meaning,
    units_a_minute: None,
};

/// The line to the mailbox that the token is for.
pub fn line(world: &World, bearer: Box<dyn Bearer>) -> Result<Line, ConnectError> {
    Line::new(world, MANNER, &world.vendors.microsoft.interface, "/me", bearer)
}

/// The mailbox's own address, and the one by which its owner signs in.
pub async fn owner(line: &Line) -> Result<Vec<String>, ConnectError> {
    let owner = line.json(Question::get("?$select=mail,userPrincipalName")).await?;
    let names = ["mail", "userPrincipalName"].map(|name| owner[name].as_str().map(str::to_owned));
    Ok(names.into_iter().flatten().collect())
}
