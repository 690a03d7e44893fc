//! Folders, and what they are for.

use super::{FOLDER_PREFIX, batch};
use crate::line::{Line, Question, encoded};
use crate::{ConnectError, RemoteFolder, error::Cause};
use mail::Role;
use serde_json::Value;
use std::collections::HashMap;

/// Folders with a purpose, by the names that stand for them in a path whatever people call them
/// (learn.microsoft.com/graph/api/resources/mailfolder).
const PURPOSES: [(&str, Role); 6] = [
    ("inbox", Role::Inbox),
    ("sentitems", Role::Sent),
    ("drafts", Role::Drafts),
    ("junkemail", Role::Junk),
    ("deleteditems", Role::Trash),
    ("archive", Role::Archive),
];
/// Folders inside folders inside folders: deeper than this nobody files.
const DEPTH: usize = 12;
/// More folders than this are not listed.
const MOST: usize = 5000;

/// The identifiers of the folders with a purpose. Not every mailbox has an archive.
pub async fn roles(line: &Line) -> Result<HashMap<String, Role>, ConnectError> {
    let questions = PURPOSES.map(|(name, _)| Question::get(format!("/mailFolders/{name}?$select=id")));
    let mut roles = HashMap::new();
    for ((_, role), answer) in PURPOSES.into_iter().zip(batch::ask(line, questions.into()).await) {
        match answer {
            Ok(folder) => {
                roles.extend(folder["id"].as_str().map(|id| (id.to_owned(), role)));
            }
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(roles)
}

/// Every folder that is not hidden, with its path in the names that people see; those that lie equally deep in one request.
pub async fn list(line: &Line, roles: &HashMap<String, Role>) -> Result<Vec<RemoteFolder>, ConnectError> {
    let mut found = Vec::new();
    let mut lists = vec![("/mailFolders?$top=100".to_owned(), String::new())];
    for _ in 0..=DEPTH {
        let (paths, above): (Vec<String>, Vec<String>) = std::mem::take(&mut lists).into_iter().unzip();
        let answers = batch::ask(line, paths.into_iter().map(Question::get).collect()).await;
        for (above, answer) in above.into_iter().zip(answers) {
            let mut answer = answer?;
            loop {
                for folder in answer["value"].as_array().into_iter().flatten() {
                    let Some((shown, has_more)) = read(folder, &above, roles) else { continue };
                    if has_more {
                        let id = shown.remote.trim_start_matches(FOLDER_PREFIX);
                        let path = format!("/mailFolders/{}/childFolders?$top=100", encoded(id));
                        lists.push((path, format!("{}/", shown.name)));
                    }
                    found.push(shown);
                }
                let next = answer["@odata.nextLink"].as_str().filter(|_| found.len() < MOST);
                let Some(next) = next.map(str::to_owned) else { break };
                answer = line.json(Question::get(next)).await?;
            }
        }
    }
    Ok(found)
}

/// A folder, and whether there are more in it.
fn read(folder: &Value, above: &str, roles: &HashMap<String, Role>) -> Option<(RemoteFolder, bool)> {
    let id = folder["id"].as_str()?;
    let name = folder["displayName"].as_str().unwrap_or("?");
    let shown = RemoteFolder {
        remote: format!("{FOLDER_PREFIX}{id}"),
        name: format!("{above}{name}"),
        declared: roles.get(id).copied().unwrap_or_default(),
        selectable: true,
        separator: Some('/'),
        messages: folder["totalItemCount"].as_u64(),
        uidvalidity: None,
    };
    Some((shown, folder["childFolderCount"].as_u64().unwrap_or_default() > 0))
}
