//! Folders: GetFolder, FindFolder, SyncFolderHierarchy, CreateFolder.

use super::{
    Desk, NO_FOLDER, Wrong,
    item::{instant, tag_of},
    wrong, xml,
};
use crate::mailbox::{Folder, Mailbox};
use base64::{Engine, engine::general_purpose::STANDARD};
use xml::Node;

/// The folder in which all mail folders lie, the one in which that lies, and those that are for no mail: what they are for, their
/// identifiers, their names, what element shows them, and what lies in them.
const TOP: [(&str, &str, &str, &str, &str); 5] = [
    ("msgfolderroot", "AQMkTOP==", "Top of Information Store", "Folder", "IPF.Note"),
    ("root", "AQMkROOT==", "Root", "Folder", "IPF.Note"),
    ("calendar", "AQMkCALENDAR==", "Agenda", "CalendarFolder", "IPF.Appointment"),
    ("contacts", "AQMkCONTACTS==", "Contactpersonen", "ContactsFolder", "IPF.Contact"),
    ("tasks", "AQMkTASKS==", "Taken", "TasksFolder", "IPF.Task"),
];
/// Properties of a folder that are asked for by their tags (MS-OXPROPS): when it was last committed, how many letters, how many
/// of them were not read, whether it has folders in it, for what it is.
const COMMITTED: u32 = 0x670a;
const COUNT: u32 = 0x3602;
const UNREAD: u32 = 0x3603;
const SUBFOLDERS: u32 = 0x360a;
const CLASS: u32 = 0x3613;

impl Desk<'_> {
    /// The identifier of the folder that an element names: by its own or by what it is for.
    pub(super) fn folder_id(&mut self, named: &Node) -> Result<String, Wrong> {
        let id = named.attribute("Id").unwrap_or_default();
        if let Some(whose) = named.child("Mailbox").and_then(|mailbox| mailbox.said("EmailAddress")).map(str::trim)
            && !whose.eq_ignore_ascii_case(&self.whose)
        {
            return Err(match self.cloud.mailbox(whose) {
                Some(_) => wrong(
                    "ErrorItemNotFound",
                    "The specified object was not found in the store., Default folder not found.",
                ),
                None => wrong("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."),
            });
        }
        if let Some(known) = TOP.iter().find(|known| known.0 == id || known.1 == id) {
            return Ok(known.1.to_owned());
        }
        self.mailbox().folder(id).map(|folder| folder.id.clone()).ok_or(NO_FOLDER)
    }

    pub(super) fn get_folder(&mut self) -> String {
        let asked = self.question.child("FolderIds").map(|ids| ids.children.clone()).unwrap_or_default();
        let results = asked.iter().map(|named| {
            let id = self.folder_id(named)?;
            let tags = tags_of(self.question);
            Ok(format!("<m:Folders>{}</m:Folders>", shown(self.mailbox(), &id, &tags)))
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
        let condition = self.question.child("Restriction").and_then(|condition| condition.children.first()).cloned();
        let deep = self.question.attribute("Traversal") == Some("Deep");
        let mailbox = self.mailbox();
        let mut inside: Vec<String> = Vec::new();
        let mut above = vec![parent];
        while let Some(parent) = above.pop() {
            for folder in mailbox.folders.iter().filter(|folder| parent_of(folder) == parent) {
                if condition.as_ref().is_none_or(|condition| passes(folder, condition)) {
                    inside.push(folder.id.clone());
                }
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
        let tags = tags_of(self.question);
        let mailbox = self.mailbox();
        let folders: String = page.iter().map(|id| shown(mailbox, id, &tags)).collect();
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
            .map(|folder| format!("<t:Create>{}</t:Create>", shown(mailbox, &folder.id, &[])))
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
            let parent = (!TOP.iter().any(|known| known.1 == parent)).then_some(parent);
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

/// Whether a folder passes a condition on its name or its class; what else is asked of it passes.
fn passes(folder: &Folder, condition: &Node) -> bool {
    let mut inner = condition.children.iter().map(|one| passes(folder, one));
    let says = || {
        let field = condition.children.first()?;
        match field.attribute("FieldURI") {
            Some("folder:DisplayName") => Some(folder.name.as_str()),
            Some("folder:FolderClass") => Some("IPF.Note"),
            _ => (tag_of(field) == Some(CLASS)).then_some("IPF.Note"),
        }
    };
    let wanted = || condition.at(&["FieldURIOrConstant", "Constant"]).and_then(|constant| constant.attribute("Value"));
    match condition.name.as_str() {
        "And" => inner.all(|one| one),
        "Or" => inner.any(|one| one),
        "IsEqualTo" => says().is_none_or(|says| wanted().is_some_and(|wanted| wanted.eq_ignore_ascii_case(says))),
        _ => true,
    }
}

fn parent_of(folder: &Folder) -> String {
    folder.parent.clone().unwrap_or_else(|| TOP[0].1.to_owned())
}

/// The properties that are asked for by their tags.
fn tags_of(question: &Node) -> Vec<(u32, String)> {
    let shape = question.child("FolderShape");
    let fields = shape.map(|shape| shape.all("ExtendedFieldURI")).unwrap_or_default().into_iter();
    fields.filter_map(|field| Some((tag_of(field)?, field.attribute("PropertyType")?.to_owned()))).collect()
}

fn shown(mailbox: &Mailbox, id: &str, tags: &[(u32, String)]) -> String {
    let (name, parent, total, unread) = match TOP.iter().position(|known| known.1 == id) {
        Some(at) => (TOP[at].2.to_owned(), TOP[1].1.to_owned(), 0, 0),
        None => {
            let Some(folder) = mailbox.folder(id) else { return String::new() };
            let letters = mailbox.letters_in(id);
            let unread = letters.iter().filter(|letter| !letter.is_read).count();
            (folder.name.clone(), parent_of(folder), letters.len(), unread)
        }
    };
    let known = TOP.iter().find(|known| known.1 == id);
    let (element, class) = known.map_or(("Folder", "IPF.Note"), |known| (known.3, known.4));
    let children = mailbox.folders.iter().filter(|folder| parent_of(folder) == id).count();
    let property = |(tag, kind): &(u32, String)| {
        let value = match *tag {
            COMMITTED => instant(jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(mailbox.count as i64)),
            COUNT => total.to_string(),
            UNREAD => unread.to_string(),
            SUBFOLDERS => (children > 0).to_string(),
            CLASS => class.to_owned(),
            _ => return None,
        };
        Some(format!(
            "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"{tag:#x}\" PropertyType=\"{kind}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>"
        ))
    };
    let properties: String = tags.iter().filter_map(property).collect();
    let unread = if element == "CalendarFolder" || element == "ContactsFolder" {
        String::new()
    } else {
        format!("<t:UnreadCount>{unread}</t:UnreadCount>")
    };
    format!(
        concat!(
            "<t:{element}><t:FolderId Id=\"{id}\" ChangeKey=\"AQAAABYAAAA=\"/><t:ParentFolderId Id=\"{parent}\" ChangeKey=\"AQAAAA==\"/>",
            "<t:FolderClass>{class}</t:FolderClass><t:DisplayName>{name}</t:DisplayName><t:TotalCount>{total}</t:TotalCount>",
            "<t:ChildFolderCount>{children}</t:ChildFolderCount>{properties}{unread}</t:{element}>"
        ),
        element = element,
        id = id,
        parent = parent,
        class = class,
        name = xml::written(&name),
        total = total,
        children = children,
        properties = properties,
        unread = unread
    )
}
