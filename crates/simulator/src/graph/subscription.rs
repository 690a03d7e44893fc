//! Change notifications (learn.microsoft.com/graph/change-notifications-delivery-webhooks).

use super::desk;
use crate::{
    asked::{Asked, Reply, encoded},
    cloud::Cloud,
    fault::{self, Kind},
    mailbox::News,
    server::Shared,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// How long who is to be notified may take to show that they want it.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a subscription to mail lasts at most.
const LONGEST: SignedDuration = SignedDuration::from_mins(10_080);

/// Somebody who wants to be told.
#[derive(Debug, Clone)]
pub struct Subscription {
    id: String,
    /// The mailbox.
    whose: String,
    /// The folder, or none for all of them.
    folder: Option<String>,
    shown: Value,
    /// Nothing is told until a token is shown again.
    waits: bool,
}

impl Cloud {
    /// How many want to be told of what happens in this mailbox, by change notifications of Microsoft.
    pub fn listeners(&self, whose: &str) -> usize {
        self.subscriptions.iter().filter(|one| one.whose.eq_ignore_ascii_case(whose)).count()
    }
}

pub(super) async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match (asked.method.as_str(), path.as_slice()) {
        ("POST", ["subscriptions"]) => subscribe(shared, asked).await,
        ("GET", ["subscriptions"]) => {
            let shown: Vec<Value> = shared.cloud().subscriptions.iter().map(|one| one.shown.clone()).collect();
            Reply::json(200, &json!({ "value": shown }))
        }
        ("PATCH", ["subscriptions", id]) => {
            let mut cloud = shared.cloud();
            let wanted = asked.json().unwrap_or_default()["expirationDateTime"].clone();
            match cloud.subscriptions.iter_mut().find(|one| one.id == *id) {
                Some(found) => {
                    found.shown["expirationDateTime"] = wanted;
                    found.waits = false;
                    Reply::json(200, &found.shown)
                }
                None => fault::error(asked, 404, "ResourceNotFound", "The object was not found."),
            }
        }
        // The token alone, without a longer life (learn.microsoft.com/graph/api/subscription-reauthorize).
        ("POST", ["subscriptions", id, "reauthorize"]) => {
            match shared.cloud().subscriptions.iter_mut().find(|one| one.id == *id) {
                Some(found) => {
                    found.waits = false;
                    Reply::bare(200)
                }
                None => fault::error(asked, 404, "ResourceNotFound", "The object was not found."),
            }
        }
        ("DELETE", ["subscriptions", id]) => {
            shared.cloud().subscriptions.retain(|one| one.id != *id);
            Reply::bare(204)
        }
        _ => fault::error(asked, 400, "BadRequest", "Resource not found for the segment."),
    }
}

async fn subscribe(shared: &Shared, asked: &Asked) -> Reply {
    let wrong = |words: &str| fault::error(asked, 400, "InvalidRequest", words);
    let Some(body) = asked.json() else { return wrong("Unable to read JSON request payload.") };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let resource = text("resource");
    let Ok(until) = text("expirationDateTime").parse::<Timestamp>() else {
        return wrong("ExpirationDateTime is required.");
    };
    if until > Timestamp::now() + LONGEST {
        return wrong("Subscription expiration can only be 10080 minutes in the future.");
    }
    // Who may subscribe is who may read.
    let readable =
        Asked::new("GET", &format!("/{}", resource.trim_start_matches('/')), asked.headers.clone(), Vec::new());
    let (whose, folder) = {
        let mut cloud = shared.cloud();
        match desk(&mut cloud, &readable, &shared.url) {
            Ok(mut desk) => {
                let named = match desk.rest.as_slice() {
                    ["mailFolders", folder, "messages"] => Some((*folder).to_owned()),
                    _ => None,
                };
                let known = named.map(|name| desk.mailbox().folder(&name).map(|folder| folder.id.clone()));
                match known {
                    Some(None) => return desk.not_found(),
                    other => (desk.whose.clone(), other.flatten()),
                }
            }
            Err(reply) => return reply,
        }
    };
    for name in ["notificationUrl", "lifecycleNotificationUrl"] {
        let address = text(name);
        if !address.is_empty() && !shakes_hands(shared, &address).await {
            return wrong(
                "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
            );
        }
    }
    let id = format!("{:032x}", rand::random::<u128>());
    let mut shown = body.clone();
    shown["id"] = json!(id);
    let answer = Reply::json(201, &shown);
    shared.cloud().subscriptions.push(Subscription { id, whose, folder, shown, waits: false });
    answer
}

