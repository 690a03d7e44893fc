//! Folders (learn.microsoft.com/graph/api/resources/mailfolder).

use super::Desk;
use crate::{asked::Reply, mailbox::Folder};
use serde_json::{Value, json};

/// Folders on one page at most.
const TOP: usize = 1000;

impl Desk<'_> {
    pub(super) fn folders(&mut self, parent: Option<&str>) -> Reply {
        let parent_id = match parent {
            None => None,
            Some(name) => match self.mailbox().folder(name) {
                Some(folder) => Some(folder.id.clone()),
                None => return self.not_found(),
            },
        };
        let found: Vec<Folder> =
            self.mailbox().folders.iter().filter(|folder| folder.parent == parent_id).cloned().collect();
        let shown: Vec<Value> = found.iter().map(|folder| self.shown(folder)).collect();
        let path = parent.map_or("mailFolders".to_owned(), |parent| format!("mailFolders/{parent}/childFolders"));
        self.page(shown, &path, TOP)
    }

    pub(super) fn folder(&mut self, name: &str) -> Reply {
        match self.mailbox().folder(name).cloned() {
            Some(folder) => Reply::json(200, &self.shown(&folder)),
            None => self.not_found(),
        }
    }

    /// Every folder at once: nothing is forgotten here, so each answer is whole.
    pub(super) fn folders_delta(&mut self) -> Reply {
        let all = self.mailbox().folders.clone();
        let shown: Vec<Value> = all.iter().map(|folder| self.shown(folder)).collect();
        let link = format!("{}?$deltatoken={}", self.at("mailFolders/delta"), self.mailbox().count);
        Reply::json(200, &json!({ "value": shown, "@odata.deltaLink": link }))
    }

    pub(super) fn make_folder(&mut self, parent: Option<&str>) -> Reply {
        let body = self.asked.json().unwrap_or_default();
        let Some(name) = body["displayName"].as_str().filter(|name| !name.is_empty()) else {
            return self.wrong(400, "ErrorInvalidArgument", "The property 'displayName' is required.");
        };
        if parent.is_some_and(|parent| self.mailbox().folder(parent).is_none()) {
            return self.not_found();
        }
        match self.mailbox().make_folder(name, parent) {
            Some(id) => {
                let mut reply = self.folder(&id);
                reply.status = 201;
                reply
            }
            None => self.wrong(409, "ErrorFolderExists", "A folder with the specified name already exists."),
        }
    }

    fn shown(&mut self, folder: &Folder) -> Value {
        let mailbox = self.mailbox();
        let letters = mailbox.letters_in(&folder.id);
        let unread = letters.iter().filter(|letter| !letter.is_read).count();
        let children = mailbox.folders.iter().filter(|other| other.parent.as_ref() == Some(&folder.id)).count();
        json!({
            "id": folder.id,
            "displayName": folder.name,
            "parentFolderId": folder.parent.clone().unwrap_or_else(|| "AQMkRoot=".to_owned()),
            "childFolderCount": children,
            "unreadItemCount": unread,
            "totalItemCount": letters.len(),
            "isHidden": false,
        })
    }
}
