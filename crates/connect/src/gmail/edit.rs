//! What was done here, done there (features M19). Whatever is done twice does no harm.

use super::{FOLDER_EPOCH, USER, label, list, list::Wanted, refused};
use crate::{
    ConnectError, Edit, EditDone,
    error::Cause,
    line::{Line, Question, encoded},
};
use bytes::Bytes;
use mail::{Flags, RemoteId};
use reqwest::Method;
use serde_json::{Value, json};

/// What a change costs, in units, one letter's and many letters'.
const COST: u32 = 5;
const COST_OF_MANY: u32 = 50;
/// From so many letters on, the same change is one request.
const MANY: usize = 10;
/// What removing a letter and putting one there costs.
const COST_OF_DELETE: u32 = 10;
const COST_OF_INSERT: u32 = 25;
const BOUNDARY: &str = "postkamer-letter";

/// Does the edits in their order.
pub async fn all(line: &Line, edits: Vec<Edit>) -> Vec<Result<EditDone, ConnectError>> {
    let mut done = Vec::with_capacity(edits.len());
    let mut rest = edits.into_iter().peekable();
    while let Some(edit) = rest.next() {
        let Edit::Flags { epoch: FOLDER_EPOCH, remote: RemoteId::Name(first), add, remove, .. } = &edit else {
            done.push(one(line, edit).await);
            continue;
        };
        let mut same = vec![first.clone()];
        let is_same = |next: &Edit| {
            matches!(next, Edit::Flags { epoch: FOLDER_EPOCH, remote: RemoteId::Name(_), add: on, remove: off, .. }
                if on == add && off == remove)
        };
        while let Some(Edit::Flags { remote: RemoteId::Name(id), .. }) = rest.next_if(is_same) {
            same.push(id);
        }
        let Some((on, off)) = label::changed(add, remove) else {
            // Gmail keeps nothing of it.
            done.extend(same.iter().map(|_| Ok(EditDone::default())));
            continue;
        };
        let change = json!({ "addLabelIds": on, "removeLabelIds": off });
        if same.len() < MANY {
            for id in same {
                done.push(found(modify(line, &id, &change).await.map(|_| EditDone::default())));
            }
            continue;
        }
        let mut many = change;
        many["ids"] = json!(same);
        let question = Question::new(Method::POST, format!("{USER}/messages/batchModify"), true);
        let result = line.json(question.json(&many).costing(COST_OF_MANY)).await.map(|_| EditDone::default());
        done.extend(same.iter().map(|_| result.clone()));
    }
    done
}

async fn one(line: &Line, edit: Edit) -> Result<EditDone, ConnectError> {
    found(match edit {
        // Of another epoch: there is nothing to do it to.
        Edit::Flags { .. } => return missing(),
        Edit::Move { folder, epoch, remote, to } => match id(epoch, &remote) {
            None => return missing(),
            Some(id) => relocate(line, id, label::of_folder(&folder), label::of_folder(&to)).await,
        },
        Edit::Delete { folder, epoch, remote } => match id(epoch, &remote) {
            None => return missing(),
            Some(id) => delete(line, id, label::of_folder(&folder)).await,
        },
        // A folder that is not there is told as that.
        Edit::Append { folder, raw, flags, .. } => return append(line, label::of_folder(&folder), raw, &flags).await,
        Edit::CreateFolder { folder } => create(line, &folder).await,
    })
}

/// A letter that is not there any more is told as missing.
fn found(done: Result<EditDone, ConnectError>) -> Result<EditDone, ConnectError> {
    match done {
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => missing(),
        done => done,
    }
}

fn missing() -> Result<EditDone, ConnectError> {
    Ok(EditDone { new: None, missing: true })
}

fn id(epoch: i64, remote: &RemoteId) -> Option<&str> {
    match remote {
        RemoteId::Name(id) if epoch == FOLDER_EPOCH => Some(id),
        _ => None,
    }
}

fn path(id: &str) -> String {
    format!("{USER}/messages/{}", encoded(id))
}

async fn modify(line: &Line, id: &str, change: &Value) -> Result<Value, ConnectError> {
    let question = Question::new(Method::POST, format!("{}/modify", path(id)), true);
    line.json(question.json(change).costing(COST)).await
}

fn labels(letter: &Value) -> Vec<String> {
    let labels = letter["labelIds"].as_array().into_iter().flatten();
    labels.filter_map(|label| label.as_str().map(str::to_owned)).collect()
}

