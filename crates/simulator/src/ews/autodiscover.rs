//! Where a mailbox's service is: autodiscover in its three forms (MS-OXDSCLI; learn.microsoft.com/exchange/client-developer).

use super::{sign_in, soap, xml};
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
};
use serde_json::json;
use xml::Node;

/// How autodiscover answers.
#[derive(Debug, Clone)]
pub struct Autodiscover {
    /// The older form is there (`autodiscover.xml`).
    pub pox: bool,
    /// The newer form is there (`autodiscover.svc`).
    pub soap: bool,
    /// The form without a password is there (`autodiscover.json`).
    pub json: bool,
    /// It leads elsewhere.
    pub leads: Option<Leads>,
}

/// Where autodiscover leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// HTTP 302 to this address, before any sign-in.
    Moved(String),
    /// An answer that names this address.
    Url(String),
    /// An answer that says that the mailbox has this mail address.
    Address(String),
}

impl Default for Autodiscover {
    fn default() -> Autodiscover {
        Autodiscover { pox: true, soap: true, json: true, leads: None }
    }
}

/// Answers below `/autodiscover`.
pub(super) fn answer(cloud: &mut Cloud, asked: &Asked, connection: u64, url: &str) -> Reply {
    let path = asked.path.join("/").to_ascii_lowercase();
    cloud.heard.push(format!("{} {path}", asked.method));
    let service = format!("{url}/EWS/Exchange.asmx");
    let told = cloud.exchange.autodiscover.clone();
    if path.starts_with("autodiscover/autodiscover.json") {
        // This one asks for no password, and says no more than where.
        let found = Reply::json(200, &json!({ "Protocol": "Ews", "Url": service }));
        return if told.json { found } else { Reply::bare(404) };
    }
    if let Some(Leads::Moved(to)) = &told.leads {
        let mut reply = Reply::bare(302);
        reply.headers.push(("location", to.clone()));
        return reply;
    }
    let is_there = (told.pox && path.ends_with(".xml")) || (told.soap && path.ends_with(".svc"));
    if !is_there {
        return Reply::bare(404);
    }
    let whose = match sign_in::gate(cloud, asked, connection) {
        Ok(whose) => whose,
        Err(reply) => return reply,
    };
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let question = Node::read(&text).unwrap_or_default();
    match path.as_str() {
        "autodiscover/autodiscover.xml" => pox(cloud, &question, &service, told.leads),
        "autodiscover/autodiscover.svc" => settings(cloud, &question, &whose, &service, told.leads),
        _ => Reply::bare(404),
    }
}

fn pox(cloud: &mut Cloud, question: &Node, service: &str, leads: Option<Leads>) -> Reply {
    let said = |name: &str| question.at(&["Request", name]).map(|node| node.text.trim().to_owned()).unwrap_or_default();
    let address = said("EMailAddress");
    let error = |code: u16, words: &str| {
        format!(
            "<Response><Error Time=\"10:00:00.0000000\" Id=\"1\"><ErrorCode>{code}</ErrorCode><Message>{words}</Message><DebugData/></Error></Response>"
        )
    };
    let account = |inner: String| {
        format!(
            "<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\"><Account><AccountType>email</AccountType>{inner}</Account></Response>"
        )
    };
    let inner = match (leads, cloud.mailbox(&address)) {
        // Whoever names no form of the answer gets none (MS-OXDSCLI §2.2.3.1.1.1).
        _ if !said("AcceptableResponseSchema").ends_with("responseschema/2006a") => error(600, "Invalid Request"),
        (Some(Leads::Url(to)), _) => {
            account(format!("<Action>redirectUrl</Action><RedirectUrl>{}</RedirectUrl>", xml::written(&to)))
        }
        (Some(Leads::Address(to)), _) if to != address => {
            account(format!("<Action>redirectAddr</Action><RedirectAddr>{}</RedirectAddr>", xml::written(&to)))
        }
        (_, None) => error(500, "The email address can't be found."),
        (_, Some(mailbox)) => format!(
            concat!(
                "<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\"><User>",
                "<DisplayName>{}</DisplayName><AutoDiscoverSMTPAddress>{}</AutoDiscoverSMTPAddress></User><Account>",
                "<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>{}</EwsUrl></Protocol>",
                "<Protocol><Type>EXPR</Type><EwsUrl>{}</EwsUrl></Protocol></Account></Response>"
            ),
            xml::written(&mailbox.name),
            xml::written(&mailbox.address),
            service,
            service
        ),
    };
    soap(
        200,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">{inner}</Autodiscover>"
        ),
    )
}

fn settings(cloud: &mut Cloud, question: &Node, whose: &str, service: &str, leads: Option<Leads>) -> Reply {
    let request = question.at(&["Body", "GetUserSettingsRequestMessage", "Request"]).cloned().unwrap_or_default();
    let wanted: Vec<String> = request
        .child("RequestedSettings")
        .map(|all| all.children.iter().map(|one| one.text.trim().to_owned()).collect())
        .unwrap_or_default();
    let address = request.at(&["Users", "User", "Mailbox"]).map(|node| node.text.trim().to_owned()).unwrap_or_default();
    let has_version = question.at(&["Header", "RequestedServerVersion"]).is_some();
    let known = cloud.mailbox(&address).is_some();
    let all = [
        ("AutoDiscoverSMTPAddress", whose),
        ("InternalEwsUrl", service),
        ("ExternalEwsUrl", service),
        ("ExternalEwsVersion", "15.01.2507.000"),
    ];
    let setting = |(name, value): &(&str, &str)| {
        format!(
            "<UserSetting i:type=\"StringSetting\"><Name>{name}</Name><Value>{}</Value></UserSetting>",
            xml::written(value)
        )
    };
    let (code, target) = match leads {
        _ if wanted.is_empty() || !has_version => ("InvalidRequest", None),
        Some(Leads::Url(to)) => ("RedirectUrl", Some(to)),
        Some(Leads::Address(to)) if to != address => ("RedirectAddress", Some(to)),
        _ if !known => ("InvalidUser", None),
        _ => ("NoError", None),
    };
    let told = all.iter().filter(|(name, _)| code == "NoError" && wanted.iter().any(|one| one == name));
    let told: String = told.map(setting).collect();
    let target = match target {
        Some(target) => format!("<RedirectTarget>{}</RedirectTarget>", xml::written(&target)),
        None => "<RedirectTarget i:nil=\"true\"/>".to_owned(),
    };
    let body = format!(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"#,
            r#"<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover" "#,
            r#"xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Response><ErrorCode>NoError</ErrorCode><ErrorMessage/>"#,
            r#"<UserResponses><UserResponse><ErrorCode>{}</ErrorCode><ErrorMessage>{}.</ErrorMessage>{}"#,
            r#"<UserSettingErrors/><UserSettings>{}</UserSettings></UserResponse></UserResponses></Response>"#,
            r#"</GetUserSettingsResponseMessage></s:Body></s:Envelope>"#
        ),
        code, code, target, told
    );
    soap(200, body)
}
