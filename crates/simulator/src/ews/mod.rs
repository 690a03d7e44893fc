//! Exchange Web Services, as an Exchange server in the house has it (learn.microsoft.com/exchange/client-developer).

mod autodiscover;
mod create;
mod events;
mod find;
mod folder;
mod item;
mod names;
mod ntlm;
mod order;
mod sign_in;
mod sync;
mod xml;

pub use autodiscover::{Autodiscover, Leads};
pub(crate) use events::Subscribed;

use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    fault::{self, Fault, Kind},
    mailbox::Mailbox,
    server::{Shared, written},
};
use axum::response::Response;
use sign_in::Connections;
use std::time::Duration;
use xml::Node;

/// Somebody with a password at the Exchange server.
#[derive(Debug, Clone)]
pub struct User {
    /// The name in the domain.
    pub name: String,
    /// The password.
    pub password: String,
    /// The mailbox.
    pub address: String,
}

/// The Exchange server.
#[derive(Debug)]
pub struct Exchange {
    /// The short name of its domain.
    pub domain: String,
    /// Who may sign in.
    pub users: Vec<User>,
    /// It takes Basic.
    pub basic: bool,
    /// It takes NTLM.
    pub ntlm: bool,
    /// It takes Entra's tokens that are for it (hybrid modern authentication).
    pub oauth: bool,
    /// What Entra calls it, as an administrator filled in there.
    pub names: Vec<String>,
    /// Mailboxes may use Exchange Web Services.
    pub enabled: bool,
    /// It shows the page of the webmail in place of the service.
    pub shows_webmail: bool,
    /// How autodiscover answers.
    pub autodiscover: Autodiscover,
    /// How many sign-ins were refused.
    pub refused: u64,
    /// How many sign-ins were taken; with Basic each request is one.
    pub signed_in: usize,
    /// Why the last NTLM answer was refused.
    pub last_refusal: String,
    /// What was said, question and answer, when somebody wants to read it.
    pub record: Option<Vec<(String, String)>>,
    pub(crate) connections: Connections,
    pub(crate) subscriptions: Vec<Subscribed>,
}

/// The password of both mailboxes that are there from the start.
pub const EXCHANGE_PASSWORD: &str = "zonnig-dorp-aan-de-zee-42";

impl Default for Exchange {
    fn default() -> Exchange {
        let user = |name: &str| User {
            name: name.to_owned(),
            password: EXCHANGE_PASSWORD.to_owned(),
            address: format!("{name}@voorbeeld.test"),
        };
        Exchange {
            domain: "VOORBEELD".to_owned(),
            users: vec![user("info"), user("anna")],
            basic: true,
            ntlm: true,
            oauth: true,
            names: ["127.0.0.1", "[::1]", "localhost"].map(|host| format!("https://{host}")).to_vec(),
            enabled: true,
            shows_webmail: false,
            autodiscover: Autodiscover::default(),
            refused: 0,
            signed_in: 0,
            last_refusal: String::new(),
            record: None,
            connections: Connections::default(),
            subscriptions: Vec::new(),
        }
    }
}

/// One request inside the envelope, for one mailbox.
struct Desk<'a> {
    cloud: &'a mut Cloud,
    whose: String,
    question: &'a Node,
}

/// What a response message says: a code, words, what else belongs to it.
struct Wrong {
    code: &'static str,
    words: &'static str,
}

const fn wrong(code: &'static str, words: &'static str) -> Wrong {
    Wrong { code, words }
}

const NOT_FOUND: Wrong = wrong("ErrorItemNotFound", "The specified object was not found in the store.");
const NO_FOLDER: Wrong = wrong("ErrorFolderNotFound", "The specified folder could not be found in the store.");
const OLD_STATE: Wrong = wrong("ErrorInvalidSyncStateData", "The synchronization state data is invalid.");

/// Whether this server answers the path.
pub(crate) fn is_meant(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.starts_with("/ews/") || path.starts_with("/autodiscover/") || path.starts_with("/owa")
}

