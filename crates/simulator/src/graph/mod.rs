//! Graph v1.0 for mail: who asks, for which mailbox, and what.

mod attachment;
mod batch;
mod delta;
mod folder;
mod letter;
mod message;
mod mime;
mod send;
mod subscription;
mod upload;

pub use mime::{properties, recipients, without_bcc};
pub use subscription::Subscription;
pub(crate) use subscription::notify;
pub use upload::{Upload, is_upload};

use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    fault,
    mailbox::Mailbox,
    server::Shared,
};
use serde_json::{Value, json};

/// Somebody who asks for a mailbox, with leave to.
struct Desk<'a> {
    cloud: &'a mut Cloud,
    asked: &'a Asked,
    /// Where we are reached.
    url: &'a str,
    /// The path to the mailbox, for addresses in answers: `me` or `users/...`.
    root: String,
    /// The mailbox's address.
    whose: String,
    /// What comes after the mailbox in the path.
    rest: Vec<&'a str>,
}

/// The answer to a request below the version.
pub(crate) async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let reply = match (asked.method.as_str(), path.as_slice()) {
        ("POST", ["$batch"]) => batch::answer(shared, asked).await,
        (_, ["subscriptions", ..]) => subscription::answer(shared, asked).await,
        (_, ["api", "v2.0", "AttachmentSessions", id]) => upload::answer(&mut shared.cloud(), asked, id),
        _ => at_once(shared, asked),
    };
    subscription::notify(shared);
    reply
}

fn at_once(shared: &Shared, asked: &Asked) -> Reply {
    let mut cloud = shared.cloud();
    match desk(&mut cloud, asked, &shared.url) {
        Ok(mut desk) => desk.answer(),
        Err(reply) => reply,
    }
}

fn desk<'a>(cloud: &'a mut Cloud, asked: &'a Asked, url: &'a str) -> Result<Desk<'a>, Reply> {
    let token = asked.headers.get("authorization").and_then(|said| said.strip_prefix("Bearer ")).unwrap_or_default();
    if token.is_empty() {
        return Err(fault::token_refused("Access token is empty."));
    }
    let words = "Access token has expired or is not yet valid.";
    let access = cloud.grants.opens(token).cloned().ok_or_else(|| fault::token_refused(words))?;
    let denied = || fault::error(asked, 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let (whose, root, rest) = match path.as_slice() {
        ["me", rest @ ..] => {
            let words = "/me request is only valid with delegated authentication flow.";
            let refused = || fault::error(asked, 400, "BadRequest", words);
            (access.who.clone().ok_or_else(refused)?, "me".to_owned(), rest.to_vec())
        }
        ["users", whose, rest @ ..] => ((*whose).to_owned(), format!("users/{whose}"), rest.to_vec()),
        _ => return Err(fault::error(asked, 404, "ResourceNotFound", "Resource not found for the segment.")),
    };
    let Some(mailbox) = cloud.mailbox(&whose) else {
        return Err(fault::error(asked, 404, "ErrorInvalidUser", &format!("The requested user '{whose}' is invalid.")));
    };
    let whose = mailbox.address.clone();
    let may = access.who.as_deref().is_none_or(|who| {
        who.eq_ignore_ascii_case(&whose) || mailbox.shared_with.iter().any(|other| other.eq_ignore_ascii_case(who))
    });
    let scopes: Vec<&str> = access.scope.split(' ').collect();
    let is_guest = access.who.as_deref().is_some_and(|who| !who.eq_ignore_ascii_case(&whose));
    // A right to one's own mailbox is none to what others share.
    let has = |wanted: &[&str]| {
        let own = wanted.iter().any(|scope| scopes.contains(scope)) && !is_guest;
        own || wanted.iter().any(|scope| scopes.contains(&format!("{scope}.Shared").as_str()))
    };
    let sends = rest.last().is_some_and(|last| ["send", "sendMail"].contains(last));
    let allowed = match asked.method.as_str() {
        _ if rest.is_empty() => has(&["User.Read", "User.Read.All"]),
        _ if sends => has(&["Mail.Send"]),
        "GET" => has(&["Mail.Read", "Mail.ReadWrite"]),
        _ => has(&["Mail.ReadWrite"]),
    };
    let app = cloud.apps.iter().find(|app| access.app.as_ref() == Some(&app.client_id));
    let list = app.and_then(|app| app.may_open.as_ref());
    if list.is_some_and(|list| !list.iter().any(|one| one.eq_ignore_ascii_case(&whose))) {
        let words = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.";
        return Err(fault::error(asked, 403, "ErrorAccessDenied", words));
    }
    if !may || !allowed {
        return Err(denied());
    }
    Ok(Desk { cloud, asked, url, root, whose, rest })
}

