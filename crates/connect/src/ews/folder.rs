//! Folders, and what they are for.

use super::{
    FOLDER_PREFIX,
    line::{Line, Question},
    xml::{Node, written},
};
use crate::{ConnectError, RemoteFolder, error::Cause};
use mail::Role;
use std::collections::HashMap;

/// Folders with a purpose, by the names that stand for them whatever people call them
/// (learn.microsoft.com/exchange/client-developer, distinguishedfolderid).
const PURPOSES: [(&str, Role); 5] = [
    ("inbox", Role::Inbox),
    ("sentitems", Role::Sent),
    ("drafts", Role::Drafts),
    ("junkemail", Role::Junk),
    ("deleteditems", Role::Trash),
];
/// Folders asked for at once.
const PAGE: usize = 500;
/// More folders than this are not listed.
const MOST: usize = 5000;
/// PidTagAttributeHidden (MS-OXPROPS): people do not see the folder.
const HIDDEN: &str = "0x10f4";

/// A folder, named in a question: by its identifier, or by what it is for. `INBOX` is the inbox everywhere.
pub fn named(remote: &str) -> String {
    match remote.strip_prefix(FOLDER_PREFIX) {
        Some(id) => format!("<t:FolderId Id=\"{}\"/>", written(id)),
        None => format!("<t:DistinguishedFolderId Id=\"{}\"/>", written(&remote.to_ascii_lowercase())),
    }
}

/// The identifiers of the folders with a purpose.
pub async fn roles(line: &Line) -> Result<HashMap<String, Role>, ConnectError> {
    let asked: String = PURPOSES.iter().map(|(name, _)| named(name)).collect();
    let question = format!(
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{asked}</m:FolderIds></m:GetFolder>"
    );
    let mut roles = HashMap::new();
    for ((_, role), message) in PURPOSES.iter().zip(line.several(Question::new(&question)).await?) {
        match message {
            Ok(message) => {
                let id = message.inside(&["Folders"]).first().and_then(id);
                roles.extend(id.map(|id| (id, *role)));
            }
            // Not every mailbox has all of them.
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(roles)
}

/// Every mail folder that people see, with its path in the names that they read.
pub async fn list(line: &Line, roles: &HashMap<String, Role>) -> Result<Vec<RemoteFolder>, ConnectError> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut offset = Some(0);
    while let Some(at) = offset.filter(|_| nodes.len() < MOST) {
        let (page, next) = page(line, "msgfolderroot", "Deep", at).await?;
        nodes.extend(page);
        offset = next;
    }
    let names: HashMap<String, (String, String)> = nodes
        .iter()
        .filter_map(|node| {
            let parent = node.child("ParentFolderId").and_then(|id| id.attribute("Id")).unwrap_or_default();
            Some((id(node)?, (node.said("DisplayName").unwrap_or("?").to_owned(), parent.to_owned())))
        })
        .collect();
    Ok(nodes.iter().filter_map(|node| shown(node, &names, roles)).collect())
}

/// One page of the folders inside another, and where the next begins.
async fn page(
    line: &Line,
    parent: &str,
    traversal: &str,
    offset: usize,
) -> Result<(Vec<Node>, Option<usize>), ConnectError> {
    let question = format!(
        concat!(
            r#"<m:FindFolder Traversal="{}"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"#,
            r#"<t:FieldURI FieldURI="folder:ParentFolderId"/><t:FieldURI FieldURI="folder:FolderClass"/>"#,
            r#"<t:FieldURI FieldURI="folder:DisplayName"/><t:FieldURI FieldURI="folder:TotalCount"/>"#,
            r#"<t:ExtendedFieldURI PropertyTag="{}" PropertyType="Boolean"/></t:AdditionalProperties></m:FolderShape>"#,
            r#"<m:IndexedPageFolderView MaxEntriesReturned="{}" Offset="{}" BasePoint="Beginning"/>"#,
            r#"<m:ParentFolderIds>{}</m:ParentFolderIds></m:FindFolder>"#
        ),
        traversal,
        HIDDEN,
        PAGE,
        offset,
        named(parent)
    );
    let message = line.one(Question::new(&question)).await?;
    let root = message.child("RootFolder");
    let is_last =
        root.and_then(|root| root.attribute("IncludesLastItemInRange")).is_none_or(|last| matches!(last, "true" | "1"));
    let next = root.and_then(|root| root.attribute("IndexedPagingOffset")).and_then(|text| text.parse::<usize>().ok());
    Ok((message.inside(&["RootFolder", "Folders"]).to_vec(), next.filter(|next| !is_last && *next > offset)))
}

/// A folder's identifier.
pub fn id(node: &Node) -> Option<String> {
    node.child("FolderId")?.attribute("Id").map(str::to_owned)
}

fn shown(
    node: &Node,
    names: &HashMap<String, (String, String)>,
    roles: &HashMap<String, Role>,
) -> Option<RemoteFolder> {
    let id = id(node)?;
    let class = node.said("FolderClass").unwrap_or("IPF.Note");
    let is_mail = class.is_empty() || class == "IPF" || class == "IPF.Note" || class.starts_with("IPF.Note.");
    let is_hidden = node.child("ExtendedProperty").is_some_and(|property| property.truth("Value") == Some(true));
    if node.name != "Folder" || !is_mail || is_hidden {
        return None;
    }
    let (mut path, mut at) = (Vec::new(), id.as_str());
    // A folder inside itself would have no end.
    while let Some((name, parent)) = names.get(at).filter(|_| path.len() < 64) {
        path.push(name.as_str());
        at = parent;
    }
    path.reverse();
    Some(RemoteFolder {
        remote: format!("{FOLDER_PREFIX}{id}"),
        name: path.join("/"),
        declared: roles.get(&id).copied().unwrap_or_default(),
        selectable: true,
        separator: Some('/'),
        messages: node.said("TotalCount").and_then(|count| count.parse().ok()),
        uidvalidity: None,
    })
}

/// Makes the folders of a path, as far as they are not there.
pub async fn create(line: &Line, path: &str) -> Result<(), ConnectError> {
    let mut above = "msgfolderroot".to_owned();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let (mut inside, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let (page, next) = page(line, &above, "Shallow", at).await?;
            inside.extend(page);
            offset = next;
        }
        let found = inside.iter().find(|node| node.said("DisplayName") == Some(name)).and_then(id);
        let id = match found {
            Some(id) => Some(id),
            None => {
                let question = format!(
                    "<m:CreateFolder><m:ParentFolderId>{}</m:ParentFolderId><m:Folders><t:Folder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{}</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>",
                    named(&above),
                    written(name)
                );
                let made = line.one(Question::once(&question)).await?;
                made.inside(&["Folders"]).first().and_then(id)
            }
        };
        let lost = || super::fault::later(Cause::Protocol, None, "a folder without an identifier");
        above = format!("{FOLDER_PREFIX}{}", id.ok_or_else(lost)?);
    }
    Ok(())
}