/// Takes one label off and puts another on. What was sent stays among what was sent; what goes into the bin leaves every
/// folder.
async fn relocate(line: &Line, id: &str, from: &str, to: &str) -> Result<EditDone, ConnectError> {
    if label::is_fixed(to) && to != from {
        return Err(refused(Cause::Refused, "Gmail puts nothing among what was sent or is being written"));
    }
    let mut off = Vec::new();
    if from == "TRASH" {
        let question = Question::new(Method::POST, format!("{}/untrash", path(id)), true).costing(COST);
        line.json(question).await?;
    } else if from != to && from != label::ARCHIVE && !label::is_fixed(from) {
        off.push(from);
    }
    let letter = if to == "TRASH" {
        line.json(Question::new(Method::POST, format!("{}/trash", path(id)), true).costing(COST)).await?
    } else {
        let on: Vec<&str> = [to].into_iter().filter(|to| *to != label::ARCHIVE).collect();
        if to == "SPAM" && from != "INBOX" {
            off.push("INBOX");
        }
        modify(line, id, &json!({ "addLabelIds": on, "removeLabelIds": off })).await?
    };
    let lies = label::places(&labels(&letter)).contains(&to);
    let new = lies.then(|| (FOLDER_EPOCH, RemoteId::Name(id.to_owned())));
    Ok(EditDone { new, missing: false })
}

/// Takes a letter out of one folder; out of its last one it is gone for good.
async fn delete(line: &Line, id: &str, from: &str) -> Result<EditDone, ConnectError> {
    let letter = line.json(Question::get(format!("{}?format=minimal", path(id))).costing(COST)).await?;
    let labels = labels(&letter);
    let lies = label::places(&labels);
    if !lies.contains(&from) {
        return missing();
    }
    if lies.len() > 1 && !label::is_fixed(from) {
        modify(line, id, &json!({ "addLabelIds": [], "removeLabelIds": [from] })).await?;
        return Ok(EditDone::default());
    }
    line.json(Question::new(Method::DELETE, path(id), true).costing(COST_OF_DELETE)).await?;
    Ok(EditDone::default())
}

/// Puts a letter there as it is. Gmail takes the moment of its own head.
async fn append(line: &Line, folder: &str, raw: Bytes, flags: &Flags) -> Result<EditDone, ConnectError> {
    let kind = format!("multipart/related; boundary={BOUNDARY}");
    let mut on: Vec<&str> = [folder].into_iter().filter(|to| *to != label::ARCHIVE && *to != "DRAFT").collect();
    on.extend((!flags.seen).then_some("UNREAD"));
    on.extend(flags.flagged.then_some("STARRED"));
    let (place, about) = match folder {
        "DRAFT" => ("drafts?uploadType=multipart", json!({})),
        _ => ("messages?uploadType=multipart&internalDateSource=dateHeader", json!({ "labelIds": on })),
    };
    let head = format!(
        "--{BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{about}\r\n--{BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let body = [head.as_bytes(), &raw, tail.as_bytes()].concat();
    let question = Question::new(Method::POST, format!("/upload{USER}/{place}"), false);
    let made = line.json(question.carrying(kind, body.into()).costing(COST_OF_INSERT).slowly()).await?;
    let id = made["message"]["id"].as_str().or(made["id"].as_str());
    Ok(EditDone { new: id.map(|id| (FOLDER_EPOCH, RemoteId::Name(id.to_owned()))), missing: false })
}

/// Makes the labels of a path, as far as they are not there.
async fn create(line: &Line, path: &str) -> Result<EditDone, ConnectError> {
    let there = line.json(Question::get(format!("{USER}/labels"))).await?;
    let has = |name: &str| {
        let mut all = there["labels"].as_array().into_iter().flatten();
        all.any(|label| label["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    };
    let mut name = String::new();
    for piece in path.split('/').filter(|piece| !piece.is_empty()) {
        name = if name.is_empty() { piece.to_owned() } else { format!("{name}/{piece}") };
        if has(&name) {
            continue;
        }
        let label = json!({ "name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show" });
        line.json(Question::new(Method::POST, format!("{USER}/labels"), false).json(&label).costing(COST)).await?;
    }
    Ok(EditDone::default())
}

/// Whether a letter with these identifying words lies among what was sent.
pub async fn is_sent(line: &Line, query: &str) -> Result<bool, ConnectError> {
    let sent = Wanted { label: Some("SENT"), query: Some(query), ..Wanted::default() };
    Ok(!list::ids(line, sent).await?.is_empty())
}
