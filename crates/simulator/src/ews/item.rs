//! Letters: what is shown of one, GetItem, UpdateItem, MoveItem, DeleteItem.

use super::{Desk, NOT_FOUND, Wrong, wrong, xml};
use crate::{fault, graph, mailbox::Letter};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::Value;
use xml::Node;

const BEGINNING: &str = "AAMkADIw";
/// PidTagMessageFlags, PidTagFlagStatus, PidTagMessageDeliveryTime (MS-OXPROPS).
pub(super) const MESSAGE_FLAGS: u32 = 0x0e07;
const FLAG_STATUS: u32 = 0x1090;
/// PidTagInternetArticleNumber, by which a letter has a number for IMAP, and PidTagMessageSize.
const NUMBER: u32 = 0x0e23;
const SIZE: u32 = 0x0e08;
/// PidTagLastVerbExecuted (MS-OXPROPS).
const LAST_VERB: u32 = 0x1081;
pub(super) const DELIVERY_TIME: u32 = 0x0e06;

/// Which properties are wanted.
pub(super) struct Shape {
    all: bool,
    mime: bool,
    fields: Vec<String>,
    tags: Vec<(u32, String)>,
}

impl Shape {
    pub(super) fn of(question: &Node) -> Shape {
        let Some(shape) = question.child("ItemShape") else {
            return Shape { all: false, mime: false, fields: Vec::new(), tags: Vec::new() };
        };
        let fields = shape.all("FieldURI").into_iter().filter_map(|field| field.attribute("FieldURI"));
        let tags = shape.all("ExtendedFieldURI").into_iter();
        Shape {
            all: shape.said("BaseShape") != Some("IdOnly"),
            mime: shape.said("IncludeMimeContent").is_some_and(xml::is_true),
            fields: fields.map(|name| name.split_once(':').map_or(name, |(_, name)| name).to_owned()).collect(),
            tags: tags.filter_map(|tag| Some((tag_of(tag)?, tag.attribute("PropertyType")?.to_owned()))).collect(),
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.all || self.fields.iter().any(|field| field == name)
    }
}

pub(super) fn tag_of(node: &Node) -> Option<u32> {
    let text = node.attribute("PropertyTag")?;
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The identifier of a letter: other letters of the alphabet mean another letter, and a move ends it.
pub(super) fn id(serial: u64, moves: u32) -> String {
    format!("{BEGINNING}{}", STANDARD.encode(format!("{serial:010}/{moves:04}/Brief")))
}

fn read_id(id: &str) -> Option<(u64, u32)> {
    let text = String::from_utf8(STANDARD.decode(id.strip_prefix(BEGINNING)?).ok()?).ok()?;
    let mut parts = text.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Letter {
    /// Its identifier at the Exchange server, which ends with a move.
    pub fn exchange_id(&self) -> String {
        id(self.serial, self.moves)
    }
}

pub(super) fn change_key(letter: &Letter) -> String {
    format!("CQAAABYAAAA{}", STANDARD.encode(format!("{:09}", letter.version)))
}

pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn id_element(letter: &Letter) -> String {
    format!("<t:ItemId Id=\"{}\" ChangeKey=\"{}\"/>", id(letter.serial, letter.moves), change_key(letter))
}

/// What one property of a letter says, for conditions.
pub(super) fn value(letter: &Letter, field: &Node) -> Option<String> {
    if field.name == "ExtendedFieldURI" {
        return extended(letter, tag_of(field)?);
    }
    let properties = graph::properties(&letter.raw);
    let text = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
    Some(match field.attribute("FieldURI")? {
        "message:InternetMessageId" => text("internetMessageId"),
        "item:Subject" => text("subject"),
        "message:IsRead" => letter.is_read.to_string(),
        "item:DateTimeReceived" => instant(letter.received_at),
        "item:ItemClass" => "IPM.Note".to_owned(),
        "item:IsDraft" => letter.is_draft.to_string(),
        _ => return None,
    })
}

fn extended(letter: &Letter, tag: u32) -> Option<String> {
    match tag {
        MESSAGE_FLAGS => Some((u32::from(letter.is_read) | u32::from(letter.is_draft) << 3).to_string()),
        FLAG_STATUS if letter.flag == "flagged" => Some("2".to_owned()),
        NUMBER => Some(letter.serial.to_string()),
        SIZE => Some(letter.raw.len().to_string()),
        LAST_VERB => letter.last_verb.map(|verb| verb.to_string()),
        DELIVERY_TIME => Some(instant(letter.received_at)),
        _ => None,
    }
}

fn people(name: &str, list: &Value) -> String {
    let one = |person: &Value| {
        let (name, address) = (&person["emailAddress"]["name"], &person["emailAddress"]["address"]);
        format!(
            "<t:Mailbox><t:Name>{}</t:Name><t:EmailAddress>{}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType></t:Mailbox>",
            xml::written(name.as_str().unwrap_or_default()),
            xml::written(address.as_str().unwrap_or_default())
        )
    };
    let inner: String = match list {
        Value::Array(list) => list.iter().map(one).collect(),
        Value::Null => String::new(),
        person => one(person),
    };
    if inner.is_empty() { inner } else { format!("<t:{name}>{inner}</t:{name}>") }
}

/// A letter as `Message`, in the order of the schema.
pub(super) fn shown(letter: &Letter, shape: &Shape) -> String {
    let properties = graph::properties(&letter.raw);
    let text = |name: &str| xml::written(properties[name].as_str().unwrap_or_default());
    let mut out = String::from("<t:Message>");
    let mut put = |name: &str, value: String| out += &format!("<t:{name}>{value}</t:{name}>");
    if shape.mime || shape.fields.iter().any(|field| field == "MimeContent") {
        put("MimeContent", STANDARD.encode(&letter.raw));
        out = out.replace("<t:MimeContent>", "<t:MimeContent CharacterSet=\"UTF-8\">");
    }
    out += &id_element(letter);
    let mut put = |name: &str, value: String| {
        if shape.wants(name) {
            out += &format!("<t:{name}>{value}</t:{name}>");
        }
    };
    put("ItemClass", "IPM.Note".to_owned());
    put("Subject", text("subject"));
    put("DateTimeReceived", instant(letter.received_at));
    put("Size", letter.raw.len().to_string());
    put("Importance", "Normal".to_owned());
    put("IsSubmitted", "false".to_owned());
    put("IsDraft", letter.is_draft.to_string());
    put("DateTimeSent", instant(letter.received_at));
    put("DateTimeCreated", instant(letter.received_at));
    put("HasAttachments", properties["hasAttachments"].as_bool().unwrap_or(false).to_string());
    for (tag, kind) in &shape.tags {
        if let Some(value) = extended(letter, *tag) {
            out += &format!(
                "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"{tag:#x}\" PropertyType=\"{kind}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>"
            );
        }
    }
    if shape.wants("Flag") {
        let status = match letter.flag.as_str() {
            "flagged" => "Flagged",
            "complete" => "Complete",
            _ => "NotFlagged",
        };
        out += &format!("<t:Flag><t:FlagStatus>{status}</t:FlagStatus></t:Flag>");
    }
    for (name, field) in [
        ("Sender", "sender"),
        ("ToRecipients", "toRecipients"),
        ("CcRecipients", "ccRecipients"),
        ("BccRecipients", "bccRecipients"),
        ("From", "from"),
    ] {
        if shape.wants(name) {
            out += &people(name, &properties[field]);
        }
    }
    if shape.wants("InternetMessageId") && !text("internetMessageId").is_empty() {
        out += &format!("<t:InternetMessageId>{}</t:InternetMessageId>", text("internetMessageId"));
    }
    if shape.wants("IsRead") {
        out += &format!("<t:IsRead>{}</t:IsRead>", letter.is_read);
    }
    out + "</t:Message>"
}

/// What a change makes of a property: another value, or none (`DeleteItemField`); `None` when it leaves it.
fn set_property(change: &Node, wanted: u32) -> Option<Option<u32>> {
    let is_it = |node: &&Node| node.all("ExtendedFieldURI").into_iter().any(|field| tag_of(field) == Some(wanted));
    if change.all("DeleteItemField").iter().any(is_it) {
        return Some(None);
    }
    let set = change.all("SetItemField").into_iter().find(is_it)?;
    Some(set.all("Value").first().and_then(|value| value.text.trim().parse().ok()))
}

impl Desk<'_> {
    /// The letter that an element names, by the identifier that it has now.
    pub(super) fn letter(&mut self, named: &Node) -> Result<Letter, Wrong> {
        let id = named.attribute("Id").unwrap_or_default();
        let malformed = wrong("ErrorInvalidIdMalformed", "Id is malformed.");
        let (serial, moves) = read_id(id).ok_or(malformed)?;
        self.mailbox().letters.get(&serial).filter(|letter| letter.moves == moves).cloned().ok_or(NOT_FOUND)
    }

    fn named(&self) -> Vec<Node> {
        self.question.child("ItemIds").map(|ids| ids.children.clone()).unwrap_or_default()
    }

    pub(super) fn get_item(&mut self) -> String {
        let shape = Shape::of(self.question);
        let named = self.named();
        let results = named.iter().map(|named| {
            let letter = self.letter(named)?;
            if shape.mime && fault::take(&mut self.cloud.faults, "letter", fault::To::Request).is_some() {
                return Err(wrong("ErrorCorruptData", "The item is corrupt."));
            }
            Ok(format!("<m:Items>{}</m:Items>", shown(&letter, &shape)))
        });
        let results = results.collect();
        self.several(results)
    }

    pub(super) fn update_item(&mut self) -> String {
        let changes = self.question.all("ItemChange").into_iter().cloned().collect::<Vec<_>>();
        let results = changes.iter().map(|change| {
            let letter = self.letter(change.child("ItemId").ok_or(NOT_FOUND)?)?;
            let is_read = change.all("IsRead").first().map(|node| xml::is_true(&node.text));
            let flag = change.all("FlagStatus").first().map(|node| node.text.trim().to_owned());
            let flag = flag.map(|flag| match flag.as_str() {
                "Flagged" => "flagged".to_owned(),
                "Complete" => "complete".to_owned(),
                _ => "notFlagged".to_owned(),
            });
            // Older clients set the property behind the flag.
            let flag = flag.or_else(|| match set_property(change, FLAG_STATUS)? {
                Some(2) => Some("flagged".to_owned()),
                Some(1) => Some("complete".to_owned()),
                _ => Some("notFlagged".to_owned()),
            });
            let last_verb = set_property(change, LAST_VERB);
            let at = self.cloud.mailboxes.iter().position(|one| one.address.eq_ignore_ascii_case(&self.whose));
            let (mailboxes, faults) = (&mut self.cloud.mailboxes, &mut self.cloud.faults);
            mailboxes[at.unwrap_or_default()].change(letter.serial, faults, |letter| {
                letter.is_read = is_read.unwrap_or(letter.is_read);
                if let Some(flag) = flag {
                    letter.flag = flag;
                }
                if let Some(verb) = last_verb {
                    letter.last_verb = verb;
                }
            });
            let now = self.mailbox().letters.get(&letter.serial).cloned().ok_or(NOT_FOUND)?;
            Ok(format!("<m:Items><t:Message>{}</t:Message></m:Items><m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>", id_element(&now)))
        });
        let results = results.collect();
        self.several(results)
    }

    pub(super) fn move_item(&mut self) -> String {
        let to = self.question.child("ToFolderId").and_then(|to| to.children.first()).cloned();
        let tells = self.question.said("ReturnNewItemIds").is_none_or(xml::is_true);
        let named = self.named();
        let results = named.iter().map(|named| {
            let to = self.folder_id(to.as_ref().ok_or(super::NO_FOLDER)?)?;
            let letter = self.letter(named)?;
            self.mailbox().relocate(letter.serial, &to, &mut Vec::new());
            let now = self.mailbox().letters.get(&letter.serial).cloned().ok_or(NOT_FOUND)?;
            let shown = if tells { format!("<t:Message>{}</t:Message>", id_element(&now)) } else { String::new() };
            Ok(format!("<m:Items>{shown}</m:Items>"))
        });
        let results = results.collect();
        self.several(results)
    }

    pub(super) fn delete_item(&mut self) -> String {
        let to_bin = self.question.attribute("DeleteType") == Some("MoveToDeletedItems");
        let named = self.named();
        let results = named.iter().map(|named| {
            let letter = self.letter(named)?;
            match to_bin {
                true => {
                    self.mailbox().relocate(letter.serial, "deleteditems", &mut Vec::new());
                }
                false => self.mailbox().remove(letter.serial, &mut Vec::new()),
            }
            Ok(String::new())
        });
        let results = results.collect();
        self.several(results)
    }
}