/// The answer to a request; `None`: the connection ends without one.
pub(crate) async fn serve(shared: &Shared, asked: Asked, connection: u64) -> Option<Response> {
    let path = asked.path.join("/").to_ascii_lowercase();
    if path.starts_with("autodiscover/") {
        let mut cloud = shared.cloud();
        return Some(written(autodiscover::answer(&mut cloud, &asked, connection, &shared.url)));
    }
    let shows_webmail = shared.cloud().exchange.shows_webmail;
    if path != "ews/exchange.asmx" || shows_webmail {
        return Some(written(webmail(&path, shows_webmail)));
    }
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let envelope = Node::read(&text);
    let question = envelope.as_ref().and_then(|envelope| envelope.child("Body")).and_then(|body| body.children.first());
    let name = question.map(|question| question.name.clone()).unwrap_or_default();
    let (fault, latency, whose) = {
        let mut cloud = shared.cloud();
        // Whoever has to sign in first has not asked anything yet.
        let whose = match sign_in::gate(&mut cloud, &asked, connection) {
            Ok(whose) => whose,
            Err(reply) => return Some(written(reply)),
        };
        let line = format!("{} EWS {name}", asked.method);
        cloud.heard.push(line.clone());
        (fault::take(&mut cloud.faults, &line, fault::To::Request), cloud.latency_ms, whose)
    };
    tokio::time::sleep(Duration::from_millis(latency)).await;
    let (Some(question), "POST") = (question, asked.method.as_str()) else {
        return Some(written(schema_error("the request is no SOAP envelope")));
    };
    if let Some(place) = order::misplaced(question) {
        return Some(written(schema_error(&format!("the element {place} stands where it must not"))));
    }
    if let Some(fault) = &fault {
        if fault.kind == Kind::Slow {
            tokio::time::sleep(Duration::from_secs(fault.seconds)).await;
        }
        if fault.is_done() {
            answer(shared, &whose, question);
        }
        if fault.kind == Kind::DoneThenCut {
            return None;
        }
        if let Some(reply) = refusal(fault, &name) {
            return Some(written(reply));
        }
    }
    if name == "GetStreamingEvents" {
        return Some(events::stream(shared, &whose, question));
    }
    let body = answer(shared, &whose, question);
    let mut cloud = shared.cloud();
    if let Some(record) = &mut cloud.exchange.record {
        record.push((text, body.clone()));
    }
    let mut reply = soap(200, body);
    reply.is_cut = fault.is_some_and(|fault| fault.kind == Kind::Half);
    Some(written(reply))
}

fn answer(shared: &Shared, whose: &str, question: &Node) -> String {
    let mut cloud = shared.cloud();
    let mut desk = Desk { cloud: &mut cloud, whose: whose.to_owned(), question };
    let body = desk.answer();
    events::collect(&mut cloud);
    envelope(&body)
}

impl Desk<'_> {
    fn answer(&mut self) -> String {
        match self.question.name.as_str() {
            "GetFolder" => self.get_folder(),
            "FindFolder" => self.find_folder(),
            "SyncFolderHierarchy" => self.sync_hierarchy(),
            "CreateFolder" => self.create_folder(),
            "SyncFolderItems" => self.sync_items(),
            "FindItem" => self.find_item(),
            "GetItem" => self.get_item(),
            "UpdateItem" => self.update_item(),
            "MoveItem" => self.move_item(),
            "DeleteItem" => self.delete_item(),
            "CreateItem" => self.create_item(),
            "SendItem" => self.send_item(),
            "Subscribe" => self.subscribe(),
            "Unsubscribe" => self.unsubscribe(),
            "ResolveNames" => self.resolve_names(),
            "ConvertId" => self.convert_id(),
            _ => self.one(Err(wrong("ErrorInvalidRequest", "The request is invalid."))),
        }
    }

    fn mailbox(&mut self) -> &mut Mailbox {
        let at = self.cloud.mailboxes.iter().position(|mailbox| mailbox.address.eq_ignore_ascii_case(&self.whose));
        // A user without a mailbox can't be made by who starts the simulator.
        &mut self.cloud.mailboxes[at.unwrap_or_default()]
    }

    /// An answer of one message.
    fn one(&self, result: Result<String, Wrong>) -> String {
        self.several(vec![result])
    }

    /// An answer of several messages.
    fn several(&self, results: Vec<Result<String, Wrong>>) -> String {
        let name = &self.question.name;
        let message = |result: Result<String, Wrong>| match result {
            Ok(inner) => format!(
                "<m:{name}ResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{inner}</m:{name}ResponseMessage>"
            ),
            Err(wrong) => failed(name, wrong.code, wrong.words, ""),
        };
        let messages: String = results.into_iter().map(message).collect();
        format!("<m:{name}Response><m:ResponseMessages>{messages}</m:ResponseMessages></m:{name}Response>")
    }
}