impl Desk<'_> {
    fn answer(&mut self) -> Reply {
        let rest = self.rest.clone();
        let rest: Vec<&str> = rest.iter().map(|piece| piece.trim_end_matches("()")).collect();
        match (self.asked.method.as_str(), rest.as_slice()) {
            ("GET", []) => self.person(),
            ("GET", ["mailFolders"]) => self.folders(None),
            ("POST", ["mailFolders"]) => self.make_folder(None),
            ("GET", ["mailFolders", "delta"]) => self.folders_delta(),
            ("GET", ["mailFolders", folder]) => self.folder(folder),
            ("GET", ["mailFolders", folder, "childFolders"]) => self.folders(Some(folder)),
            ("POST", ["mailFolders", folder, "childFolders"]) => self.make_folder(Some(folder)),
            ("GET", ["mailFolders", folder, "messages"]) => self.messages(Some(folder)),
            ("POST", ["mailFolders", folder, "messages"]) => self.draft(folder),
            ("GET", ["mailFolders", folder, "messages", "delta"]) => self.delta(folder),
            ("GET", ["messages"]) => self.messages(None),
            ("POST", ["messages"]) => self.draft("drafts"),
            ("POST", ["sendMail"]) => self.send_mail(),
            ("GET", ["messages", id] | ["mailFolders", _, "messages", id]) => self.message(id),
            ("GET", ["messages", id, "$value"]) => self.bytes(id),
            ("GET", ["messages", id, "attachments"]) => self.attachments(id),
            ("POST", ["messages", id, "attachments"]) => self.attach(id),
            ("POST", ["messages", id, "attachments", "createUploadSession"]) => self.begin_upload(id),
            ("PATCH", ["messages", id]) => self.change(id),
            ("DELETE", ["messages", id]) | ("POST", ["messages", id, "permanentDelete"]) => self.delete(id),
            ("POST", ["messages", id, "move"]) => self.relocate(id),
            ("POST", ["messages", id, "send"]) => self.send(id),
            _ => self.wrong(400, "BadRequest", "Resource not found for the segment."),
        }
    }

    fn person(&mut self) -> Reply {
        let mailbox = self.mailbox();
        Reply::json(
            200,
            &json!({
                "@odata.context": "$metadata#users/$entity",
                "id": format!("{:08x}-0000-4000-8000-000000000000", mailbox.address.len()),
                "displayName": mailbox.name, "mail": mailbox.address, "userPrincipalName": mailbox.address,
                "businessPhones": [], "givenName": null, "jobTitle": null, "mobilePhone": null, "officeLocation": null,
                "preferredLanguage": "nl-NL", "surname": null,
            }),
        )
    }

    fn mailbox(&mut self) -> &mut Mailbox {
        let at = self.cloud.mailboxes.iter().position(|mailbox| mailbox.address == self.whose);
        // It was there when the request was let in, and nothing else runs meanwhile.
        &mut self.cloud.mailboxes[at.unwrap_or_default()]
    }

    fn wrong(&self, status: u16, code: &str, message: &str) -> Reply {
        fault::error(self.asked, status, code, message)
    }

    fn not_found(&self) -> Reply {
        self.wrong(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    }

    /// Whether identifiers that survive a move were asked for (learn.microsoft.com/graph/outlook-immutable-id).
    fn immutable(&self) -> bool {
        self.asked.prefers("IdType=\"ImmutableId\"")
    }

    /// An address of this mailbox for an answer.
    fn at(&self, path: &str) -> String {
        format!("{}/v1.0/{}/{path}", self.url, self.root)
    }

    /// Part of a list, and the address of the next.
    fn page(&self, all: Vec<Value>, path: &str, most: usize) -> Reply {
        let top = self.asked.query("$top").and_then(|top| top.parse().ok()).unwrap_or(10usize);
        if top == 0 || top > most {
            let words = format!(
                "The limit of '{most}' for Top query has been exceeded. The value from the incoming request is '{top}'."
            );
            return self.wrong(400, "BadRequest", &words);
        }
        let skip: usize = self.asked.query("$skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
        let has_more = all.len() > skip + top;
        let shown: Vec<Value> = all.into_iter().skip(skip).take(top).collect();
        let mut answer = json!({ "@odata.context": format!("{}/v1.0/$metadata#{path}", self.url), "value": shown });
        if has_more {
            let kept = self.asked.query.iter().filter(|(name, _)| *name != "$skip");
            let kept: String = kept.map(|(name, value)| format!("{name}={}&", crate::asked::encoded(value))).collect();
            answer["@odata.nextLink"] = json!(format!("{}?{kept}$skip={}", self.at(path), skip + top));
        }
        Reply::json(200, &answer)
    }
}
