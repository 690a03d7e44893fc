//! What was done here, done there (features M19). Whatever is done twice does no harm.

use super::{FOLDER_PREFIX, folder_path, refused};
use crate::follow::EPOCH;
use crate::line::{Line, Question, encoded};
use crate::{ConnectError, Edit, EditDone, error::Cause};
use mail::RemoteId;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Does one edit. A letter or folder that is not there any more is told as missing.
pub async fn one(line: &Line, edit: Edit) -> Result<EditDone, ConnectError> {
    let done = match edit {
        Edit::Flags { epoch, remote, add, remove, .. } => match (letter(epoch, &remote), changed(&add, &remove)) {
            (None, _) => return missing(),
            // Microsoft keeps nothing of it.
            (Some(_), None) => return Ok(EditDone::default()),
            (Some(path), Some(body)) => {
                line.json(Question::new(Method::PATCH, path, true).json(&body)).await.map(|_| EditDone::default())
            }
        },
        Edit::Move { epoch, remote, to, .. } => match letter(epoch, &remote) {
            None => return missing(),
            Some(path) => relocate(line, &path, &to).await,
        },
        Edit::Delete { epoch, remote, .. } => match letter(epoch, &remote) {
            None => return missing(),
            Some(path) => line.json(Question::new(Method::DELETE, path, true)).await.map(|_| EditDone::default()),
        },
        Edit::Append { .. } => {
            let words = "Microsoft Graph takes no finished message from elsewhere: it would lie there as a draft";
            Err(refused(Cause::Refused, words))
        }
        Edit::CreateFolder { folder } => create(line, &folder).await,
    };
    match done {
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => missing(),
        done => done,
    }
}

fn missing() -> Result<EditDone, ConnectError> {
    Ok(EditDone { new: None, missing: true })
}

fn letter(epoch: i64, remote: &RemoteId) -> Option<String> {
    match remote {
        RemoteId::Name(id) if epoch == EPOCH => Some(format!("/messages/{}", encoded(id))),
        _ => None,
    }
}

fn changed(add: &[String], remove: &[String]) -> Option<Value> {
    let of = |flag: &str| {
        let has = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(flag));
        if has(add) { Some(true) } else { has(remove).then_some(false) }
    };
    let mut body = Map::new();
    if let Some(seen) = of("\\Seen") {
        body.insert("isRead".to_owned(), json!(seen));
    }
    if let Some(flagged) = of("\\Flagged") {
        let status = if flagged { "flagged" } else { "notFlagged" };
        body.insert("flag".to_owned(), json!({ "flagStatus": status }));
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

/// Moving is no error when it was done before: the letter lies there, by the same identifier.
async fn relocate(line: &Line, path: &str, to: &str) -> Result<EditDone, ConnectError> {
    let to = to.strip_prefix(FOLDER_PREFIX).unwrap_or(to);
    let body = json!({ "destinationId": to });
    let moved = line.json(Question::new(Method::POST, format!("{path}/move"), true).json(&body)).await?;
    let new = moved["id"].as_str().map(|id| (EPOCH, RemoteId::Name(id.to_owned())));
    Ok(EditDone { new, missing: false })
}

/// Makes the folders of a path, as far as they are not there.
async fn create(line: &Line, path: &str) -> Result<EditDone, ConnectError> {
    let mut above: Option<String> = None;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let list = match &above {
            None => "/mailFolders".to_owned(),
            Some(id) => format!("{}/childFolders", folder_path(id)),
        };
        let filter = encoded(&format!("displayName eq '{}'", name.replace('\'', "''")));
        let there =
            line.json(Question::get(format!("{list}?$filter={filter}&$select=id,displayName&$top=100"))).await?;
        let found = there["value"].as_array().into_iter().flatten().find(|folder| folder["displayName"] == name);
        let id = match found {
            Some(folder) => folder["id"].clone(),
            None => {
                let made = Question::new(Method::POST, list, false).json(&json!({ "displayName": name }));
                line.json(made).await?["id"].clone()
            }
        };
        above = id.as_str().map(str::to_owned);
    }
    Ok(EditDone::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_microsoft_keeps_is_asked_for() {
        let flags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(changed(&flags(&["\\Seen"]), &[]), Some(json!({ "isRead": true })));
        let both = changed(&[], &flags(&["\\seen", "\\Flagged"]));
        assert_eq!(both, Some(json!({ "isRead": false, "flag": { "flagStatus": "notFlagged" } })));
        assert_eq!(changed(&flags(&["\\Answered", "$Klaar"]), &[]), None);
    }
}
