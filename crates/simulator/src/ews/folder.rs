//! Folders: GetFolder, FindFolder, SyncFolderHierarchy, CreateFolder.

use super::{Desk, NO_FOLDER, Wrong, wrong, xml};
use crate::mailbox::{Folder, Mailbox};
use base64::{Engine, engine::general_purpose::STANDARD};
use xml::Node;

/// The folder in which all mail folders lie, and the one in which that lies.
const TOP: [(&str, &str, &str); 2] =
    [("msgfolderroot", "AQMkTOP==", "Top of Information Store"), ("root", "AQMkROOT==", "Root")];

impl Desk<'_> {
    /// The identifier of the folder that an element names: by its own or by what it is for.
    pub(super) fn folder_id(&mut self, named: &Node) -> Result<String, Wrong> {
        let id = named.attribute("Id").unwrap_or_default();
        if let Some((_, top, _)) = TOP.iter().find(|(name, top, _)| *name == id || *top == id) {
            return Ok((*top).to_owned());
        }
        self.mailbox().folder(id).map(|folder| folder.id.clone()).ok_or(NO_FOLDER)
    }

    pub(super) fn get_folder(&mut self) -> String {
        let asked = self.question.child("FolderIds").map(|ids| ids.children.clone()).unwrap_or_default();
        let results = asked.iter().map(|named| {
            let id = self.folder_id(named)?;
            Ok(format!("<m:Folders>{}</m:Folders>", shown(self.mailbox(), &id)))
        });
        let results = results.collect();
        self.several(results)
    }

    pub(super) fn find_folder(&mut self) -> String {
        let result = self.found_folders();
        self.one(result)
    }

    fn found_folders(&mut self) -> Result<String, Wrong> {
        let parent = self.question.child("ParentFolderIds").and_then(|ids| ids.children.first()).ok_or(NO_FOLDER)?;
        let parent = self.folder_id(parent)?;
        let deep = self.question.attribute("Traversal") == Some("Deep");
        let mailbox = self.mailbox();
        let mut inside: Vec<String> = Vec::new();
        let mut above = vec![parent];
        while let Some(parent) = above.pop() {
            for folder in mailbox.folders.iter().filter(|folder| parent_of(folder) == parent) {
                inside.push(folder.id.clone());
                above.extend(deep.then(|| folder.id.clone()));
            }
        }
        let view = self.question.child("IndexedPageFolderView");
        let number =
            |name: &str| view.and_then(|view| view.attribute(name)).and_then(|text| text.parse::<usize>().ok());
        let (offset, most) = (number("Offset").unwrap_or(0), number("MaxEntriesReturned").unwrap_or(usize::MAX));
        let total = inside.len();
        let page: Vec<String> = inside.into_iter().skip(offset).take(most).collect();
        let end = offset + page.len();
        let mailbox = self.mailbox();
        let folders: String = page.iter().map(|id| shown(mailbox, id)).collect();
        Ok(format!(
            "<m:RootFolder IndexedPagingOffset=\"{end}\" TotalItemsInView=\"{total}\" IncludesLastItemInRange=\"{}\"><t:Folders>{folders}</t:Folders></m:RootFolder>",
            end >= total
        ))
    }

    pub(super) fn sync_hierarchy(&mut self) -> String {
        let known: usize = self
            .question
            .said("SyncState")
            .and_then(|state| STANDARD.decode(state).ok())
            .and_then(|state| String::from_utf8(state).ok()?.parse().ok())
            .unwrap_or(0);
        let mailbox = self.mailbox();
        let new: String = mailbox
            .folders
            .iter()
            .skip(known)
            .map(|folder| format!("<t:Create>{}</t:Create>", shown(mailbox, &folder.id)))
            .collect();
        let state = STANDARD.encode(mailbox.folders.len().to_string());
        self.one(Ok(format!(
            "<m:SyncState>{state}</m:SyncState><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes>{new}</m:Changes>"
        )))
    }

    pub(super) fn create_folder(&mut self) -> String {
        let parent = self.question.child("ParentFolderId").and_then(|parent| parent.children.first()).cloned();
        let wanted = self.question.child("Folders").map(|folders| folders.children.clone()).unwrap_or_default();
        let results = wanted.iter().map(|folder| {
            let parent = self.folder_id(parent.as_ref().ok_or(NO_FOLDER)?)?;
            let parent = (!TOP.iter().any(|(_, top, _)| *top == parent)).then_some(parent);
            let name = folder.said("DisplayName").unwrap_or_default().to_owned();
            let taken = wrong("ErrorFolderExists", "A folder with the specified name already exists.");
            let id = self.mailbox().make_folder(&name, parent.as_deref()).ok_or(taken)?;
            Ok(format!(
                "<m:Folders><t:Folder><t:FolderId Id=\"{id}\" ChangeKey=\"AQAAABYAAAA=\"/></t:Folder></m:Folders>"
            ))
        });
        let results = results.collect();
        self.several(results)
    }
}

fn parent_of(folder: &Folder) -> String {
    folder.parent.clone().unwrap_or_else(|| TOP[0].1.to_owned())
}

fn shown(mailbox: &Mailbox, id: &str) -> String {
    let (name, parent, total, unread) = match TOP.iter().position(|(_, top, _)| *top == id) {
        Some(at) => (TOP[at].2.to_owned(), TOP[1].1.to_owned(), 0, 0),
        None => {
            let Some(folder) = mailbox.folder(id) else { return String::new() };
            let letters = mailbox.letters_in(id);
            let unread = letters.iter().filter(|letter| !letter.is_read).count();
            (folder.name.clone(), parent_of(folder), letters.len(), unread)
        }
    };
    let children = mailbox.folders.iter().filter(|folder| parent_of(folder) == id).count();
    format!(
        concat!(
            "<t:Folder><t:FolderId Id=\"{}\" ChangeKey=\"AQAAABYAAAA=\"/><t:ParentFolderId Id=\"{}\" ChangeKey=\"AQAAAA==\"/>",
            "<t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{}</t:DisplayName><t:TotalCount>{}</t:TotalCount>",
            "<t:ChildFolderCount>{}</t:ChildFolderCount><t:UnreadCount>{}</t:UnreadCount></t:Folder>"
        ),
        id,
        parent,
        xml::written(&name),
        total,
        children,
        unread
    )
}
