//! Lists of identifiers: which letters have a label, and which of them lie in a folder.

use super::{
    USER,
    label::{self, ARCHIVE},
};
use crate::{
    ConnectError,
    error::Cause,
    line::{Line, Question, encoded, later},
};
use std::collections::{HashMap, HashSet};

/// Identifiers on a page, as many as there may be.
const PAGE: usize = 500;
/// Pages at most.
const PAGES: usize = 40_000;
/// What a list costs, in units.
const COST: u32 = 5;

/// Identifiers, the newest letter first.
pub type Ids = Vec<String>;

/// What lists are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Letters with this label; every letter otherwise.
    pub label: Option<&'a str>,
    /// Also those in the bin and in spam.
    pub everywhere: bool,
    /// In the words of Gmail's search.
    pub query: Option<&'a str>,
}

/// The letters that are wanted.
pub async fn ids(line: &Line, wanted: Wanted<'_>) -> Result<Ids, ConnectError> {
    let mut path = format!("{USER}/messages?maxResults={PAGE}");
    if let Some(label) = wanted.label {
        path += &format!("&labelIds={}", encoded(label));
    }
    if wanted.everywhere || wanted.label.is_some_and(label::is_alone) {
        path += "&includeSpamTrash=true";
    }
    if let Some(query) = wanted.query {
        path += &format!("&q={}", encoded(query));
    }
    let (mut found, mut page) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let answer = line.json(Question::get(format!("{path}{page}")).costing(COST)).await?;
        let messages = answer["messages"].as_array().into_iter().flatten();
        found.extend(messages.filter_map(|message| message["id"].as_str().map(str::to_owned)));
        match answer["nextPageToken"].as_str() {
            Some(next) => page = format!("&pageToken={}", encoded(next)),
            None => return Ok(found),
        }
    }
    Err(later(Cause::Protocol, "there is no end to the list"))
}

/// Lists that were asked for already.
#[derive(Debug, Default)]
pub struct Lists {
    known: HashMap<String, Ids>,
    /// People's own labels.
    own: Vec<String>,
}

impl Lists {
    /// Lists of a mailbox with these labels of people's own.
    pub fn new(own: &[String]) -> Lists {
        Lists { known: HashMap::new(), own: own.to_vec() }
    }

    /// The letters that lie under a label, or in the archive.
    pub async fn of(&mut self, line: &Line, name: &str) -> Result<Ids, ConnectError> {
        if name == ARCHIVE { self.archive(line).await } else { self.under(line, name).await }
    }

    async fn under(&mut self, line: &Line, name: &str) -> Result<Ids, ConnectError> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let found = ids(line, Wanted { label: Some(name), ..Wanted::default() }).await?;
        self.known.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    /// What has none of the labels that are places.
    async fn archive(&mut self, line: &Line) -> Result<Ids, ConnectError> {
        let own: Vec<String> = self.own.clone();
        let mut elsewhere: HashSet<String> = HashSet::new();
        for name in ["INBOX", "SENT", "DRAFT", "CHAT"].into_iter().chain(own.iter().map(String::as_str)) {
            match self.under(line, name).await {
                Ok(found) => elsewhere.extend(found),
                // A label that was taken away meanwhile has no letters.
                Err(ConnectError::Refused { cause: Cause::NoSuchFolder | Cause::Refused, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut all = ids(line, Wanted::default()).await?;
        all.retain(|id| !elsewhere.contains(id));
        Ok(all)
    }
}
