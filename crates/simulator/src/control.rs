//! What a person or a test asks of the simulator itself, over HTTP: faults, letters, and what it has heard.

use crate::{
    asked::{Asked, Reply},
    fault::Fault,
    gmail::Subscription,
    server::Shared,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Answers below `/simulator`.
pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().skip(1).map(String::as_str).collect();
    let mut cloud = shared.cloud();
    match (asked.method.as_str(), path.as_slice()) {
        ("GET", []) => {
            let google = cloud.google.mailboxes.iter();
            let google: Vec<Value> = google
                .map(|mailbox| json!({ "address": mailbox.address, "messages": mailbox.messages.len() }))
                .collect();
            let mailboxes: Vec<Value> = cloud
                .mailboxes
                .iter()
                .map(|mailbox| json!({ "address": mailbox.address, "messages": mailbox.letters.len() }))
                .collect();
            let app = cloud.apps.first();
            Reply::json(
                200,
                &json!({
                    "tenant": cloud.tenant,
                    "client_id": app.map(|app| &app.client_id),
                    "client_secret": app.map(|app| &app.client_secret),
                    "mailboxes": mailboxes,
                    "exchange": {
                        "url": format!("{}/EWS/Exchange.asmx", shared.url),
                        "users": cloud.exchange.users.iter().map(|user| {
                            let name = format!("{}\\{}", cloud.exchange.domain, user.name);
                            json!({ "username": name, "password": user.password, "address": user.address })
                        }).collect::<Vec<_>>(),
                    },
                    "mailgun": {
                        "key": cloud.mailgun.key,
                        "signing_key": cloud.mailgun.signing_key,
                        "domains": cloud.mailgun.domains.iter().map(|domain| &domain.name).collect::<Vec<_>>(),
                    },
                    "google": {
                        "client_id": cloud.google.client_id,
                        "client_secret": cloud.google.client_secret,
                        "mailboxes": google,
                    },
                    "sent": cloud.sent.len(),
                    "heard": cloud.heard,
                }),
            )
        }
        // Keys for who tries access without anybody's consent.
        ("POST", ["certificate"]) => {
            let pem = cloud.certificate(Timestamp::now().in_tz("UTC").map_or(2030, |now| i32::from(now.year())) + 1);
            Reply::json(200, &json!({ "certificate": pem }))
        }
        ("POST", ["service-account"]) => {
            let file = cloud.google.service_account(&shared.url, &["https://mail.google.com/"]);
            Reply { body: file.into_bytes(), ..Reply::json(200, &Value::Null) }
        }
        ("POST", ["faults"]) => match serde_json::from_slice::<Fault>(&asked.body) {
            Ok(fault) => {
                cloud.faults.push(fault);
                Reply::bare(204)
            }
            Err(error) => Reply::json(400, &json!({ "error": error.to_string() })),
        },
        ("DELETE", ["faults"]) => {
            cloud.faults.clear();
            Reply::bare(204)
        }
        // The body is the letter, byte for byte.
        ("POST", ["mailboxes", address, folder]) => {
            let raw = asked.body.clone();
            if let Some(mailbox) = cloud.google.mailbox(address).filter(|mailbox| mailbox.has_label(folder)) {
                let id = mailbox.put(&[folder, "UNREAD"], raw, Timestamp::now()).id();
                return Reply::json(201, &json!({ "id": id }));
            }
            match cloud.mailbox(address) {
                Some(mailbox) if mailbox.folder(folder).is_some() => {
                    let id = mailbox.put(folder, raw, Timestamp::now()).id(true);
                    Reply::json(201, &json!({ "id": id }))
                }
                _ => Reply::json(404, &json!({ "error": "no such mailbox or folder" })),
            }
        }
        // Google's Pub/Sub posts to it from then on.
        ("POST", ["google", "subscriptions"]) => match serde_json::from_slice::<Subscription>(&asked.body) {
            Ok(subscription) => {
                cloud.google.subscriptions.push(subscription);
                Reply::bare(204)
            }
            Err(error) => Reply::json(400, &json!({ "error": error.to_string() })),
        },
        ("DELETE", ["grants", address]) => {
            cloud.revoke(address);
            Reply::bare(204)
        }
        ("POST", ["tokens", address]) => Reply::json(200, &json!({ "access_token": cloud.token_for(address) })),
        ("GET", ["sent"]) => {
            let sent: Vec<Value> = cloud
                .sent
                .iter()
                .map(|sent| json!({ "from": sent.from, "recipients": sent.recipients, "raw": STANDARD.encode(&sent.raw) }))
                .collect();
            Reply::json(200, &json!({ "items": sent }))
        }
        _ => Reply::json(404, &json!({ "error": "GET /simulator shows what is there" })),
    }
}
