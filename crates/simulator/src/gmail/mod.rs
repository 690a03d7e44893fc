//! Gmail v1: who asks, and what (developers.google.com/workspace/gmail/api/reference/rest).

mod batch;
mod change;
mod draft;
mod fault;
mod history;
mod insert;
mod kept;
mod list;
mod mailbox;
mod message;
mod push;

pub use kept::KeptSubscription;
pub use mailbox::{GmailBox, Message};
pub use push::{Subscription, token_of_google};

pub(crate) use fault::{answer as fault_answer, error};
pub(crate) use kept::{NEWS_SCOPE, answer as news_answer, is_of_news};
pub(crate) use push::{CERTIFICATES, certificates, notify};

use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    server::Shared,
};
use serde_json::{Value, json};

/// Somebody who asks for a mailbox, with leave to.
struct Desk<'a> {
    cloud: &'a mut Cloud,
    asked: &'a Asked,
    /// The mailbox's address.
    whose: String,
}

/// Whether a path is one of Google's interface.
pub(crate) fn is_of_gmail(path: &str) -> bool {
    ["/gmail/v1/", "/upload/gmail/v1/", "/batch"].iter().any(|beginning| path.starts_with(beginning))
}

/// The answer to a request; a batch is several at once.
pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let mut cloud = shared.cloud();
    let reply = match (asked.method.as_str(), path.as_slice()) {
        ("POST", ["batch", ..]) => batch::answer(&mut cloud, asked),
        _ => one(&mut cloud, asked),
    };
    drop(cloud);
    notify(shared);
    reply
}

fn one(cloud: &mut Cloud, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let (rest, is_upload) = match path.as_slice() {
        ["gmail", "v1", "users", user, rest @ ..] => ((*user, rest), false),
        ["upload", "gmail", "v1", "users", user, rest @ ..] => ((*user, rest), true),
        _ => return fault::not_found(),
    };
    let (user, rest) = rest;
    let token = asked.headers.get("authorization").and_then(|said| said.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(access) = cloud.grants.opens(token).cloned() else { return fault::token_refused() };
    let who = access.who.unwrap_or_default();
    let Some(mailbox) = cloud.google.mailbox(&who) else {
        return fault::error(400, "failedPrecondition", "FAILED_PRECONDITION", "Mail service not enabled");
    };
    if user != "me" && !user.eq_ignore_ascii_case(&mailbox.address) {
        return fault::error(403, "forbidden", "PERMISSION_DENIED", &format!("Delegation denied for {who}"));
    }
    let whose = mailbox.address.clone();
    if !may(&access.scope, &asked.method, rest) {
        let words = "Request had insufficient authentication scopes.";
        return fault::error(403, "insufficientPermissions", "PERMISSION_DENIED", words);
    }
    Desk { cloud, asked, whose }.answer(rest, is_upload)
}

/// Whether the scopes allow it (developers.google.com/workspace/gmail/api/auth/scopes). What removes for good needs the widest.
fn may(scope: &str, method: &str, rest: &[&str]) -> bool {
    let has = |names: &[&str]| {
        scope.split(' ').any(|one| {
            let short = one.strip_prefix("https://www.googleapis.com/auth/").unwrap_or(one);
            names.contains(&short)
        })
    };
    let all = "https://mail.google.com/";
    match (method, rest) {
        ("DELETE", ["messages", _]) | ("POST", ["messages", "batchDelete"]) => has(&[all]),
        ("GET", _) => has(&[all, "gmail.modify", "gmail.readonly"]),
        ("POST", ["drafts" | "messages", "send"]) => has(&[all, "gmail.modify", "gmail.compose"]),
        (_, ["drafts", ..]) => has(&[all, "gmail.modify", "gmail.compose"]),
        _ => has(&[all, "gmail.modify"]),
    }
}

impl Desk<'_> {
    fn answer(&mut self, rest: &[&str], is_upload: bool) -> Reply {
        match (self.asked.method.as_str(), rest) {
            ("GET", ["profile"]) => self.profile(),
            ("POST", ["watch"]) => self.watch(),
            ("POST", ["stop"]) => {
                self.mailbox().watch = None;
                Reply::bare(204)
            }
            ("GET", ["labels"]) => self.labels(),
            ("POST", ["labels"]) => self.make_label(),
            ("GET", ["labels", id]) => self.label(id),
            ("GET", ["history"]) => self.history(),
            ("GET", ["messages"]) => self.messages(),
            ("POST", ["messages"]) => self.insert(is_upload, true),
            ("POST", ["messages", "import"]) => self.insert(is_upload, false),
            ("POST", ["messages", "send"]) => self.send_message(is_upload),
            ("POST", ["messages", "batchModify"]) => self.modify_many(),
            ("POST", ["messages", "batchDelete"]) => self.delete_many(),
            ("GET", ["messages", id]) => self.message(id),
            ("DELETE", ["messages", id]) => self.delete(id),
            ("POST", ["messages", id, "modify"]) => self.modify(id),
            ("POST", ["messages", id, "trash"]) => self.bin(id, true),
            ("POST", ["messages", id, "untrash"]) => self.bin(id, false),
            ("GET", ["drafts"]) => self.drafts(),
            ("POST", ["drafts"]) => self.make_draft(is_upload),
            ("POST", ["drafts", "send"]) => self.send_draft(),
            ("GET", ["drafts", id]) => self.draft(id),
            ("DELETE", ["drafts", id]) => self.delete_draft(id),
            _ => fault::not_found(),
        }
    }

    fn mailbox(&mut self) -> &mut GmailBox {
        let at = self.cloud.google.mailboxes.iter().position(|mailbox| mailbox.address == self.whose);
        // It was there when the request was let in, and nothing else runs meanwhile.
        &mut self.cloud.google.mailboxes[at.unwrap_or_default()]
    }

    fn profile(&mut self) -> Reply {
        let mailbox = self.mailbox();
        let count = mailbox.messages.len();
        ok(&json!({
            "emailAddress": mailbox.address, "messagesTotal": count, "threadsTotal": count,
            "historyId": mailbox.history.to_string(),
        }))
    }

    /// Numbers in the query, within bounds.
    fn number(&self, name: &str, usual: usize, most: usize) -> usize {
        self.asked.query(name).and_then(|text| text.parse().ok()).unwrap_or(usual).clamp(1, most)
    }
}

fn ok(value: &Value) -> Reply {
    let mut reply = Reply::json(200, value);
    reply.headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
    reply
}
