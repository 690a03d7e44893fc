//! Comparing what is there with what is known, identifier by identifier: histories lose changes (pains P19).

use super::{
    fault::later,
    item::{self, Item},
    line::Line,
    pull::Run,
};
use crate::{Change, ConnectError, error::Cause};
use mail::{RemoteId, RemoteSet};

/// Pages at most.
const PAGES: usize = 20_000;
/// Letters that a list lacks are looked for, so many: a list is read page by page while the folder changes.
const ASKED: usize = 100;

/// Every identifier in a folder, of letters that pass the condition.
pub async fn ids(line: &Line, folder: &str, condition: &str) -> Result<RemoteSet, ConnectError> {
    let (mut found, mut next) = (RemoteSet::new(), Some(0));
    for _ in 0..PAGES {
        let Some(at) = next else { return Ok(found) };
        let (items, after) = item::page(line, folder, at, condition).await?;
        for item in items {
            found.insert(&RemoteId::Name(item.id));
        }
        next = after;
    }
    Err(later(Cause::Protocol, None, "there is no end to the list"))
}

/// Tells everything that is there and everything that is not; gives what is there.
pub async fn run(run: &mut Run<'_>) -> Result<RemoteSet, ConnectError> {
    let (mut there, mut next) = (RemoteSet::new(), Some(0));
    for _ in 0..PAGES {
        let Some(at) = next else { break };
        let (items, after) = item::page(run.pull.line, &run.state.remote, at, "").await?;
        for item in &items {
            there.insert(&RemoteId::Name(item.id.clone()));
        }
        // A draft that is known is not fetched for being there: only a change of it says that its bytes are others.
        let known = run.known().await.clone();
        let worth = |item: &Item| !(item.is_draft() && known.contains(&RemoteId::Name(item.id.clone())));
        run.tell(items.into_iter().filter(worth).collect()).await?;
        next = after;
    }
    let missed: Vec<String> = run.known().await.minus(&there).names().map(str::to_owned).take(ASKED).collect();
    if !missed.is_empty() {
        // A move ends an identifier, so one that still means something lies where it lay.
        let ids: Vec<&str> = missed.iter().map(String::as_str).collect();
        for (id, found) in missed.iter().zip(item::look(run.pull.line, &ids).await?) {
            match found {
                Ok(_) => there.insert(&RemoteId::Name(id.clone())),
                Err(ConnectError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    run.pull.send(Change::Present { folder: run.state.folder, ids: there.clone() }).await?;
    Ok(there)
}
