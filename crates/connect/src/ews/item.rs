//! One letter as a list names it, and lists of letters.

use super::{
    fault::later,
    folder,
    line::{Line, Question},
    xml::{Node, written},
};
use crate::{ConnectError, error::Cause, follow::Item};
use mail::{Flags, RemoteId, RemoteSet};

/// What is asked of each letter in a list.
pub const FIELDS: &str = concat!(
    r#"<t:AdditionalProperties><t:FieldURI FieldURI="item:Size"/><t:FieldURI FieldURI="item:DateTimeReceived"/>"#,
    r#"<t:ExtendedFieldURI PropertyTag="0x1081" PropertyType="Integer"/>"#,
    r#"<t:FieldURI FieldURI="item:IsDraft"/><t:FieldURI FieldURI="item:Flag"/><t:FieldURI FieldURI="message:IsRead"/>"#,
    r#"</t:AdditionalProperties>"#
);
/// Items on a page of a list; a server gives at most 1000 (EwsFindCountLimit).
pub const PAGE: usize = 500;
/// What lies in a mailbox and is no mail.
const NO_MAIL: [&str; 6] = ["CalendarItem", "Contact", "DistributionList", "Task", "Network", "Person"];

/// Pages at most.
const PAGES: usize = 20_000;

/// PidTagLastVerbExecuted (MS-OXPROPS; MS-OXOMSG §2.2.1.38): what was last done with a letter.
pub const LAST_VERB: &str = "0x1081";
/// Answered, answered to all.
pub const ANSWERED: [u32; 2] = [102, 103];
/// Forwarded.
pub const FORWARDED: u32 = 104;

fn last_verb(node: &Node) -> Option<u32> {
    let is_it = |property: &&Node| {
        let field = property.child("ExtendedFieldURI").and_then(|field| field.attribute("PropertyTag"));
        field.is_some_and(|tag| tag.eq_ignore_ascii_case(LAST_VERB))
    };
    let property = node.children.iter().filter(|child| child.name == "ExtendedProperty").find(is_it)?;
    property.said("Value")?.parse().ok()
}

/// Reads a letter; whatever has no identifier, or is no mail, is none.
pub fn read(node: &Node) -> Option<Item> {
    if NO_MAIL.contains(&node.name.as_str()) {
        return None;
    }
    let id = node.child("ItemId")?;
    let has_state = ["IsRead", "Flag", "IsDraft"].iter().any(|name| node.child(name).is_some());
    let verb = last_verb(node);
    let forwarded = (verb == Some(FORWARDED)).then(|| "$Forwarded".to_owned());
    let flags = has_state.then(|| Flags {
        // What can't be unread is read.
        seen: node.truth("IsRead").unwrap_or(true),
        flagged: node.at(&["Flag", "FlagStatus"]).is_some_and(|status| status.text.trim() == "Flagged"),
        draft: node.truth("IsDraft").unwrap_or(false),
        answered: verb.is_some_and(|verb| ANSWERED.contains(&verb)),
        keywords: forwarded.into_iter().collect(),
        ..Flags::default()
    });
    let received_at = node.said("DateTimeReceived").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Some(Item {
        id: id.attribute("Id")?.to_owned(),
        key: id.attribute("ChangeKey").unwrap_or_default().to_owned(),
        is_gone: false,
        flags,
        received_at: received_at.map(|at| at.as_millisecond()),
        size: node.said("Size").and_then(|size| size.parse().ok()).unwrap_or_default(),
    })
}

/// One page of a folder: the letters, newest first, and where the next page begins.
pub async fn page(
    line: &Line,
    folder: &str,
    offset: usize,
    condition: &str,
) -> Result<(Vec<Item>, Option<usize>), ConnectError> {
    let question = format!(
        concat!(
            r#"<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{}</m:ItemShape>"#,
            r#"<m:IndexedPageItemView MaxEntriesReturned="{}" Offset="{}" BasePoint="Beginning"/>{}"#,
            r#"<m:SortOrder><t:FieldOrder Order="Descending"><t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder></m:SortOrder>"#,
            r#"<m:ParentFolderIds>{}</m:ParentFolderIds></m:FindItem>"#
        ),
        FIELDS,
        PAGE,
        offset,
        condition,
        folder::named(folder)
    );
    let message = line.one(Question::new(&question)).await?;
    let root = message.child("RootFolder");
    let items = message.inside(&["RootFolder", "Items"]).iter().filter_map(read).collect();
    let is_last =
        root.and_then(|root| root.attribute("IncludesLastItemInRange")).is_none_or(|last| matches!(last, "true" | "1"));
    let next = root.and_then(|root| root.attribute("IndexedPagingOffset")).and_then(|text| text.parse::<usize>().ok());
    Ok((items, next.filter(|next| !is_last && *next > offset)))
}

