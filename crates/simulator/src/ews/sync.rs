//! SyncFolderItems: everything in a folder, then what changed since a state.

use super::{
    Desk, NO_FOLDER, OLD_STATE, Wrong,
    item::{Shape, id, id_element, shown},
    xml::Node,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// More changes than this are not told at once.
const MOST: usize = 512;

/// A place in a folder's history.
struct State {
    generation: u64,
    folder: String,
    /// What happened up to here was told.
    count: u64,
    /// Of what was there at the beginning, letters below this serial were not told yet; 0 when all were.
    below: u64,
}

impl State {
    fn read(text: &str) -> Option<State> {
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let mut parts = text.split(' ');
        let mut number = || parts.next()?.parse().ok();
        let (generation, count, below) = (number()?, number()?, number()?);
        Some(State { generation, folder: parts.next()?.to_owned(), count, below })
    }

    fn shown(&self) -> String {
        STANDARD.encode(format!("{} {} {} {}", self.generation, self.count, self.below, self.folder))
    }
}

impl Desk<'_> {
    pub(super) fn sync_items(&mut self) -> String {
        let result = self.synced();
        let was_old = result.as_ref().is_err_and(|wrong| wrong.code == OLD_STATE.code);
        let body = self.one(result);
        if !was_old {
            return body;
        }
        let end = "</m:SyncFolderItemsResponseMessage>";
        body.replace(end, &format!("<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>{end}"))
    }

    fn synced(&mut self) -> Result<String, Wrong> {
        let question = self.question;
        let folder = question.child("SyncFolderId").and_then(|id| id.children.first()).ok_or(NO_FOLDER)?;
        let folder = self.folder_id(folder)?;
        let most =
            question.said("MaxChangesReturned").and_then(|most| most.parse().ok()).unwrap_or(MOST).clamp(1, MOST);
        let shape = Shape::of(question);
        let ignored: Vec<&str> = question.child("Ignore").map(ids_in).unwrap_or_default();
        let mailbox = self.mailbox();
        let mut state = match question.said("SyncState").filter(|text| !text.is_empty()) {
            None => {
                State { generation: mailbox.generation, folder: folder.clone(), count: mailbox.count, below: u64::MAX }
            }
            Some(text) => State::read(text)
                .filter(|state| state.generation == mailbox.generation && state.folder == folder)
                .ok_or(OLD_STATE)?,
        };
        let mut changes = Vec::new();
        if state.below > 0 {
            let mut there = mailbox.letters_in(&folder);
            there.sort_by_key(|letter| std::cmp::Reverse(letter.serial));
            let below = state.below;
            let mut left = there.into_iter().filter(|letter| letter.serial < below);
            for letter in left.by_ref().take(most) {
                state.below = letter.serial;
                changes.push(format!("<t:Create>{}</t:Create>", shown(letter, &shape)));
            }
            if left.next().is_none() {
                state.below = 0;
            }
        }
        let mut whole = state.below == 0;
        if whole && changes.len() < most {
            let mut told: Vec<(u64, u32)> = Vec::new();
            let news: Vec<_> =
                mailbox.history.iter().filter(|one| one.folder == folder && one.count > state.count).collect();
            for event in &news {
                let key = (event.serial, event.moves);
                if told.contains(&key) {
                    state.count = event.count;
                    continue;
                }
                if changes.len() >= most {
                    whole = false;
                    break;
                }
                told.push(key);
                state.count = event.count;
                if ignored.contains(&id(key.0, key.1).as_str()) {
                    continue;
                }
                let of_it = || news.iter().filter(|one| (one.serial, one.moves) == key);
                let letter =
                    mailbox.letters.get(&key.0).filter(|letter| letter.folder == folder && letter.moves == key.1);
                changes.push(match letter {
                    None => format!("<t:Delete><t:ItemId Id=\"{}\" ChangeKey=\"AQ==\"/></t:Delete>", id(key.0, key.1)),
                    Some(letter) if of_it().any(|one| one.what == "created") => {
                        format!("<t:Create>{}</t:Create>", shown(letter, &shape))
                    }
                    Some(letter) if of_it().all(|one| one.what == "read") => {
                        let is_read = letter.is_read;
                        format!(
                            "<t:ReadFlagChange>{}<t:IsRead>{is_read}</t:IsRead></t:ReadFlagChange>",
                            id_element(letter)
                        )
                    }
                    Some(letter) => format!("<t:Update>{}</t:Update>", shown(letter, &shape)),
                });
            }
        } else if whole {
            whole = !mailbox.history.iter().any(|one| one.folder == folder && one.count > state.count);
        }
        Ok(format!(
            "<m:SyncState>{}</m:SyncState><m:IncludesLastItemInRange>{whole}</m:IncludesLastItemInRange><m:Changes>{}</m:Changes>",
            state.shown(),
            changes.concat()
        ))
    }
}

fn ids_in(node: &Node) -> Vec<&str> {
    node.children.iter().filter_map(|id| id.attribute("Id")).collect()
}
