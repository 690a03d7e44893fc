//! What changed in a folder, by its state: what Exchange is asked when a folder is followed.

use super::{
    fetch, folder,
    item::{self, FIELDS},
    line::{Line, Question},
    xml::{Node, written},
};
use crate::{
    ConnectError,
    follow::{Hand, Item, Teller, Told},
};
use async_trait::async_trait;

/// Changes on a page: so many are asked for again when we die in the middle.
const PAGE: usize = 100;

/// The histories of a mailbox.
pub struct States<'a>(pub &'a Line);

#[async_trait]
impl Teller for States<'_> {
    const MARK: &'static str = "ews ";

    async fn changes(&self, folder: &str, place: &str) -> Result<Told, ConnectError> {
        let answer = self.0.one(Question::new(&question(folder, place))).await?;
        let items = answer.inside(&["Changes"]).iter().filter_map(changed).collect();
        let next = answer.said("SyncState").unwrap_or_default().to_owned();
        Ok(Told { items, next, is_last: answer.truth("IncludesLastItemInRange") != Some(false) })
    }

    async fn list(&self, folder: &str, at: &str) -> Result<(Vec<Item>, Option<String>), ConnectError> {
        let (items, next) = item::page(self.0, folder, at.parse().unwrap_or_default(), "").await?;
        Ok((items, next.map(|next| next.to_string())))
    }

    /// A move ends an identifier, so one that still means something lies where it lay.
    async fn still_in(&self, _: &str, ids: Vec<String>) -> Result<Vec<String>, ConnectError> {
        Ok(self.look(ids).await?.into_iter().map(|item| item.id).collect())
    }

    /// That a letter was read says nothing of its other flags.
    async fn look(&self, ids: Vec<String>) -> Result<Vec<Item>, ConnectError> {
        let mut there = Vec::new();
        for found in item::look(self.0, &ids).await? {
            match found {
                Ok(item) => there.push(item),
                // It is gone by now, of which the next pull hears.
                Err(ConnectError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(there)
    }

    async fn letters(&self, hand: &mut Hand<'_>, new: Vec<Item>) -> Result<(), ConnectError> {
        fetch::letters(self.0, hand, new).await
    }
}

fn question(remote: &str, state: &str) -> String {
    let state = if state.is_empty() { String::new() } else { format!("<m:SyncState>{}</m:SyncState>", written(state)) };
    format!(
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{FIELDS}</m:ItemShape><m:SyncFolderId>{}</m:SyncFolderId>{state}<m:MaxChangesReturned>{PAGE}</m:MaxChangesReturned></m:SyncFolderItems>",
        folder::named(remote)
    )
}

/// One change; what is no mail is none.
fn changed(node: &Node) -> Option<Item> {
    match node.name.as_str() {
        "Create" | "Update" => node.children.first().and_then(item::read),
        "Delete" => item::read(node).map(|item| Item { is_gone: true, flags: None, ..item }),
        "ReadFlagChange" => item::read(node).map(|item| Item { flags: None, ..item }),
        _ => None,
    }
}
