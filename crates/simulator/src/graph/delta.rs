//! What changed in a folder since (learn.microsoft.com/graph/delta-query-messages). A place in its history is an opaque word
//! in an address, which holds what was selected too.

use super::{Desk, letter};
use crate::{
    asked::{Reply, encoded},
    mailbox::Mailbox,
};
use serde_json::{Value, json};

/// Letters on a page when nobody says how many.
const PAGE: usize = 10;
/// And at most.
const MOST: usize = 512;

/// Where in the history somebody is.
struct Place {
    generation: u64,
    /// Nothing was told yet: everything that is there.
    whole: bool,
    after: u64,
    up_to: u64,
    /// So many of the round were told.
    told: usize,
    /// The serial below which the whole goes on.
    below: u64,
}

impl Place {
    fn read(text: &str) -> Option<Place> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|piece| u64::from_str_radix(piece, 16).ok()).collect();
        let &[generation, whole, after, up_to, told, below] = numbers?.as_slice() else { return None };
        Some(Place { generation, whole: whole == 1, after, up_to, told: told as usize, below })
    }

    fn text(&self) -> String {
        let Place { generation, whole, after, up_to, told, below } = self;
        format!("{generation:x}.{:x}.{after:x}.{up_to:x}.{told:x}.{below:x}", u8::from(*whole))
    }
}

impl Desk<'_> {
    pub(super) fn delta(&mut self, name: &str) -> Reply {
        let Some(folder) = self.mailbox().folder(name).cloned() else { return self.not_found() };
        let (count, generation) = (self.mailbox().count, self.mailbox().generation);
        let said = self.asked.query("$skiptoken").or(self.asked.query("$deltatoken"));
        let begins = Place { generation, whole: true, after: 0, up_to: count, told: 0, below: u64::MAX };
        let mut place = match said.map(Place::read) {
            None => begins,
            Some(Some(place)) if place.generation == generation => place,
            Some(_) => {
                let words = "The sync state generation is not found; SyncStateNotFound.";
                return self.wrong(410, "SyncStateNotFound", words);
            }
        };
        if self.asked.query("$deltatoken").is_some() {
            (place.whole, place.after, place.up_to, place.told) = (false, place.up_to, count, 0);
        }
        let size = self.asked.preferred("odata.maxpagesize").unwrap_or(PAGE).clamp(1, MOST);
        let (immutable, select) = (self.immutable(), self.asked.query("$select").map(str::to_owned));
        let mailbox = self.mailbox();
        let (page, has_more) = if place.whole {
            let mut there: Vec<_> =
                mailbox.letters_in(&folder.id).into_iter().filter(|one| one.serial < place.below).collect();
            there.sort_by_key(|letter| std::cmp::Reverse(letter.serial));
            let has_more = there.len() > size;
            there.truncate(size);
            place.below = there.last().map_or(0, |letter| letter.serial);
            let page: Vec<Value> =
                there.into_iter().map(|one| letter::shown(one, immutable, select.as_deref())).collect();
            (page, has_more)
        } else {
            let happened = mailbox.happened(&folder, place.after, place.up_to);
            let there = happened.there.iter().filter_map(|serial| mailbox.letters.get(serial));
            let there = there.map(|one| letter::shown(one, immutable, select.as_deref()));
            let gone = happened.gone.iter().map(
                |serial| json!({ "@removed": { "reason": "deleted" }, "id": Mailbox::id_of_gone(*serial, immutable) }),
            );
            let mut all: Vec<Value> = there.chain(gone).skip(place.told).collect();
            let has_more = all.len() > size;
            all.truncate(size);
            place.told += all.len();
            (all, has_more)
        };
        let kept = select.map_or(String::new(), |select| format!("&$select={}", encoded(&select)));
        let path = self.at(&format!("mailFolders/{name}/messages/delta"));
        let mut answer = json!({
            "@odata.context": format!("{}/v1.0/$metadata#Collection(message)", self.url),
            "value": page,
        });
        let (link, token) =
            if has_more { ("@odata.nextLink", "$skiptoken") } else { ("@odata.deltaLink", "$deltatoken") };
        answer[link] = json!(format!("{path}?{token}={}{kept}", place.text()));
        Reply::json(200, &answer)
    }
}
