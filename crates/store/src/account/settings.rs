//! What a person fills in about an account, without the secrets (features M1 to M5).

use serde::{Deserialize, Serialize};

/// How the line to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// Plain greeting, then STARTTLS.
    Starttls,
    /// None: only where an administrator allowed it.
    None,
}

/// How we sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// User name and password, by whatever mechanism the server offers.
    #[default]
    Basic,
    /// NTLM, for Exchange in the house.
    Ntlm,
    /// An OAuth access token; the secret is the grant.
    Oauth,
}

impl Authentication {
    fn is_basic(&self) -> bool {
        *self == Authentication::Basic
    }
}

/// One IMAP, POP3 or SMTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the line is protected.
    pub encryption: Encryption,
    /// The user name; an SMTP server in the house may want none.
    #[serde(default)]
    pub username: String,
    /// How we sign in.
    #[serde(default, skip_serializing_if = "Authentication::is_basic")]
    pub authentication: Authentication,
    /// IMAP: the folder under which the others lie (*inbox prefix*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// POP3: what happens on the server after a message was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_fetch: Option<AfterFetch>,
}

/// What happens on a POP3 server after a message was stored (features M21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AfterFetch {
    /// It stays.
    Leave,
    /// It is deleted.
    Delete,
    /// It is deleted after some days.
    DeleteAfter {
        /// How many.
        days: u32,
    },
}

/// An Exchange server (EWS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The address of `exchange.asmx`.
    pub url: String,
    /// The user name.
    #[serde(default)]
    pub username: String,
    /// How we sign in.
    #[serde(default)]
    pub authentication: Authentication,
}

impl Exchange {
    /// The server that the address names, as a connection sees it.
    pub fn server(&self) -> Server {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("https", &self.url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Colons of an IPv6 address stand between brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
            _ => (authority, None),
        };
        let is_plain = scheme.eq_ignore_ascii_case("http");
        Server {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: port.unwrap_or(if is_plain { 80 } else { 443 }),
            encryption: if is_plain { Encryption::None } else { Encryption::Tls },
            username: self.username.clone(),
            authentication: self.authentication,
            prefix: None,
            after_fetch: None,
        }
    }
}

/// A domain at Mailgun, from the organisation's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name.
    pub domain: String,
}

/// How mail comes in (features M2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Incoming {
    /// IMAP.
    Imap(Server),
    /// POP3.
    Pop3(Server),
    /// Microsoft Graph; the secret is the grant.
    Microsoft365,
    /// The Gmail API; the secret is the grant.
    Gmail,
    /// Exchange Web Services.
    Ews(Exchange),
    /// A Mailgun route.
    Mailgun(Domain),
    /// Mail forwarded to an address that we receive ourselves.
    Relay {
        /// That address, made by us.
        #[serde(default)]
        relay_address: Option<String>,
    },
    /// The account only sends.
    None,
}

impl Incoming {
    /// The address of ours that its mail comes to.
    pub fn relay_address(&self) -> Option<&str> {
        match self {
            Incoming::Relay { relay_address } => relay_address.as_deref(),
            _ => None,
        }
    }

    /// The folders are ours alone: mail is put into them here, and no server shows them.
    pub fn has_own_folders(&self) -> bool {
        matches!(self, Incoming::None | Incoming::Relay { .. } | Incoming::Pop3(_) | Incoming::Mailgun(_))
    }

    /// Whether mail is fetched for it: what is forwarded to us comes by itself.
    pub fn is_fetched(&self) -> bool {
        !matches!(self, Incoming::None | Incoming::Relay { .. })
    }

    /// Whether the server tells of new mail while somebody waits at it.
    pub fn can_push(&self) -> bool {
        !matches!(self, Incoming::Pop3(_) | Incoming::Microsoft365 | Incoming::Gmail | Incoming::Mailgun(_))
    }

