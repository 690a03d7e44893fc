//! Labels as folders.

use super::{
    FOLDER_PREFIX, USER,
    label::{ARCHIVE, PLACES, is_place},
};
use crate::{
    ConnectError, RemoteFolder,
    line::{Line, Question},
};
use mail::Role;

/// Every label that is a place, the archive, and the identifiers of people's own.
pub async fn list(line: &Line) -> Result<(Vec<RemoteFolder>, Vec<String>), ConnectError> {
    let answer = line.json(Question::get(format!("{USER}/labels"))).await?;
    let mut folders: Vec<RemoteFolder> = PLACES.iter().map(|(id, name, role)| folder(id, name, *role)).collect();
    folders.push(folder(ARCHIVE, "Archive", Role::Archive));
    let mut own = Vec::new();
    for label in answer["labels"].as_array().into_iter().flatten() {
        let (Some(id), Some(name)) = (label["id"].as_str(), label["name"].as_str()) else { continue };
        if label["type"] == "user" && is_place(id) {
            own.push(id.to_owned());
            folders.push(folder(id, name, Role::None));
        }
    }
    Ok((folders, own))
}

fn folder(id: &str, name: &str, declared: Role) -> RemoteFolder {
    RemoteFolder {
        remote: format!("{FOLDER_PREFIX}{id}"),
        name: name.to_owned(),
        declared,
        selectable: true,
        separator: Some('/'),
        messages: None,
        uidvalidity: None,
    }
}