fn failed(name: &str, code: &str, words: &str, more: &str) -> String {
    // Messages that hold items or folders hold an empty list of them when it failed.
    let empty = match name {
        "GetItem" | "CreateItem" | "UpdateItem" | "MoveItem" => "<m:Items/>",
        "GetFolder" | "CreateFolder" => "<m:Folders/>",
        _ => "",
    };
    format!(
        "<m:{name}ResponseMessage ResponseClass=\"Error\"><m:MessageText>{words}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{more}{empty}</m:{name}ResponseMessage>"
    )
}

fn envelope(body: &str) -> String {
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" "#,
            r#"xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" "#,
            r#"xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>"#,
            r#"<t:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="39" "#,
            r#"Version="V2017_07_11"/></s:Header><s:Body>{}</s:Body></s:Envelope>"#
        ),
        body
    )
}

fn soap(status: u16, body: String) -> Reply {
    let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
    Reply { status, headers, body: body.into_bytes(), is_cut: false }
}

fn schema_error(words: &str) -> Reply {
    soap_fault("a:ErrorSchemaValidation", "ErrorSchemaValidation", &xml::written(words), "")
}

fn soap_fault(fault: &str, code: &str, words: &str, more: &str) -> Reply {
    let body = format!(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"#,
            r#"<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">{fault}</faultcode>"#,
            r#"<faultstring xml:lang="en-US">{words}</faultstring><detail>"#,
            r#"<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{code}</e:ResponseCode>"#,
            r#"<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{words}</e:Message>{more}"#,
            r#"</detail></s:Fault></s:Body></s:Envelope>"#
        ),
        fault = fault,
        words = words,
        code = code,
        more = more
    );
    soap(500, body)
}

/// A fault as Exchange tells it.
fn refusal(fault: &Fault, name: &str) -> Option<Reply> {
    let millis = fault.seconds.saturating_mul(1000);
    let reply = match fault.kind {
        Kind::Throttled | Kind::QuotaExceeded => {
            let words = "The server cannot service this request right now. Try again later.";
            let back_off = format!(
                r#"<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="BackOffMilliseconds">{millis}</t:Value></t:MessageXml>"#
            );
            soap_fault("a:ErrorServerBusy", "ErrorServerBusy", words, if millis > 0 { &back_off } else { "" })
        }
        Kind::Resync => {
            let body = failed(name, OLD_STATE.code, OLD_STATE.words, "");
            let rest = if name == "SyncFolderItems" {
                body.replace("</m:SyncFolderItemsResponseMessage>", "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange></m:SyncFolderItemsResponseMessage>")
            } else {
                body
            };
            let messages =
                format!("<m:{name}Response><m:ResponseMessages>{rest}</m:ResponseMessages></m:{name}Response>");
            soap(200, envelope(&messages))
        }
        Kind::TokenExpired => {
            let mut reply = Reply::bare(401);
            reply.headers.push(("www-authenticate", "Bearer".to_owned()));
            reply
        }
        Kind::Denied => Reply { body: b"Forbidden".to_vec(), ..Reply::bare(403) },
        Kind::Unavailable | Kind::DoneThen503 => {
            let mut reply = Reply::bare(503);
            if fault.seconds > 0 {
                reply.headers.push(("retry-after", fault.seconds.to_string()));
            }
            reply
        }
        Kind::Timeout | Kind::DoneThen504 => Reply::bare(504),
        // They happen in another way, or to something else than a request.
        _ => return None,
    };
    Some(reply)
}

/// What stands at every other address: the webmail.
fn webmail(path: &str, everywhere: bool) -> Reply {
    if path.starts_with("owa") || everywhere {
        let page = "<!DOCTYPE html><html><head><title>Outlook</title></head><body><form name=\"logonForm\"></form></body></html>";
        let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        return Reply { status: 200, headers, body: page.as_bytes().to_vec(), is_cut: false };
    }
    Reply::bare(404)
}