    /// Whether finished mail can be put there: a copy of what was sent in another way, a report that came to us. Microsoft
    /// Graph would keep it as a draft.
    pub fn takes_mail(&self) -> bool {
        *self != Incoming::Microsoft365
    }
}

/// How mail goes out (features M3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Outgoing {
    /// SMTP submission.
    Smtp(Server),
    /// Microsoft Graph.
    Microsoft365,
    /// The Gmail API.
    Gmail,
    /// Exchange Web Services.
    Ews(Exchange),
    /// The Mailgun API.
    Mailgun(Domain),
    /// We deliver ourselves.
    Builtin,
    /// The account only receives.
    None,
}

/// What may leave by this account in a time (features S5). `None`: as much as the provider's own limits allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Connections at a time.
    pub connections: Option<u32>,
    /// Messages over one connection.
    pub per_connection: Option<u32>,
    /// Messages a minute.
    pub per_minute: Option<u32>,
    /// Messages a day.
    pub per_day: Option<u32>,
}

/// A font that practically every reader has, with its likes behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Arial.
    Arial,
    /// Calibri.
    Calibri,
    /// Courier New.
    CourierNew,
    /// Georgia.
    Georgia,
    /// Tahoma.
    Tahoma,
    /// Times New Roman.
    TimesNewRoman,
    /// Trebuchet MS.
    TrebuchetMs,
    /// Verdana.
    Verdana,
}

impl Font {
    /// All of them, by their names.
    pub const ALL: [Font; 8] = [
        Font::Arial,
        Font::Calibri,
        Font::CourierNew,
        Font::Georgia,
        Font::Tahoma,
        Font::TimesNewRoman,
        Font::TrebuchetMs,
        Font::Verdana,
    ];

    /// The name in the database and the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Font::Arial => "arial",
            Font::Calibri => "calibri",
            Font::CourierNew => "courier_new",
            Font::Georgia => "georgia",
            Font::Tahoma => "tahoma",
            Font::TimesNewRoman => "times_new_roman",
            Font::TrebuchetMs => "trebuchet_ms",
            Font::Verdana => "verdana",
        }
    }

    /// The font of that name.
    pub fn from_name(name: &str) -> Option<Font> {
        Font::ALL.into_iter().find(|font| font.as_str() == name)
    }

    /// The value of `font-family` (CSS Fonts 3 §3.1): the font, and what stands in where a reader lacks it.
    pub fn family(self) -> &'static str {
        match self {
            Font::Arial => "Arial, Helvetica, sans-serif",
            Font::Calibri => "Calibri, Carlito, sans-serif",
            Font::CourierNew => "'Courier New', Courier, monospace",
            Font::Georgia => "Georgia, serif",
            Font::Tahoma => "Tahoma, Geneva, sans-serif",
            Font::TimesNewRoman => "'Times New Roman', Times, serif",
            Font::TrebuchetMs => "'Trebuchet MS', sans-serif",
            Font::Verdana => "Verdana, Geneva, sans-serif",
        }
    }
}

/// How mail that is written from this account looks (features M24).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Style {
    /// The font; `None`: whatever the reader prefers.
    pub font: Option<Font>,
    /// The size of its letters, in points.
    pub font_size: Option<i64>,
    /// What stands below each letter: HTML made safe.
    pub signature: Option<String>,
}

/// Everything a person saves about an account, apart from its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSettings {
    /// The name before the address (*weergavenaam*).
    pub display_name: String,
    /// The address.
    pub address: String,
    /// Whether it is used at all.
    pub active: bool,
    /// How mail comes in.
    pub incoming: Incoming,
    /// How mail goes out.
    pub outgoing: Outgoing,
    /// By whom both are opened, at a provider that wants no password.
    pub access: super::Access,
    /// The server tells us of new mail.
    pub push: bool,
    /// How often we look; `None`: only when asked.
    pub interval_seconds: Option<i64>,
    /// After so many errors in a row the interval goes to none (features M12).
    pub disable_after_errors: i64,
    /// Mail that the server received before this moment is left there, in milliseconds since 1970.
    pub sync_since: Option<i64>,
    /// An address that gets a copy of everything (features M23).
    pub bcc: Option<String>,
    /// Addresses and domains that are never linked to contacts (features D2).
    pub never_link: Vec<String>,
    /// An administrator allows a line without encryption.
    pub allow_plaintext: bool,
    /// The one certificate that is accepted, by its digest.
    pub pinned_certificate: Option<String>,
    /// What may leave in a time.
    pub limits: Limits,
    /// How mail written from it looks.
    pub style: Style,
}