/// The condition that a property is, or comes before, a value.
pub fn condition(kind: &str, field: &str, value: &str) -> String {
    let value = written(value);
    format!(
        r#"<m:Restriction><t:{kind}><t:FieldURI FieldURI="{field}"/><t:FieldURIOrConstant><t:Constant Value="{value}"/></t:FieldURIOrConstant></t:{kind}></m:Restriction>"#
    )
}

/// Every identifier in a folder, of letters that pass the condition.
pub async fn ids(line: &Line, folder: &str, condition: &str) -> Result<RemoteSet, ConnectError> {
    let (mut found, mut next) = (RemoteSet::new(), Some(0));
    for _ in 0..PAGES {
        let Some(at) = next else { return Ok(found) };
        let (items, after) = page(line, folder, at, condition).await?;
        for item in items {
            found.insert(&RemoteId::Name(item.id));
        }
        next = after;
    }
    Err(later(Cause::Protocol, None, "there is no end to the list"))
}

/// The letters in a folder that bear this Message-ID.
pub async fn by_message_id(line: &Line, folder: &str, message_id: &str) -> Result<Vec<Item>, ConnectError> {
    let bare = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    let condition = condition("IsEqualTo", "message:InternetMessageId", &format!("<{bare}>"));
    Ok(page(line, folder, 0, &condition).await?.0)
}

/// What is said of these letters now, without their bytes: each, or why not, in their order.
pub async fn look(line: &Line, ids: &[impl AsRef<str>]) -> Result<Vec<Result<Item, ConnectError>>, ConnectError> {
    let named: String = ids.iter().map(|id| named(id.as_ref())).collect();
    let question = format!(
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{FIELDS}</m:ItemShape><m:ItemIds>{named}</m:ItemIds></m:GetItem>"
    );
    let messages = line.several(Question::new(&question)).await?;
    let read = |message: Node| {
        let item = message.inside(&["Items"]).first().and_then(read);
        item.ok_or_else(|| later(Cause::Protocol, None, "a letter without an identifier"))
    };
    Ok(messages.into_iter().map(|message| message.and_then(read)).collect())
}

/// A letter, named in a question.
pub fn named(id: &str) -> String {
    format!("<t:ItemId Id=\"{}\"/>", written(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_with_what_is_said_of_it() {
        let text = r#"<t:Message><t:ItemId Id="AA=" ChangeKey="b"/><t:DateTimeReceived>2026-11-22T10:00:00Z</t:DateTimeReceived>
            <t:Size>7</t:Size><t:IsDraft>0</t:IsDraft><t:Flag><t:FlagStatus>Flagged</t:FlagStatus></t:Flag>
            <t:IsRead>1</t:IsRead></t:Message>"#;
        let item = read(&Node::read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(item.flags, Some(Flags { seen: true, flagged: true, ..Flags::default() }));
        assert_eq!((item.received_at, item.size, item.key.as_str()), (Some(1_795_341_600_000), 7, "b"));
        assert!(!item.is_draft());
        for (verb, answered, forwarded) in [(103, true, false), (104, false, true), (1, false, false)] {
            let property = format!(
                "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x1081\" PropertyType=\"Integer\"/><t:Value>{verb}</t:Value></t:ExtendedProperty><t:Flag>"
            );
            let text = text.replace("<t:Flag>", &property);
            let flags = read(&Node::read(text.as_bytes()).unwrap()).unwrap().flags.unwrap();
            assert_eq!((flags.answered, flags.keywords.len()), (answered, usize::from(forwarded)), "{verb}");
        }
        let task = text.replace("t:Message", "t:Task");
        assert_eq!(read(&Node::read(task.as_bytes()).unwrap()), None);
        assert_eq!(read(&Node::default()), None);
    }
}
