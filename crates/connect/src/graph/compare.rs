//! Comparing what is there with what is known, identifier by identifier: delta loses changes (pains P19).

use super::{
    folder_path,
    item::{self, SELECT},
    pull::Run,
};
use crate::line::{Line, Question, encoded, later};
use crate::{Change, ConnectError, error::Cause};
use mail::{RemoteId, RemoteSet};

/// Letters on a page of identifiers.
const TOP: usize = 500;
/// Pages at most.
const PAGES: usize = 20_000;
/// Letters that a list lacks are asked for one by one, so many: a list is read page by page while the folder changes.
const ASKED: usize = 100;

/// Every identifier in a folder, of letters that pass the filter.
pub async fn ids(line: &Line, folder: &str, filter: &str) -> Result<RemoteSet, ConnectError> {
    let mut found = RemoteSet::new();
    let mut next = Some(format!("{}/messages?$select=id&$top={TOP}{filter}", folder_path(folder)));
    for _ in 0..PAGES {
        let Some(page) = next else { return Ok(found) };
        let answer = line.json(Question::get(page)).await?;
        for item in item::all(&answer) {
            found.insert(&RemoteId::Name(item.id));
        }
        next = answer["@odata.nextLink"].as_str().map(str::to_owned);
    }
    Err(later(Cause::Protocol, "there is no end to the list"))
}

/// Tells everything that is there and everything that is not; gives what is there.
pub async fn run(run: &mut Run<'_>) -> Result<RemoteSet, ConnectError> {
    let folder = folder_path(&run.state.remote);
    let order = encoded("receivedDateTime desc");
    let mut next = Some(format!("{folder}/messages?{SELECT}&$top={TOP}&$orderby={order}"));
    let mut there = RemoteSet::new();
    for _ in 0..PAGES {
        let Some(page) = next else { break };
        let answer = run.pull.line.json(Question::get(page)).await?;
        let items = item::all(&answer);
        for item in &items {
            there.insert(&RemoteId::Name(item.id.clone()));
        }
        // A draft that is known is not fetched for being there: only a change of it says that its bytes are others.
        let known = run.known().await.clone();
        let worth = |item: &item::Item| !(item.is_draft() && known.contains(&RemoteId::Name(item.id.clone())));
        run.tell(items.into_iter().filter(worth).collect()).await?;
        next = answer["@odata.nextLink"].as_str().map(str::to_owned);
    }
    let missed: Vec<String> = run.known().await.minus(&there).names().map(str::to_owned).take(ASKED).collect();
    if !missed.is_empty() {
        let at = run.pull.line.json(Question::get(format!("{folder}?$select=id"))).await?;
        for id in missed {
            let letter = format!("/messages/{}?$select=parentFolderId", encoded(&id));
            match run.pull.line.json(Question::get(letter)).await {
                Ok(letter) if letter["parentFolderId"] == at["id"] => there.insert(&RemoteId::Name(id)),
                Ok(_) | Err(ConnectError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    run.send(Change::Present { folder: run.state.folder, ids: there.clone() }).await?;
    Ok(there)
}