impl AccountSettings {
    /// A mailbox of our own, such as the temporary one: it reaches what lies here and nothing else (features M15).
    pub fn is_own(&self) -> bool {
        let same = |relay: &str| mail::address::fold_address(relay) == mail::address::fold_address(&self.address);
        let is_here = matches!(&self.incoming, Incoming::Relay { relay_address: Some(relay) } if same(relay));
        is_here && self.outgoing == Outgoing::Builtin
    }

    /// Mail from it is delivered by our own hand, all over the world (features S8).
    pub fn is_delivered_here(&self) -> bool {
        self.outgoing == Outgoing::Builtin && !self.is_own()
    }

    /// What to call the mailbox: its name, or its address when it has none.
    pub fn called(&self) -> &str {
        if self.display_name.is_empty() { &self.address } else { &self.display_name }
    }
}

/// Whether mail of this folded address is not to be linked: it or its domain is on the list.
pub fn is_never_linked(never_link: &[String], folded: &str) -> bool {
    let domain = folded.rsplit_once('@').map_or("", |(_, domain)| domain);
    never_link.iter().map(|entry| entry.trim().trim_start_matches('@').to_lowercase()).any(|entry| {
        if entry.contains('@') {
            mail::address::fold_address(&entry) == folded
        } else {
            !entry.is_empty() && entry == domain
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_the_interface_is_read_as_it_is_written() {
        let text = r#"{"kind":"imap","host":"imap.voorbeeld.nl","port":993,"encryption":"tls",
            "username":"info@voorbeeld.nl","secret":"...","prefix":"INBOX"}"#;
        let incoming: Incoming = serde_json::from_str(text).expect("reads");
        let shown = serde_json::to_value(&incoming).expect("writes");
        assert_eq!(shown["kind"], "imap");
        assert_eq!(shown["port"], 993);
        assert_eq!(shown["prefix"], "INBOX");
        assert!(shown.get("secret").is_none());
        for kind in ["microsoft365", "gmail", "none"] {
            let text = format!(r#"{{"kind":"{kind}"}}"#);
            assert!(serde_json::from_str::<Incoming>(&text).is_ok(), "{kind}");
            assert!(serde_json::from_str::<Outgoing>(&text).is_ok(), "{kind}");
        }
    }

    #[test]
    fn the_address_of_exchange_names_a_server() {
        let server = |url: &str| Exchange { url: url.to_owned(), ..Exchange::default() }.server();
        let found = server("https://mail.voorbeeld.nl/EWS/Exchange.asmx");
        assert_eq!((found.host.as_str(), found.port, found.encryption), ("mail.voorbeeld.nl", 443, Encryption::Tls));
        let found = server("http://[::1]:8026/EWS/Exchange.asmx");
        assert_eq!((found.host.as_str(), found.port, found.encryption), ("::1", 8026, Encryption::None));
        assert_eq!(server("https://[::1]/x").port, 443);
    }

    #[test]
    fn a_domain_on_the_list_covers_its_addresses_and_no_others() {
        let list = ["voorbeeld.nl".to_owned(), "Baas@elders.nl".to_owned()];
        assert!(is_never_linked(&list, "info@voorbeeld.nl"));
        assert!(is_never_linked(&list, "baas@elders.nl"));
        assert!(!is_never_linked(&list, "info@nietvoorbeeld.nl"));
        assert!(!is_never_linked(&list, "ander@elders.nl"));
    }
}
