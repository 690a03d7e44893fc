//! A letter as Graph's `message` (learn.microsoft.com/graph/api/resources/message).

use super::mime;
use crate::mailbox::Letter;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A moment as Graph writes it: to the second.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The letter, or of it what was selected. What never is left out is left in.
pub fn shown(letter: &Letter, immutable: bool, select: Option<&str>) -> Value {
    let mut all = mime::properties(&letter.raw);
    let id = letter.id(immutable);
    let of_ours = json!({
        "@odata.etag": format!("W/\"CQAAAB{:06x}\"", letter.version),
        "id": id,
        "createdDateTime": instant(letter.received_at),
        "lastModifiedDateTime": instant(letter.received_at),
        "changeKey": format!("CQAAAB{:06x}", letter.version),
        "categories": letter.categories,
        "receivedDateTime": instant(letter.received_at),
        "importance": "normal",
        "parentFolderId": letter.folder,
        "conversationId": format!("AAQk{:012x}=", letter.serial),
        "conversationIndex": "AQHa",
        "isDeliveryReceiptRequested": null,
        "isReadReceiptRequested": false,
        "isRead": letter.is_read,
        "isDraft": letter.is_draft,
        "webLink": format!("https://outlook.office365.com/owa/?ItemID={id}"),
        "inferenceClassification": "focused",
        "flag": { "flagStatus": letter.flag },
    });
    if let (Some(all), Value::Object(ours)) = (all.as_object_mut(), of_ours) {
        all.extend(ours);
    }
    let Some(select) = select else { return all };
    let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
    if let Some(all) = all.as_object_mut() {
        all.retain(|name, _| name == "id" || name == "@odata.etag" || wanted.contains(&name.as_str()));
    }
    all
}

/// Whether a letter passes a filter; `None` for one that is not known here.
pub fn passes(letter: &Letter, filter: &str) -> Option<bool> {
    let mut all = true;
    for piece in filter.split(" and ") {
        let [name, is, value] = piece.trim().splitn(3, ' ').collect::<Vec<_>>()[..] else { return None };
        all &= match (name, is) {
            ("internetMessageId", "eq") => {
                let wanted = value.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
                mime::properties(&letter.raw)["internetMessageId"].as_str() == Some(&wanted)
            }
            ("receivedDateTime", is) => {
                let moment: Timestamp = value.parse().ok()?;
                match is {
                    "ge" => letter.received_at >= moment,
                    "gt" => letter.received_at > moment,
                    "le" => letter.received_at <= moment,
                    "lt" => letter.received_at < moment,
                    _ => return None,
                }
            }
            ("isDraft", "eq") => letter.is_draft == (value == "true"),
            ("isRead", "eq") => letter.is_read == (value == "true"),
            _ => return None,
        };
    }
    Some(all)
}
