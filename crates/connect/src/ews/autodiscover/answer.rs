//! What is asked and what is answered, in both forms (MS-OXDSCLI §2.2.4, MS-OXWSADISC §3.1.4.1).

use crate::ews::xml::{Node, written};
use bytes::Bytes;

/// A form of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Plain XML.
    Pox,
    /// SOAP.
    Soap,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Service {
        url: String,
        address: Option<String>,
    },
    /// Ask there.
    Url(String),
    /// Ask of this address.
    Address(String),
    /// It knows the mailbox not, or has no Exchange for it; in its words.
    Nothing(String),
}

impl Form {
    /// Below which path.
    pub fn path(self) -> &'static str {
        match self {
            Form::Pox => "/autodiscover/autodiscover.xml",
            Form::Soap => "/autodiscover/autodiscover.svc",
        }
    }

    /// The form that is spoken at this address.
    pub fn of(url: &str) -> Form {
        if url.to_ascii_lowercase().ends_with(".svc") { Form::Soap } else { Form::Pox }
    }

    /// Where the service of this address is.
    pub fn question(self, address: &str, url: &str) -> Bytes {
        let address = written(address);
        Bytes::from(match self {
            Form::Pox => format!(
                concat!(
                    r#"<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">"#,
                    r#"<Request><EMailAddress>{}</EMailAddress><AcceptableResponseSchema>"#,
                    r#"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"#,
                    r#"</AcceptableResponseSchema></Request></Autodiscover>"#
                ),
                address
            ),
            Form::Soap => format!(
                concat!(
                    r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" "#,
                    r#"xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover" xmlns:w="http://www.w3.org/2005/08/addressing">"#,
                    r#"<s:Header><a:RequestedServerVersion>Exchange2013_SP1</a:RequestedServerVersion>"#,
                    r#"<w:Action>http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings</w:Action>"#,
                    r#"<w:To>{}</w:To></s:Header><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User>"#,
                    r#"<a:Mailbox>{}</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting>"#,
                    r#"<a:Setting>InternalEwsUrl</a:Setting><a:Setting>AutoDiscoverSMTPAddress</a:Setting></a:RequestedSettings>"#,
                    r#"</a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"#
                ),
                written(url),
                address
            ),
        })
    }

    /// What an answer says; `None` when it is no such answer.
    pub fn read(self, body: &[u8]) -> Option<Answer> {
        let root = Node::read(body)?;
        match self {
            Form::Pox => pox(&root),
            Form::Soap => soap(&root),
        }
    }
}

fn pox(root: &Node) -> Option<Answer> {
    let response = root.child("Response").filter(|_| root.name == "Autodiscover")?;
    if let Some(error) = response.child("Error") {
        let said = |name: &str| error.said(name).unwrap_or_default();
        return Some(Answer::Nothing(format!("{} {}", said("ErrorCode"), said("Message"))));
    }
    let account = response.child("Account")?;
    match account.said("Action").unwrap_or_default().to_ascii_lowercase().as_str() {
        "redirecturl" => return account.said("RedirectUrl").map(|url| Answer::Url(url.to_owned())),
        "redirectaddr" => return account.said("RedirectAddr").map(|address| Answer::Address(address.to_owned())),
        _ => {}
    }
    let protocols = || account.children.iter().filter(|child| child.name == "Protocol");
    let of = |kind: &str| {
        let mut found = protocols().filter(|one| one.said("Type").is_some_and(|said| said.eq_ignore_ascii_case(kind)));
        found.find_map(|one| one.said("EwsUrl")).filter(|url| !url.is_empty())
    };
    // From outside first: what is for inside may not be found from here.
    let url = of("EXPR").or_else(|| of("EXCH")).or_else(|| of("EXHTTP"));
    let address = response.at(&["User", "AutoDiscoverSMTPAddress"]).map(|node| node.text.trim().to_owned());
    Some(match url {
        Some(url) => Answer::Service { url: url.to_owned(), address: address.filter(|one| !one.is_empty()) },
        None => Answer::Nothing("it names no Exchange Web Services".to_owned()),
    })
}

