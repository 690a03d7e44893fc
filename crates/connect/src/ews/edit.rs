//! What was done here, done there (features M19). Whatever is done twice does no harm, but for a letter that is put there.

use super::{
    folder, item,
    line::{Line, Question},
    xml::Node,
};
use crate::{ConnectError, Edit, EditDone, error::Cause, follow::EPOCH};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail::{Flags, RemoteId};
use std::fmt::Write;

/// PidTagMessageFlags and PidTagMessageDeliveryTime (MS-OXPROPS): a finished letter, and when it came in.
const MESSAGE_FLAGS: &str = "0x0e07";
const DELIVERED_AT: &str = "0x0e06";
/// PidTagIconIndex (MS-OXPROPS): the picture beside a letter, which other programs show.
const ICON: &str = "0x1080";

/// Does one edit. A letter or folder that is not there any more is told as missing.
pub async fn one(line: &Line, edit: Edit) -> Result<EditDone, ConnectError> {
    let done = match edit {
        Edit::Flags { epoch, remote, add, remove, .. } => match (letter(epoch, &remote), changed(&add, &remove)) {
            (None, _) => return missing(),
            // Exchange keeps nothing of it.
            (Some(_), None) => return Ok(EditDone::default()),
            (Some(named), Some(updates)) => {
                let question = format!(
                    "<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\" MessageDisposition=\"SaveOnly\" SuppressReadReceipts=\"true\"><m:ItemChanges><t:ItemChange>{named}<t:Updates>{updates}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
                );
                line.one(Question::new(&question)).await.map(|_| EditDone::default())
            }
        },
        Edit::Move { epoch, remote, to, .. } => match letter(epoch, &remote) {
            None => return missing(),
            Some(named) => {
                let question = format!(
                    "<m:MoveItem><m:ToFolderId>{}</m:ToFolderId><m:ItemIds>{named}</m:ItemIds><m:ReturnNewItemIds>true</m:ReturnNewItemIds></m:MoveItem>",
                    folder::named(&to)
                );
                line.one(Question::new(&question)).await.map(|moved| made(&moved))
            }
        },
        Edit::Delete { epoch, remote, .. } => match letter(epoch, &remote) {
            None => return missing(),
            Some(named) => {
                let question = format!(
                    "<m:DeleteItem DeleteType=\"HardDelete\" SendMeetingCancellations=\"SendToNone\" AffectedTaskOccurrences=\"AllOccurrences\"><m:ItemIds>{named}</m:ItemIds></m:DeleteItem>"
                );
                line.one(Question::new(&question)).await.map(|_| EditDone::default())
            }
        },
        Edit::Append { folder, raw, flags, internal_at } => append(line, &folder, &raw, &flags, internal_at).await,
        Edit::CreateFolder { folder } => folder::create(line, &folder).await.map(|()| EditDone::default()),
    };
    match done {
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => missing(),
        done => done,
    }
}

fn missing() -> Result<EditDone, ConnectError> {
    Ok(EditDone { new: None, missing: true })
}

fn made(message: &Node) -> EditDone {
    let item = message.inside(&["Items"]).first().and_then(item::read);
    EditDone { new: item.map(|item| (EPOCH, RemoteId::Name(item.id))), missing: false }
}

fn letter(epoch: i64, remote: &RemoteId) -> Option<String> {
    match remote {
        RemoteId::Name(id) if epoch == EPOCH => Some(item::named(id)),
        _ => None,
    }
}

fn changed(add: &[String], remove: &[String]) -> Option<String> {
    let of = |flag: &str| {
        let has = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(flag));
        if has(add) { Some(true) } else { has(remove).then_some(false) }
    };
    let mut updates = String::new();
    let mut set = |field: &str, value: String| {
        _ = write!(
            updates,
            "<t:SetItemField><t:FieldURI FieldURI=\"{field}\"/><t:Message>{value}</t:Message></t:SetItemField>"
        );
    };
    if let Some(flagged) = of("\\Flagged") {
        set("item:Flag", flag(flagged));
    }
    if let Some(seen) = of("\\Seen") {
        set("message:IsRead", format!("<t:IsRead>{seen}</t:IsRead>"));
    }
    updates += &last_verb(of("\\Answered"), of("$Forwarded"));
    (!updates.is_empty()).then_some(updates)
}

/// What was last done with the letter: Exchange keeps one of the two, and the picture that goes with it.
fn last_verb(answered: Option<bool>, forwarded: Option<bool>) -> String {
    let named = |tag: &str| format!("<t:ExtendedFieldURI PropertyTag=\"{tag}\" PropertyType=\"Integer\"/>");
    let set = |tag: &str, value: u32| {
        let name = named(tag);
        format!(
            "<t:SetItemField>{name}<t:Message><t:ExtendedProperty>{name}<t:Value>{value}</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>"
        )
    };
    match (answered, forwarded) {
        (Some(true), _) => set(item::LAST_VERB, item::ANSWERED[0]) + &set(ICON, 261),
        (_, Some(true)) => set(item::LAST_VERB, item::FORWARDED) + &set(ICON, 262),
        (None, None) => String::new(),
        _ => {
            let without = |tag: &str| format!("<t:DeleteItemField>{}</t:DeleteItemField>", named(tag));
            without(item::LAST_VERB) + &without(ICON)
        }
    }
}

fn flag(flagged: bool) -> String {
    let status = if flagged { "Flagged" } else { "NotFlagged" };
    format!("<t:Flag><t:FlagStatus>{status}</t:FlagStatus></t:Flag>")
}

/// Puts a finished letter into a folder: as what came or went, not as one that is being written.
async fn append(
    line: &Line,
    folder: &str,
    raw: &Bytes,
    flags: &Flags,
    internal_at: Option<i64>,
) -> Result<EditDone, ConnectError> {
    let property = |tag: &str, kind: &str, value: String| {
        format!(
            "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"{tag}\" PropertyType=\"{kind}\"/><t:Value>{value}</t:Value></t:ExtendedProperty>"
        )
    };
    let state = u32::from(flags.seen) | u32::from(flags.draft) << 3;
    let mut properties = property(MESSAGE_FLAGS, "Integer", state.to_string());
    if let Some(at) = internal_at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()) {
        properties += &property(DELIVERED_AT, "SystemTime", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let flagged = if flags.flagged { flag(true) } else { String::new() };
    let question = format!(
        "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:SavedItemFolderId>{}</m:SavedItemFolderId><m:Items><t:Message><t:MimeContent CharacterSet=\"UTF-8\">{}</t:MimeContent>{properties}{flagged}<t:IsRead>{}</t:IsRead></t:Message></m:Items></m:CreateItem>",
        folder::named(folder),
        STANDARD.encode(raw),
        flags.seen
    );
    line.one(Question::once(&question).letters(0)).await.map(|message| made(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_exchange_keeps_is_asked_for() {
        let flags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let both = changed(&flags(&["\\seen"]), &flags(&["\\Flagged"])).unwrap();
        assert!(both.contains("<t:IsRead>true</t:IsRead>") && both.contains("NotFlagged"), "{both}");
        assert_eq!(changed(&flags(&["$Klaar"]), &[]), None);
        let answered = changed(&flags(&["\\Answered"]), &[]).unwrap();
        assert!(
            answered.contains("<t:Value>102</t:Value>") && answered.contains("<t:Value>261</t:Value>"),
            "{answered}"
        );
        assert!(changed(&[], &flags(&["$forwarded"])).unwrap().starts_with("<t:DeleteItemField>"));
    }
}
