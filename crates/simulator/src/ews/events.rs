//! Notifications over a connection that stays open: Subscribe, GetStreamingEvents, Unsubscribe.

use super::{Desk, NOT_FOUND, envelope, item, wrong, xml::Node};
use crate::{cloud::Cloud, fault, server::Shared};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::stream;
use jiff::Timestamp;
use std::{convert::Infallible, time::Duration};

/// How often somebody who listens is looked after.
const LOOK: Duration = Duration::from_millis(20);
/// A sign of life comes so often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(45);

/// Somebody who wants to be told.
#[derive(Debug, Clone)]
pub struct Subscribed {
    id: String,
    whose: String,
    /// Nothing stands for all folders.
    folders: Vec<String>,
    wanted: Vec<String>,
    /// The history up to here was looked at.
    seen: u64,
    waiting: Vec<String>,
}

impl Desk<'_> {
    pub(super) fn subscribe(&mut self) -> String {
        let Some(request) = self.question.child("StreamingSubscriptionRequest") else {
            return self.one(Err(wrong("ErrorInvalidRequest", "The request is invalid.")));
        };
        let mut folders = Vec::new();
        for named in request.child("FolderIds").map(|ids| ids.children.as_slice()).unwrap_or_default() {
            match self.folder_id(named) {
                Ok(id) => folders.push(id),
                Err(wrong) => return self.one(Err(wrong)),
            }
        }
        let wanted = request.all("EventType").into_iter().map(|kind| kind.text.trim().to_owned()).collect();
        let id = format!("{:032x}", rand::random::<u128>());
        let seen = self.mailbox().count;
        let whose = self.whose.clone();
        let one = Subscribed { id: id.clone(), whose, folders, wanted, seen, waiting: Vec::new() };
        self.cloud.exchange.subscriptions.push(one);
        self.one(Ok(format!("<m:SubscriptionId>{id}</m:SubscriptionId>")))
    }

    pub(super) fn unsubscribe(&mut self) -> String {
        let id = self.question.said("SubscriptionId").unwrap_or_default();
        let known = &mut self.cloud.exchange.subscriptions;
        let before = known.len();
        known.retain(|one| one.id != id);
        let is_gone = known.len() < before;
        self.one(if is_gone { Ok(String::new()) } else { Err(NOT_FOUND) })
    }
}

/// Writes down for everybody who listens what happened since the last look.
pub(super) fn collect(cloud: &mut Cloud) {
    let mut subscriptions = std::mem::take(&mut cloud.exchange.subscriptions);
    for one in &mut subscriptions {
        let Some(at) = cloud.mailboxes.iter().position(|mailbox| mailbox.address == one.whose) else { continue };
        let news: Vec<_> = cloud.mailboxes[at].history.iter().filter(|event| event.count > one.seen).cloned().collect();
        for event in news {
            one.seen = event.count;
            let kind = match event.what {
                "created" if event.moves > 0 => "MovedEvent",
                "created" => "NewMailEvent",
                "deleted" => "DeletedEvent",
                _ => "ModifiedEvent",
            };
            // Whoever wants to know of what is made hears of new mail by that name.
            let kind = if kind == "NewMailEvent" && !one.wanted.iter().any(|wanted| wanted == kind) {
                "CreatedEvent"
            } else {
                kind
            };
            let is_theirs = one.folders.is_empty() || one.folders.contains(&event.folder);
            if !is_theirs || !one.wanted.iter().any(|wanted| wanted == kind) {
                continue;
            }
            let what = if event.what == "read" { "updated" } else { event.what };
            if fault::take(&mut cloud.faults, what, fault::To::Notification).is_some() {
                continue;
            }
            let id = item::id(event.serial, event.moves);
            let old = match kind {
                "MovedEvent" => format!(
                    "<t:OldItemId Id=\"{}\" ChangeKey=\"AQ==\"/><t:OldParentFolderId Id=\"{}\"/>",
                    item::id(event.serial, event.moves - 1),
                    event.folder
                ),
                _ => String::new(),
            };
            let at = item::instant(Timestamp::now());
            one.waiting.push(format!(
                "<t:{kind}><t:TimeStamp>{at}</t:TimeStamp><t:ItemId Id=\"{id}\" ChangeKey=\"AQ==\"/><t:ParentFolderId Id=\"{}\" ChangeKey=\"AQ==\"/>{old}</t:{kind}>",
                event.folder
            ));
        }
    }
    cloud.exchange.subscriptions = subscriptions;
}

fn message(inner: &str) -> String {
    envelope(&format!(
        "<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{inner}</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>"
    ))
}

fn failed(code: &str, id: &str) -> String {
    envelope(&format!(
        "<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Error\"><m:MessageText>The specified subscription was not found.</m:MessageText><m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:ErrorSubscriptionIds><m:SubscriptionId>{id}</m:SubscriptionId></m:ErrorSubscriptionIds></m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>"
    ))
}

/// Who is told over one connection.
struct Listener {
    shared: Shared,
    id: String,
    ends: tokio::time::Instant,
    alive: tokio::time::Instant,
    begun: bool,
    ended: bool,
}

impl Listener {
    /// What is told next; `None` when the connection ends.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        if !self.begun {
            self.begun = true;
            return Some(message("<m:ConnectionStatus>OK</m:ConnectionStatus>"));
        }
        loop {
            {
                let mut cloud = self.shared.cloud();
                collect(&mut cloud);
                let Some(one) = cloud.exchange.subscriptions.iter_mut().find(|one| one.id == self.id) else {
                    self.ended = true;
                    return Some(failed("ErrorSubscriptionNotFound", &self.id));
                };
                let events = std::mem::take(&mut one.waiting).concat();
                if !events.is_empty() {
                    let id = &self.id;
                    let told = format!(
                        "<m:Notifications><m:Notification><t:SubscriptionId>{id}</t:SubscriptionId>{events}</m:Notification></m:Notifications>"
                    );
                    return Some(message(&told));
                }
            }
            let now = tokio::time::Instant::now();
            if now >= self.ends {
                self.ended = true;
                return Some(message("<m:ConnectionStatus>Closed</m:ConnectionStatus>"));
            }
            if now >= self.alive {
                self.alive = now + SIGN_OF_LIFE;
                let status = format!(
                    "<m:Notifications><m:Notification><t:SubscriptionId>{}</t:SubscriptionId><t:StatusEvent/></m:Notification></m:Notifications>",
                    self.id
                );
                return Some(message(&status));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Tells as long as the connection lasts.
pub(super) fn stream(shared: &Shared, whose: &str, question: &Node) -> Response {
    let id = question.all("SubscriptionId").first().map(|id| id.text.trim().to_owned()).unwrap_or_default();
    let minutes: u64 = question.said("ConnectionTimeout").and_then(|text| text.parse().ok()).unwrap_or(30).clamp(1, 30);
    let is_known = shared.cloud().exchange.subscriptions.iter().any(|one| one.id == id && one.whose == whose);
    if !is_known {
        return crate::server::written(super::soap(200, failed("ErrorSubscriptionNotFound", &id)));
    }
    let now = tokio::time::Instant::now();
    let (ends, alive) = (now + Duration::from_secs(minutes * 60), now + SIGN_OF_LIFE);
    let listener = Listener { shared: shared.clone(), id, ends, alive, begun: false, ended: false };
    let told = stream::unfold(listener, |mut listener| async {
        let told = listener.next().await?;
        Some((Ok::<Bytes, Infallible>(Bytes::from(told)), listener))
    });
    let mut response = Response::new(Body::from_stream(told));
    response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("text/xml; charset=utf-8"));
    response
}
