//! The order in which elements must stand. Exchange refuses a request in which they stand otherwise, so this one does too
//! (the schema of Exchange Web Services is made of sequences).

use super::xml::Node;

const SHAPE: &[&str] = &[
    "BaseShape",
    "IncludeMimeContent",
    "BodyType",
    "UniqueBodyType",
    "NormalizedBodyType",
    "FilterHtmlContent",
    "ConvertHtmlCodePageToUTF8",
    "InlineImageUrlTemplate",
    "BlockExternalImages",
    "AddBlankTargetToLinks",
    "MaximumBodySize",
    "AdditionalProperties",
];

const MESSAGE: &[&str] = &[
    "MimeContent",
    "ItemId",
    "ParentFolderId",
    "ItemClass",
    "Subject",
    "Sensitivity",
    "Body",
    "Attachments",
    "DateTimeReceived",
    "Size",
    "Categories",
    "Importance",
    "InReplyTo",
    "IsSubmitted",
    "IsDraft",
    "IsFromMe",
    "IsResend",
    "IsUnmodified",
    "InternetMessageHeaders",
    "DateTimeSent",
    "DateTimeCreated",
    "ResponseObjects",
    "ReminderDueBy",
    "ReminderIsSet",
    "ReminderMinutesBeforeStart",
    "DisplayCc",
    "DisplayTo",
    "HasAttachments",
    "ExtendedProperty",
    "Culture",
    "Flag",
    "Sender",
    "ToRecipients",
    "CcRecipients",
    "BccRecipients",
    "IsReadReceiptRequested",
    "IsDeliveryReceiptRequested",
    "ConversationIndex",
    "ConversationTopic",
    "From",
    "InternetMessageId",
    "IsRead",
    "IsResponseRequested",
    "References",
    "ReplyTo",
];

const VIEWS: [&str; 4] =
    ["IndexedPageItemView", "FractionalPageItemView", "IndexedPageFolderView", "FractionalPageFolderView"];

fn order(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "GetFolder" => &["FolderShape", "FolderIds"],
        "FindFolder" => &["FolderShape", "View", "Restriction", "ParentFolderIds"],
        "SyncFolderHierarchy" => &["FolderShape", "SyncFolderId", "SyncState"],
        "SyncFolderItems" => &["ItemShape", "SyncFolderId", "SyncState", "Ignore", "MaxChangesReturned", "SyncScope"],
        "FindItem" => &["ItemShape", "View", "GroupBy", "Restriction", "SortOrder", "ParentFolderIds", "QueryString"],
        "GetItem" => &["ItemShape", "ItemIds"],
        "CreateItem" => &["SavedItemFolderId", "Items"],
        "SendItem" => &["ItemIds", "SavedItemFolderId"],
        "UpdateItem" => &["SavedItemFolderId", "ItemChanges"],
        "MoveItem" => &["ToFolderId", "ItemIds", "ReturnNewItemIds"],
        "CreateFolder" => &["ParentFolderId", "Folders"],
        "GetStreamingEvents" => &["SubscriptionIds", "ConnectionTimeout"],
        "StreamingSubscriptionRequest" => &["FolderIds", "EventTypes"],
        "ItemShape" | "FolderShape" => SHAPE,
        "Message" => MESSAGE,
        "ItemChange" => &["ItemId", "Updates"],
        "ExtendedProperty" => &["ExtendedFieldURI", "Value"],
        "IsEqualTo" => &["Field", "FieldURIOrConstant"],
        "FieldOrder" => &["Field"],
        _ => return None,
    })
}

/// The first element that stands where it must not, with where it is.
pub fn misplaced(node: &Node) -> Option<String> {
    if let Some(order) = order(&node.name) {
        let mut reached = 0;
        for child in &node.children {
            let name = match child.name.as_str() {
                view if VIEWS.contains(&view) => "View",
                "FieldURI" | "IndexedFieldURI" | "ExtendedFieldURI" if order.contains(&"Field") => "Field",
                name => name,
            };
            match order.iter().position(|known| *known == name) {
                Some(at) if at >= reached => reached = at,
                _ => return Some(format!("{} in {}", child.name, node.name)),
            }
        }
    }
    node.children.iter().find_map(misplaced)
}
