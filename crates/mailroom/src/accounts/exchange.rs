//! The settings of an Exchange server from what was typed (features M7): a bare name becomes the whole address, `DOMAIN\name`
//! stays where NTLM wants it, and a mailbox in Microsoft's cloud is sent elsewhere.

use super::{help, input::ServerInput};
use crate::words::{FieldError, field};
use store::account::{Authentication, Exchange};

/// Microsoft's own servers, where Exchange Web Services ends and takes no password.
const CLOUD: [&str; 4] = ["outlook.com", "office365.com", "office.com", "outlook.cn"];

/// What was typed, put in order, and what is wrong with it or should be looked at.
pub(super) struct Typed {
    pub(super) exchange: Exchange,
    pub(super) errors: Vec<FieldError>,
    pub(super) warnings: Vec<FieldError>,
}

/// The settings of one direction, on top of what was saved before, or of what the other direction has.
pub(super) fn settle(direction: &str, typed: &ServerInput, before: Option<&Exchange>, address: &str) -> Typed {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let name = |field: &str| format!("{direction}.{field}");
    let url = match typed.url.as_deref().map(help::trimmed) {
        Some("") => String::new(),
        Some(url) => help::exchange_url(url),
        None => before.map(|before| before.url.clone()).unwrap_or_default(),
    };
    match host(&url) {
        _ if url.is_empty() => errors.push(FieldError::new(name("url"), field::REQUIRED)),
        None => errors.push(FieldError::new(name("url"), field::NOT_A_HOST)),
        Some(host) if is_cloud(&host) => errors.push(FieldError::new(name("url"), field::USE_MICROSOFT365)),
        Some(_) => {}
    }
    let authentication = match typed.authentication.as_deref().map(help::trimmed) {
        // This is what a server has switched on that nobody changed.
        None => before.map_or(Authentication::Ntlm, |before| before.authentication),
        Some("ntlm") => Authentication::Ntlm,
        Some("basic") => Authentication::Basic,
        Some("oauth") => Authentication::Oauth,
        Some(_) => {
            errors.push(FieldError::new(name("authentication"), field::UNKNOWN_KIND));
            Authentication::Ntlm
        }
    };
    let username = match typed.username.as_deref() {
        // Whoever agrees says there who they are.
        _ if authentication == Authentication::Oauth => address.to_owned(),
        Some(typed) if authentication == Authentication::Ntlm => help::trimmed(typed).to_owned(),
        Some(typed) => {
            let username = help::user_name(typed, address);
            if username != help::trimmed(typed) {
                warnings.push(FieldError::new(name("username"), field::WARN_USERNAME_REWRITTEN));
            }
            username
        }
        None => before.map_or_else(|| address.to_owned(), |before| before.username.clone()),
    };
    if username.is_empty() {
        errors.push(FieldError::new(name("username"), field::REQUIRED));
    } else if username.contains(char::is_control) {
        errors.push(FieldError::new(name("username"), field::LINE_BREAK));
    }
    Typed { exchange: Exchange { url, username, authentication }, errors, warnings }
}

/// The host of an address that can be one; `None` for any other.
pub(super) fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let is_plain = !url.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '@' | '?' | '#' | '\\'));
    let server = Exchange { url: url.to_owned(), ..Exchange::default() }.server();
    let authority = rest.split('/').next().unwrap_or_default();
    let port = authority.rsplit(']').next().unwrap_or_default().split_once(':').map(|(_, port)| port);
    let has_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let fits = ["http", "https"].contains(&scheme) && is_plain && has_port && help::is_host(&server.host);
    fits.then_some(server.host)
}

/// Whether the host is one of Microsoft's own.
pub(super) fn is_cloud(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    CLOUD.iter().any(|end| host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(url: &str, username: &str, authentication: &str) -> Typed {
        let input = ServerInput {
            url: Some(url.to_owned()),
            username: Some(username.to_owned()),
            authentication: Some(authentication.to_owned()),
            ..ServerInput::default()
        };
        settle("incoming", &input, None, "info@voorbeeld.nl")
    }

    #[test]
    fn a_windows_name_stays_for_ntlm_and_becomes_an_address_for_basic() {
        let ntlm = typed(" mail.voorbeeld.nl ", " VOORBEELD\\jan ", "ntlm");
        assert_eq!(ntlm.exchange.username, "VOORBEELD\\jan");
        assert_eq!(ntlm.exchange.url, "https://mail.voorbeeld.nl/ews/exchange.asmx");
        assert!(ntlm.errors.is_empty() && ntlm.warnings.is_empty(), "{:?}", ntlm.errors);
        let basic = typed("https://mail.voorbeeld.nl:444/EWS/Exchange.asmx", "VOORBEELD\\jan", "basic");
        assert_eq!((basic.exchange.username.as_str(), basic.warnings.len()), ("jan@voorbeeld.nl", 1));
        assert_eq!((basic.exchange.server().port, basic.errors.len()), (444, 0));
    }

    #[test]
    fn a_mailbox_in_microsofts_cloud_is_sent_to_microsoft_365() {
        for url in ["https://outlook.office365.com/EWS/Exchange.asmx", "outlook.office.com", "eu.OUTLOOK.com."] {
            assert_eq!(typed(url, "x", "basic").errors[0].code, field::USE_MICROSOFT365.0, "{url}");
        }
        assert!(typed("https://mijnoutlook.com/ews/exchange.asmx", "x", "basic").errors.is_empty());
    }

    #[test]
    fn an_address_that_is_none_is_told_at_its_field() {
        for url in
            ["ftp://a.nl/x", "https://a b/ews", "https://u:p@a.nl/ews", "https://a.nl:0/ews", "https://a.nl/ews?x=1"]
        {
            let found = typed(url, "x", "basic");
            assert_eq!(found.errors[0].field, "incoming.url", "{url}");
            assert_eq!(found.errors[0].code, field::NOT_A_HOST.0, "{url}");
        }
        assert_eq!(typed("", "x", "basic").errors[0].code, field::REQUIRED.0);
        assert_eq!(typed("a.nl", "x", "kerberos").errors[0].field, "incoming.authentication");
    }
}
