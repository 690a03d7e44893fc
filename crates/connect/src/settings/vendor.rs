//! Where providers' interfaces are. One place, so that an installation can be pointed at a simulator as a whole.

use crate::{ews::autodiscover::Places, mailgun::Bases};

/// The addresses of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Where people agree; `{tenant}` stands for the organisation's name there.
    pub consent: String,
    /// Where tokens are given; the same.
    pub tokens: String,
    /// Where a code for another device is given (RFC 8628), the same; `None`: nowhere.
    pub devices: Option<String>,
    /// Who answers from there, where the provider names itself in an answer (RFC 9207).
    pub issuer: String,
    /// Where mail is, without a slash at the end.
    pub interface: String,
}

/// The addresses of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendors {
    /// Microsoft: Entra and Graph (learn.microsoft.com/entra/identity-platform/v2-protocols).
    pub microsoft: Vendor,
    /// Google: its sign-in and Gmail (developers.google.com/identity/protocols/oauth2/web-server).
    pub google: Vendor,
    /// Where Google shows the keys with which it signs.
    pub google_keys: String,
    /// Where news are kept that Google tells (Pub/Sub).
    pub google_news: String,
    /// Mailgun, in both regions (documentation.mailgun.com).
    pub mailgun: Bases,
    /// Where the Exchange server of an address is asked for.
    pub autodiscover: Places,
}

impl Default for Vendors {
    fn default() -> Vendors {
        let microsoft = "https://login.microsoftonline.com";
        Vendors {
            microsoft: Vendor {
                consent: format!("{microsoft}/{{tenant}}/oauth2/v2.0/authorize"),
                tokens: format!("{microsoft}/{{tenant}}/oauth2/v2.0/token"),
                devices: Some(format!("{microsoft}/{{tenant}}/oauth2/v2.0/devicecode")),
                issuer: microsoft.to_owned(),
                interface: "https://graph.microsoft.com/v1.0".to_owned(),
            },
            google: Vendor {
                consent: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
                tokens: "https://oauth2.googleapis.com/token".to_owned(),
                // It gives such codes, but none with which mail can be read.
                devices: None,
                issuer: "https://accounts.google.com".to_owned(),
                interface: "https://gmail.googleapis.com".to_owned(),
            },
            google_keys: "https://www.googleapis.com/oauth2/v3/certs".to_owned(),
            google_news: "https://pubsub.googleapis.com".to_owned(),
            mailgun: Bases::default(),
            autodiscover: Places::default(),
        }
    }
}

impl Vendors {
    /// A simulator that plays them all. `None` when it is not on this machine: tokens and mail would go over a line that
    /// everybody can read.
    pub fn simulated(url: &str) -> Option<Vendors> {
        let url = url.trim().trim_end_matches('/');
        let parsed = reqwest::Url::parse(url).ok()?;
        let host = parsed.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_plain = parsed.scheme() == "http" && parsed.path() == "/" && parsed.query().is_none();
        (is_here && is_plain).then(|| Vendors {
            microsoft: Vendor {
                consent: format!("{url}/{{tenant}}/oauth2/v2.0/authorize"),
                tokens: format!("{url}/{{tenant}}/oauth2/v2.0/token"),
                devices: Some(format!("{url}/{{tenant}}/oauth2/v2.0/devicecode")),
                issuer: url.to_owned(),
                interface: format!("{url}/v1.0"),
            },
            google: Vendor {
                consent: format!("{url}/o/oauth2/v2/auth"),
                tokens: format!("{url}/token"),
                devices: None,
                issuer: url.to_owned(),
                interface: url.to_owned(),
            },
            google_keys: format!("{url}/oauth2/v3/certs"),
            google_news: url.to_owned(),
            mailgun: Bases::simulated(url),
            autodiscover: Places::simulated(url),
        })
    }
}

impl Vendor {
    /// Where people of an organisation agree.
    pub fn consent(&self, tenant: &str) -> String {
        self.consent.replace("{tenant}", tenant)
    }

    /// Where tokens of an organisation are given.
    pub fn tokens(&self, tenant: &str) -> String {
        self.tokens.replace("{tenant}", tenant)
    }

    /// Where people of an organisation get a code for another device.
    pub fn devices(&self, tenant: &str) -> Option<String> {
        self.devices.as_ref().map(|devices| devices.replace("{tenant}", tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_simulator_on_this_machine_is_taken() {
        let taken = Vendors::simulated(" http://127.0.0.1:8026/ ").unwrap();
        let tokens = taken.microsoft.tokens("voorbeeld.nl");
        assert_eq!(tokens, "http://127.0.0.1:8026/voorbeeld.nl/oauth2/v2.0/token");
        assert_eq!(taken.microsoft.interface, "http://127.0.0.1:8026/v1.0");
        assert_eq!(taken.google.tokens(""), "http://127.0.0.1:8026/token");
        for elsewhere in ["https://127.0.0.1:1", "http://10.0.0.1:8026", "http://127.0.0.1.evil.test", "x", "file:///x"]
        {
            assert_eq!(Vendors::simulated(elsewhere), None, "{elsewhere}");
        }
    }
}
