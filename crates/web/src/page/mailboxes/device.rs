//! The tab Other devices: the settings of this mailbox for a telephone, a laptop or another mail program (features M26).

use super::{After, Head, Tab, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    here::Here,
    page::{
        frame::{Frame, Place, Shown, shown},
        route::{Pages, Who},
        square::Square,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use mail::AccountKey;
use store::account::{Account, Encryption, Incoming, Outgoing, Server};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mailboxes/{id}/devices", Who::Everybody, show)
        .get("/mailboxes/{id}/devices/profile.mobileconfig", Who::Everybody, profile)
        .get("/mailboxes/{id}/devices/autoconfig.xml", Who::Everybody, autoconfig)
        .get("/mailboxes/{id}/devices/autodiscover.xml", Who::Everybody, autodiscover)
}

#[derive(Template)]
#[template(path = "mailboxes/devices.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    /// How it is set up elsewhere, where no server's name does it.
    told: Option<String>,
    servers: Vec<ServerRow>,
    /// Received by POP3, which is not made for several devices.
    pop3: bool,
    /// The files need both halves.
    complete: bool,
    /// The drawing of a square code with this page's address: its size and its dark fields.
    code: Option<Square>,
    /// The address in it.
    here: String,
}

struct ServerRow {
    title: &'static str,
    host: String,
    port: u16,
    encryption: &'static str,
    username: String,
}

/// What every file is made of.
struct Settings {
    name: String,
    address: String,
    domain: String,
    /// Received by POP3 instead of IMAP.
    pop3: bool,
    incoming: Server,
    outgoing: Server,
    /// Always the same for the same mailbox, so that a device sees a newer profile as the same.
    ids: [String; 2],
}

/// One server, as the files name its encryption.
struct Half {
    /// Mozilla's `socketType`.
    mozilla: &'static str,
    /// Outlook's `Encryption`, which has more to say than its `SSL`.
    outlook: &'static str,
}

#[derive(Template)]
#[template(path = "mailboxes/profile.xml", escape = "html")]
struct Profile {
    of: Settings,
    description: &'static str,
}

#[derive(Template)]
#[template(path = "mailboxes/autoconfig.xml", escape = "html")]
struct Autoconfig {
    of: Settings,
}

#[derive(Template)]
#[template(path = "mailboxes/autodiscover.xml", escape = "html")]
struct Autodiscover {
    of: Settings,
}

impl Settings {
    fn of(account: Account) -> Option<Settings> {
        let settings = account.settings;
        let name = settings.called().to_owned();
        let pop3 = matches!(settings.incoming, Incoming::Pop3(_));
        let (Incoming::Imap(incoming) | Incoming::Pop3(incoming), Outgoing::Smtp(outgoing)) =
            (settings.incoming, settings.outgoing)
        else {
            return None;
        };
        let domain = settings.address.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
        let ids = ["profile", "mail"].map(|part| uuid(&format!("{part} {}", account.id)));
        Some(Settings { name, address: settings.address, domain, pop3, incoming, outgoing, ids })
    }

    /// The servers with what they are to the programs that read the files.
    fn half(&self, name: &str) -> Half {
        let server = if name == "incoming" { &self.incoming } else { &self.outgoing };
        let (mozilla, outlook) = match server.encryption {
            Encryption::Tls => ("SSL", "SSL"),
            Encryption::Starttls => ("STARTTLS", "TLS"),
            Encryption::None => ("plain", "None"),
        };
        Half { mozilla, outlook }
    }
}

/// A UUID out of a name (RFC 9562 §5.8, version 8).
fn uuid(name: &str) -> String {
    let mut bytes: [u8; 16] = blake3::hash(name.as_bytes()).as_bytes()[..16].try_into().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Here(here): Here,
    Named(key): Named<AccountKey>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let say = Say(visitor.language);
    let head = Head::new(&account, Tab::Devices, &After::default(), &visitor);
    let row = |title, server: &Server| ServerRow {
        title,
        host: server.host.clone(),
        port: server.port,
        encryption: encryption(server, say),
        username: server.username.clone(),
    };
    let mut servers = Vec::new();
    let (address, mut told) = (&account.settings.address, None);
    match &account.settings.incoming {
        Incoming::Imap(server) => servers.push(row(say.device_incoming(), server)),
        Incoming::Pop3(server) => servers.push(row(say.device_pop3(), server)),
        Incoming::Microsoft365 => told = Some(say.device_microsoft(address)),
        Incoming::Gmail => told = Some(say.device_google(address)),
        Incoming::Ews(exchange) => told = Some(say.device_exchange(address, &exchange.server().host)),
        Incoming::Mailgun(_) | Incoming::Relay { .. } | Incoming::None => told = Some(say.device_none().to_owned()),
    }
    if let Outgoing::Smtp(server) = &account.settings.outgoing {
        servers.push(row(say.device_outgoing(), server));
    }
    let pop3 = matches!(account.settings.incoming, Incoming::Pop3(_));
    let here = format!("{}/mailboxes/{key}/devices", here.unwrap_or_default());
    let complete = servers.len() == 2;
    let code = Square::of(&here).filter(|_| complete);
    shown(&Page { frame: Frame::new(&visitor, Place::Mailboxes), say, head, told, servers, pop3, complete, code, here })
}

