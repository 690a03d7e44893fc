//! Microsoft's own client library is the judge of the simulator: it must be able to work on it, and every name in what it was
//! answered must be one of Graph's.

use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Cloud, Fault, Kind, Simulator};
use testkit::{corpus, graph_client, held_against_graph_metadata};

const INFO: &str = "info@voorbeeld.test";

/// The properties of `message` and what it is made of, in the metadata of Graph v1.0.
const MESSAGE: &[&str] = &[
    "bccRecipients",
    "body",
    "bodyPreview",
    "categories",
    "ccRecipients",
    "changeKey",
    "conversationId",
    "conversationIndex",
    "createdDateTime",
    "flag",
    "from",
    "hasAttachments",
    "id",
    "importance",
    "inferenceClassification",
    "internetMessageId",
    "isDeliveryReceiptRequested",
    "isDraft",
    "isRead",
    "isReadReceiptRequested",
    "lastModifiedDateTime",
    "parentFolderId",
    "receivedDateTime",
    "replyTo",
    "sender",
    "sentDateTime",
    "subject",
    "toRecipients",
    "webLink",
];
/// And of `mailFolder`.
const FOLDER: &[&str] =
    &["childFolderCount", "displayName", "id", "isHidden", "parentFolderId", "totalItemCount", "unreadItemCount"];

fn names(value: &Value) -> Vec<&str> {
    let names = value.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    names.filter(|name| !name.starts_with('@')).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_library_works_on_it() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let (token, newest) = simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        for raw in corpus::messages(5, 20) {
            mailbox.put("inbox", raw, Timestamp::now());
        }
        let newest = mailbox.letters.values().last().unwrap().raw.clone();
        // The library waits and asks again by itself.
        cloud.faults.push(Fault::new(Kind::Throttled, "GET me/mailFolders").seconds(1));
        cloud.record = Some(Vec::new());
        (cloud.token_for(INFO), newest)
    });
    let url = simulator.url.clone();
    let found = tokio::task::spawn_blocking(move || graph_client(&url, &token)).await.unwrap();

    assert_eq!(found["me"]["mail"], json!(INFO));
    for folder in found["folders"].as_array().unwrap() {
        assert_eq!(names(folder), FOLDER, "the names of a folder");
    }
    assert_eq!(names(&found["message"]), MESSAGE, "the names of a message");
    assert_eq!(texts(&found["whole"]).len(), 20);
    // The library reads text: what is no UTF-8 is not compared here, but in the connector's own tests.
    assert_eq!(found["raw"].as_str().unwrap(), String::from_utf8_lossy(&newest));
    assert_eq!(found["sent"]["isDraft"], json!(false));
    simulator.with(|cloud| {
        assert_eq!(cloud.sent.len(), 2);
        let sent = cloud.mailbox(INFO).unwrap().folder("sentitems").unwrap().id.clone();
        assert_eq!(found["sent"]["parentFolderId"], json!(sent));
        assert_eq!(cloud.mailbox("anna@voorbeeld.test").unwrap().letters.len(), 2);
    });
    let whole = texts(&found["whole"]);
    assert_eq!(texts(&found["changed"]), [whole[0].clone()]);
    assert_eq!(texts(&found["removed"]), [whole[1].clone(), whole[2].clone()]);
    assert_eq!(found["moved"], json!(true), "an immutable identifier survives a move");
    let refusal = |status: u16, code: &str| json!({ "known": true, "status": status, "code": code, "request": true });
    assert_eq!(found["nothing"], refusal(404, "ErrorItemNotFound"));
    assert_eq!(found["old"], refusal(410, "SyncStateNotFound"));
    assert_eq!(found["upload"], json!(true), "the library did not see the end of the upload");
    assert_eq!(found["files"], json!([["lang.bin", 7_000_000], ["kort.txt", 5]]));
    assert_eq!(found["short"], refusal(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"));
    assert_eq!(found["batch"], json!([["1", 200], ["2", 404], ["3", 200], ["4", 200], ["5", 404], ["6", 424]]));
    assert_eq!(found["unread"], json!(true), "a question that waits for another is asked after it");
    let said = simulator.with(|cloud| cloud.record.take()).unwrap();
    assert!(said.len() > 20, "{} requests", said.len());
    assert_eq!(held_against_graph_metadata(&said).unwrap_or_default(), Vec::<String>::new());
}
