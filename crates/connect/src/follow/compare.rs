//! Comparing what is there with what is known, name by name: histories lose changes (pains P19).

use super::{Item, Teller, run::Run};
use crate::{Change, ConnectError};
use mail::{RemoteId, RemoteSet};

/// Pages at most.
const PAGES: usize = 20_000;
/// Letters that a list lacks are asked for, so many: a list is read page by page while the folder changes.
const ASKED: usize = 100;

/// Tells everything that is there and everything that is not; gives what is there.
pub async fn compare<T: Teller>(run: &mut Run<'_, T>) -> Result<RemoteSet, ConnectError> {
    let (teller, folder) = (&run.pull.teller, &run.state.remote);
    let (mut there, mut next) = (RemoteSet::new(), Some(String::new()));
    for _ in 0..PAGES {
        let Some(at) = next else { break };
        let (items, after) = teller.list(folder, &at).await?;
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
        for id in teller.still_in(folder, missed).await? {
            there.insert(&RemoteId::Name(id));
        }
    }
    run.hand.over(Change::Present { folder: run.state.folder, ids: there.clone() }).await?;
    Ok(there)
}
