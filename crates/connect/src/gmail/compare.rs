//! Everything that is there, identifier by identifier: the first time, when Gmail no longer knows our place, and now and then.

use super::{
    brought::Wish,
    label, line,
    list::{self, Ids, Wanted},
    named,
    place::Place,
    pull::{FLAGS, Pull},
};
use crate::{Change, ConnectError, error::Cause};
use mail::{Flags, RemoteId};
use std::collections::{HashMap, HashSet};

impl Pull<'_> {
    /// Compares these folders. What happens meanwhile is told by the history from where it was before.
    pub(super) async fn compare(&mut self, folders: Vec<usize>, now: i64) -> Result<(), ConnectError> {
        let history = line::history(self.line).await?;
        let everywhere = |label| Wanted { label: Some(label), everywhere: true, query: None };
        let unread: HashSet<String> = list::ids(self.line, everywhere("UNREAD")).await?.into_iter().collect();
        let starred: HashSet<String> = list::ids(self.line, everywhere("STARRED")).await?.into_iter().collect();
        let recent = self.recent().await?;
        let mut met: Vec<(usize, Ids)> = Vec::new();
        let mut wishes: Vec<Wish> = Vec::new();
        let mut wished: HashMap<String, usize> = HashMap::new();
        for at in folders {
            let name = label::of_folder(&self.states[at].remote).to_owned();
            let there = match self.lists.of(self.line, &name).await {
                Ok(there) => there,
                Err(ConnectError::Refused { words, cause: Cause::NoSuchFolder | Cause::Refused }) => {
                    self.send(Change::Parked { folder: self.states[at].folder, words: words.0 }).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut flags = Vec::new();
            for id in &there {
                let remote = RemoteId::Name(id.clone());
                if self.stored(at).await.contains(&remote) {
                    let (seen, flagged) = (!unread.contains(id), starred.contains(id));
                    flags.push((remote, Flags { seen, flagged, draft: name == "DRAFT", ..Flags::default() }));
                } else if recent.as_ref().is_none_or(|recent| recent.contains(id)) {
                    match wished.get(id) {
                        Some(nth) => wishes[*nth].folders.push(at),
                        None => {
                            wished.insert(id.clone(), wishes.len());
                            wishes.push(Wish { id: id.clone(), folders: vec![at], size: None });
                        }
                    }
                }
            }
            let folder = self.states[at].folder;
            while !flags.is_empty() {
                let rest = flags.split_off(flags.len().min(FLAGS));
                self.send(Change::Flags { folder, of: std::mem::replace(&mut flags, rest) }).await?;
            }
            met.push((at, there));
        }
        self.fetch(wishes).await?;
        for (at, there) in met {
            self.send(Change::Present { folder: self.states[at].folder, ids: named(there) }).await?;
            self.keep(at, Place { history, at: now, compared_at: now }).await?;
        }
        Ok(())
    }

    /// The letters that came in since the moment that was chosen, when one was.
    async fn recent(&self) -> Result<Option<HashSet<String>>, ConnectError> {
        let Some(since) = self.states.iter().filter_map(|state| state.since).min() else { return Ok(None) };
        let query = format!("after:{}", since.div_euclid(1000) - 1);
        let found = list::ids(self.line, Wanted { label: None, everywhere: true, query: Some(&query) }).await?;
        Ok(Some(found.into_iter().collect()))
    }
}
