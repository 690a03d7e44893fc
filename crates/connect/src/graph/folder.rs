//! Folders, and what they are for.

use super::FOLDER_PREFIX;
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
    let mut roles = HashMap::new();
    for (name, role) in PURPOSES {
        match line.json(Question::get(format!("/mailFolders/{name}?$select=id"))).await {
            Ok(folder) => {
                roles.extend(folder["id"].as_str().map(|id| (id.to_owned(), role)));
            }
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(roles)
}

/// Every folder that is not hidden, with its path in the names that people see.
pub async fn list(line: &Line, roles: &HashMap<String, Role>) -> Result<Vec<RemoteFolder>, ConnectError> {
    let mut found = Vec::new();
    let mut inside = vec![("/mailFolders?$top=100".to_owned(), String::new(), 0)];
    while let Some((first, above, depth)) = inside.pop() {
        let mut next = Some(first);
        while let Some(page) = next {
            let answer = line.json(Question::get(page)).await?;
            for folder in answer["value"].as_array().into_iter().flatten() {
                let Some((shown, has_more)) = read(folder, &above, roles) else { continue };
                if has_more && depth < DEPTH {
                    let id = shown.remote.trim_start_matches(FOLDER_PREFIX);
                    let path = format!("/mailFolders/{}/childFolders?$top=100", encoded(id));
                    inside.push((path, format!("{}/", shown.name), depth + 1));
                }
                found.push(shown);
            }
            next = answer["@odata.nextLink"].as_str().map(str::to_owned).filter(|_| found.len() < MOST);
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