fn soap(root: &Node) -> Option<Answer> {
    let message = root.child("Body")?.child("GetUserSettingsResponseMessage")?;
    let response = message.child("Response")?;
    let user = response.at(&["UserResponses", "UserResponse"]);
    let user = user.unwrap_or(response);
    let (code, words) = (user.said("ErrorCode").unwrap_or_default(), user.said("ErrorMessage"));
    let target = user.said("RedirectTarget").filter(|target| !target.is_empty());
    match (code, target) {
        ("RedirectUrl", Some(url)) => return Some(Answer::Url(url.to_owned())),
        ("RedirectAddress", Some(address)) => return Some(Answer::Address(address.to_owned())),
        ("NoError" | "", _) => {}
        _ => return Some(Answer::Nothing(format!("{code} {}", words.unwrap_or_default()))),
    }
    let settings = user.inside(&["UserSettings"]);
    let of = |name: &str| {
        let one = settings.iter().find(|one| one.said("Name") == Some(name))?;
        one.said("Value").filter(|value| !value.is_empty()).map(str::to_owned)
    };
    Some(match of("ExternalEwsUrl").or_else(|| of("InternalEwsUrl")) {
        Some(url) => Answer::Service { url, address: of("AutoDiscoverSMTPAddress") },
        None => Answer::Nothing("it names no Exchange Web Services".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pox(inner: &str) -> Option<Answer> {
        Form::Pox.read(format!("<Autodiscover xmlns=\"x\"><Response>{inner}</Response></Autodiscover>").as_bytes())
    }

    #[test]
    fn the_address_for_outside_comes_before_the_one_for_inside() {
        let inner = "<User><AutoDiscoverSMTPAddress>info@a.nl</AutoDiscoverSMTPAddress></User><Account><Action>settings</Action>\
            <Protocol><Type>EXCH</Type><EwsUrl>https://binnen.a.nl/ews</EwsUrl></Protocol>\
            <Protocol><Type>EXPR</Type><EwsUrl>https://buiten.a.nl/ews</EwsUrl></Protocol></Account>";
        let (url, address) = ("https://buiten.a.nl/ews".to_owned(), Some("info@a.nl".to_owned()));
        assert_eq!(pox(inner), Some(Answer::Service { url, address }));
    }

    #[test]
    fn a_refusal_and_a_provider_without_exchange_are_told_from_a_page_that_is_no_answer() {
        let refused = pox("<Error><ErrorCode>500</ErrorCode><Message>Unknown</Message></Error>");
        assert_eq!(refused, Some(Answer::Nothing("500 Unknown".to_owned())));
        let imap = pox("<Account><Action>settings</Action><Protocol><Type>IMAP</Type></Protocol></Account>");
        assert!(matches!(imap, Some(Answer::Nothing(_))), "{imap:?}");
        assert_eq!(Form::Pox.read(b"<html><body>Welkom</body></html>"), None);
        assert_eq!(Form::Soap.read(b"<html><body>Welkom</body></html>"), None);
    }

    #[test]
    fn whoever_leads_elsewhere_is_understood_in_both_forms() {
        let led = pox("<Account><Action>redirectAddr</Action><RedirectAddr>x@b.nl</RedirectAddr></Account>");
        assert_eq!(led, Some(Answer::Address("x@b.nl".to_owned())));
        let soap = "<s:Envelope xmlns:s=\"s\"><s:Body><GetUserSettingsResponseMessage><Response><ErrorCode>NoError</ErrorCode>\
            <UserResponses><UserResponse><ErrorCode>RedirectUrl</ErrorCode><RedirectTarget>https://c.nl/x.svc</RedirectTarget>\
            </UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>";
        assert_eq!(Form::Soap.read(soap.as_bytes()), Some(Answer::Url("https://c.nl/x.svc".to_owned())));
        assert_eq!((Form::of("https://c.nl/x.SVC"), Form::of("https://c.nl/x.xml")), (Form::Soap, Form::Pox));
    }
}