fn encryption(server: &Server, say: Say) -> &'static str {
    match server.encryption {
        Encryption::Tls => "SSL/TLS",
        Encryption::Starttls => "STARTTLS",
        Encryption::None => say.no_encryption(),
    }
}

async fn settings(state: &AppState, person: &Person, key: AccountKey) -> Result<Settings, Problem> {
    Settings::of(managed(state, person, key).await?).ok_or_else(Problem::not_found)
}

async fn profile(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
) -> Shown {
    let of = settings(&state, &person, key).await?;
    let name = format!("{}.mobileconfig", of.domain);
    let text = Profile { of, description: Say(visitor.language).profile_description() };
    file(&text, "application/x-apple-aspen-config", &name)
}

async fn autoconfig(State(state): State<AppState>, person: Person, Named(key): Named<AccountKey>) -> Shown {
    let of = settings(&state, &person, key).await?;
    file(&Autoconfig { of }, "application/xml", "config-v1.1.xml")
}

async fn autodiscover(State(state): State<AppState>, person: Person, Named(key): Named<AccountKey>) -> Shown {
    let of = settings(&state, &person, key).await?;
    file(&Autodiscover { of }, "application/xml", "autodiscover.xml")
}

/// A file to keep.
fn file(text: &impl Template, kind: &'static str, name: &str) -> Shown {
    let text = text.render().map_err(|error| Problem::internal(&error))?;
    let mut response: Response = text.into_response();
    let headers = response.headers_mut();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|error| Problem::internal(&error))?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::discover::{Kind, read_autoconfig};

    fn settings() -> Settings {
        let server = |host: &str, port, encryption| Server {
            host: host.to_owned(),
            port,
            encryption,
            username: "info@voorbeeld.nl".to_owned(),
            authentication: Default::default(),
            prefix: None,
            after_fetch: None,
        };
        Settings {
            name: "Dorpshuis <Balie> & co".to_owned(),
            address: "info@voorbeeld.nl".to_owned(),
            domain: "voorbeeld.nl".to_owned(),
            pop3: false,
            incoming: server("imap.voorbeeld.nl", 993, Encryption::Tls),
            outgoing: server("smtp.voorbeeld.nl", 587, Encryption::Starttls),
            ids: [uuid("a"), uuid("b")],
        }
    }

    #[test]
    fn another_program_reads_from_our_file_what_we_use_ourselves() {
        let file = Autoconfig { of: settings() }.render().unwrap();
        let found = read_autoconfig(file.as_bytes(), "info@voorbeeld.nl");
        let incoming = found[0].incoming.as_ref().expect("a receiving server");
        let outgoing = found[0].outgoing.as_ref().expect("a sending server");
        assert_eq!((incoming.kind, incoming.host.as_str(), incoming.port), (Kind::Imap, "imap.voorbeeld.nl", 993));
        assert_eq!((outgoing.kind, outgoing.host.as_str(), outgoing.port), (Kind::Smtp, "smtp.voorbeeld.nl", 587));
        assert_eq!(outgoing.username, "info@voorbeeld.nl");
        assert!(file.contains("STARTTLS") && !file.contains("<Balie>"), "{file}");
    }

    #[test]
    fn a_pop3_mailbox_is_one_in_every_file() {
        let of = || Settings { pop3: true, ..settings() };
        let file = Autoconfig { of: of() }.render().unwrap();
        let found = read_autoconfig(file.as_bytes(), "info@voorbeeld.nl");
        assert_eq!(found[0].incoming.as_ref().map(|incoming| incoming.kind), Some(Kind::Pop3));
        assert!(Profile { of: of(), description: "Mail" }.render().unwrap().contains("EmailTypePOP<"));
        assert!(Autodiscover { of: of() }.render().unwrap().contains("<Type>POP3</Type>"));
    }

    #[test]
    fn a_profile_names_the_servers_and_holds_no_password() {
        let file = Profile { of: settings(), description: "Mail" }.render().unwrap();
        for part in ["imap.voorbeeld.nl", "<integer>993</integer>", "smtp.voorbeeld.nl", "<integer>587</integer>"] {
            assert!(file.contains(part), "{part} in {file}");
        }
        assert!(!file.contains("<key>IncomingPassword</key>") && !file.contains("<Balie>"), "{file}");
        let file = Autodiscover { of: settings() }.render().unwrap();
        assert!(file.contains("<Server>smtp.voorbeeld.nl</Server>") && file.contains("<Encryption>TLS</Encryption>"));
    }

    #[test]
    fn a_mailbox_has_one_identity_for_ever() {
        assert_eq!(uuid("mail acc_1"), uuid("mail acc_1"));
        assert_ne!(uuid("mail acc_1"), uuid("mail acc_2"));
        let id = uuid("x");
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
    }
}
