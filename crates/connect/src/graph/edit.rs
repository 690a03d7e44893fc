//! What was done here, done there (features M19). Whatever is done twice does no harm.

use super::{FOLDER_PREFIX, batch, folder_path, refused};
use crate::follow::EPOCH;
use crate::line::{Line, Question, encoded};
use crate::{ConnectError, Edit, EditDone, error::Cause};
use mail::RemoteId;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What an edit asks for.
enum Wish {
    /// Nothing: what becomes of it is known.
    None(Result<EditDone, ConnectError>),
    /// Something done to a letter, which may find itself moved.
    Letter { id: String, question: Question, moves: bool },
    /// A folder: what comes after may need it.
    Folder(String),
}

/// Edits of letters that wait to be asked for together.
#[derive(Default)]
struct Waiting {
    /// Of each letter one at a time: what is asked together is done in no order.
    rounds: Vec<Vec<(usize, Question, bool)>>,
    /// How many of a letter wait.
    of: HashMap<String, usize>,
}

impl Waiting {
    fn put(&mut self, n: usize, id: String, question: Question, moves: bool) {
        let round = self.of.entry(id).or_insert(0);
        if self.rounds.len() == *round {
            self.rounds.push(Vec::new());
        }
        self.rounds[*round].push((n, question, moves));
        *round += 1;
    }

    /// Asks for them all, and tells what became of each.
    async fn ask(self, line: &Line, done: &mut [Option<Result<EditDone, ConnectError>>]) {
        for round in self.rounds {
            let (whose, questions): (Vec<_>, Vec<_>) =
                round.into_iter().map(|(n, one, moves)| ((n, moves), one)).unzip();
            for ((n, moves), answer) in whose.into_iter().zip(batch::ask(line, questions).await) {
                done[n] = Some(found(answer.map(|letter| {
                    let new = letter["id"].as_str().filter(|_| moves);
                    EditDone { new: new.map(|id| (EPOCH, RemoteId::Name(id.to_owned()))), missing: false }
                })));
            }
        }
    }
}

/// Does the edits, each letter's and each folder's in their order.
pub async fn all(line: &Line, edits: Vec<Edit>) -> Vec<Result<EditDone, ConnectError>> {
    let mut done: Vec<Option<Result<EditDone, ConnectError>>> = vec![None; edits.len()];
    let mut waiting = Waiting::default();
    for (n, edit) in edits.into_iter().enumerate() {
        match wish(edit) {
            Wish::None(known) => done[n] = Some(known),
            Wish::Letter { id, question, moves } => waiting.put(n, id, question, moves),
            Wish::Folder(path) => {
                std::mem::take(&mut waiting).ask(line, &mut done).await;
                done[n] = Some(found(create(line, &path).await));
            }
        }
    }
    waiting.ask(line, &mut done).await;
    done.into_iter().map(|done| done.unwrap_or_else(missing)).collect()
}

fn wish(edit: Edit) -> Wish {
    let (epoch, remote) = match &edit {
        Edit::Flags { epoch, remote, .. } | Edit::Move { epoch, remote, .. } | Edit::Delete { epoch, remote, .. } => {
            (*epoch, remote.clone())
        }
        Edit::Append { .. } => {
            let words = "Microsoft Graph takes no finished message from elsewhere: it would lie there as a draft";
            return Wish::None(Err(refused(Cause::Refused, words)));
        }
        Edit::CreateFolder { folder } => return Wish::Folder(folder.clone()),
    };
    let RemoteId::Name(id) = remote else { return Wish::None(missing()) };
    if epoch != EPOCH {
        return Wish::None(missing());
    }
    let path = format!("/messages/{}", encoded(&id));
    let (question, moves) = match edit {
        Edit::Flags { add, remove, .. } => match changed(&add, &remove) {
            Some(body) => (Question::new(Method::PATCH, path, true).json(&body), false),
            // Microsoft keeps nothing of it.
            None => return Wish::None(Ok(EditDone::default())),
        },
        // Moving is no error when it was done before: the letter lies there, by the same identifier.
        Edit::Move { to, .. } => {
            let body = json!({ "destinationId": to.strip_prefix(FOLDER_PREFIX).unwrap_or(&to) });
            (Question::new(Method::POST, format!("{path}/move"), true).json(&body), true)
        }
        _ => (Question::new(Method::DELETE, path, true), false),
    };
    Wish::Letter { id, question, moves }
}

/// A letter or folder that is not there any more is told as missing.
fn found(done: Result<EditDone, ConnectError>) -> Result<EditDone, ConnectError> {
    match done {
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => missing(),
        done => done,
    }
}

fn missing() -> Result<EditDone, ConnectError> {
    Ok(EditDone { new: None, missing: true })
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