/// Whether the address repeats a word that it is told, as plain text.
async fn shakes_hands(shared: &Shared, address: &str) -> bool {
    let word = format!("Validation: Testing client application reachability +{:x}", rand::random::<u32>());
    let joint = if address.contains('?') { '&' } else { '?' };
    let asked = shared.client.post(format!("{address}{joint}validationToken={}", encoded(&word)));
    let Ok(answer) = asked.header("content-type", "text/plain; charset=utf-8").timeout(HANDSHAKE).send().await else {
        return false;
    };
    let is_plain = answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    answer.status() == 200 && is_plain && answer.text().await.is_ok_and(|said| said == word)
}

/// Tells who wants to know what happened since the last time, without waiting for them.
pub(crate) fn notify(shared: &Shared) {
    let mut cloud = shared.cloud();
    let mut happened: Vec<(String, Vec<News>)> = Vec::new();
    for mailbox in &mut cloud.mailboxes {
        let news = std::mem::take(&mut mailbox.news);
        if !news.is_empty() {
            happened.push((mailbox.address.clone(), news));
        }
    }
    for (whose, news) in happened {
        for (folder, serial, what) in news {
            let told = cloud.subscriptions.iter().filter(|one| one.whose == whose);
            let told: Vec<Subscription> =
                told.filter(|one| one.folder.as_ref().is_none_or(|known| *known == folder)).cloned().collect();
            for one in told {
                let wanted = one.shown["changeType"].as_str().unwrap_or_default();
                if !wanted.split(',').any(|kind| kind.trim() == what) {
                    continue;
                }
                if one.waits {
                    continue;
                }
                if let Some(fault) = fault::take(&mut cloud.faults, what, fault::To::Notification) {
                    instead(shared, &mut cloud, &one.id, fault.kind);
                    continue;
                }
                let id = crate::mailbox::Mailbox::id_of_gone(serial, true);
                let body = json!({ "value": [{
                    "subscriptionId": one.id,
                    "subscriptionExpirationDateTime": one.shown["expirationDateTime"],
                    "clientState": one.shown["clientState"],
                    "changeType": what,
                    "resource": format!("Users/{whose}/Messages/{id}"),
                    "tenantId": cloud.tenant,
                    "resourceData": { "@odata.type": "#Microsoft.Graph.Message", "id": id },
                }] });
                let address = one.shown["notificationUrl"].as_str().unwrap_or_default().to_owned();
                post(shared, address, body);
            }
        }
    }
}

/// What is told in place of a notification, of telling itself
/// (learn.microsoft.com/graph/change-notifications-lifecycle-events); of one that is lost, nothing.
fn instead(shared: &Shared, cloud: &mut Cloud, id: &str, kind: Kind) {
    let event = match kind {
        Kind::MissedNotification => "missed",
        Kind::SubscriptionRemoved => "subscriptionRemoved",
        Kind::ReauthorizationRequired => "reauthorizationRequired",
        _ => return,
    };
    let Some(one) = cloud.subscriptions.iter_mut().find(|one| one.id == id) else { return };
    one.waits = kind == Kind::ReauthorizationRequired;
    let one = one.clone();
    if kind == Kind::SubscriptionRemoved {
        cloud.subscriptions.retain(|other| other.id != id);
    }
    // Who named no address for it is told nothing.
    let Some(address) = one.shown["lifecycleNotificationUrl"].as_str() else { return };
    let body = json!({ "value": [{
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": one.shown["expirationDateTime"],
        "tenantId": cloud.tenant,
        "clientState": one.shown["clientState"],
        "lifecycleEvent": event,
    }] });
    post(shared, address.to_owned(), body);
}

/// Whether anybody heard it is their business: notifications only wake.
fn post(shared: &Shared, address: String, body: Value) {
    let told = shared.client.post(address).json(&body).timeout(Duration::from_secs(3)).send();
    tokio::spawn(async move {
        let _ = told.await;
    });
}
