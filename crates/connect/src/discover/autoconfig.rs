//! The XML in which providers publish their settings for mail programs (Mozilla's clientConfig 1.1).
//!
//! Written by strangers: entities are not expanded, document types refused, and everything is counted.

use super::{Address, Candidate, Endpoint, Kind, Origin};
use crate::{Encryption, settings::tidy_host};
use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};

/// More than any honest file has.
const EVENTS_MAX: usize = 5_000;
const TEXT_BYTES_MAX: usize = 1_000;
const SERVERS_MAX: usize = 20;

#[derive(Debug, Default)]
struct Found {
    display_name: String,
    servers: Vec<Server>,
}

#[derive(Debug, Default)]
struct Server {
    kind: String,
    incoming: bool,
    host: String,
    port: String,
    socket: String,
    username: String,
}

/// The settings in the file, IMAP before POP3; nothing when it is not such a file or offers no encryption.
pub fn read(xml: &[u8], address: &Address, source: Origin) -> Vec<Candidate> {
    let Some(found) = parse(xml) else { return Vec::new() };
    let endpoint = |kind: Kind, incoming: bool, name: &str| {
        let wanted = |server: &&Server| server.incoming == incoming && server.kind == name;
        found.servers.iter().filter(wanted).find_map(|server| server.endpoint(kind, address))
    };
    let outgoing = endpoint(Kind::Smtp, false, "smtp");
    let provider = Some(found.display_name.trim().to_owned()).filter(|name| !name.is_empty());
    let incoming = [endpoint(Kind::Imap, true, "imap"), endpoint(Kind::Pop3, true, "pop3")];
    let candidate = |incoming: Option<Endpoint>| Candidate {
        source,
        provider: provider.clone(),
        incoming,
        outgoing: outgoing.clone(),
        messages_at_once: None,
        note: None,
    };
    let mut candidates: Vec<Candidate> = incoming.into_iter().flatten().map(|found| candidate(Some(found))).collect();
    if candidates.is_empty() && outgoing.is_some() {
        candidates.push(candidate(None));
    }
    candidates
}

impl Server {
    /// `None` when it is incomplete or unprotected: plain text is never proposed.
    fn endpoint(&self, kind: Kind, address: &Address) -> Option<Endpoint> {
        let encryption = match self.socket.trim().to_ascii_uppercase().as_str() {
            "SSL" | "TLS" => Encryption::Tls,
            "STARTTLS" => Encryption::Starttls,
            _ => return None,
        };
        let fill = |text: &str| {
            text.replace("%EMAILADDRESS%", &address.full)
                .replace("%EMAILLOCALPART%", &address.local)
                .replace("%EMAILDOMAIN%", &address.domain)
        };
        let host = tidy_host(&fill(&self.host));
        let plausible = host.contains('.') && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '%');
        let port = self.port.trim().parse().ok().filter(|port| *port > 0)?;
        let username = match self.username.trim() {
            "" => address.full.clone(),
            pattern => fill(pattern),
        };
        plausible.then(|| Endpoint::new(kind, &host, port, encryption, &username))
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        match name {
            "hostname" => Some(&mut self.host),
            "port" => Some(&mut self.port),
            "socketType" => Some(&mut self.socket),
            "username" => Some(&mut self.username),
            _ => None,
        }
    }
}

fn parse(xml: &[u8]) -> Option<Found> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).ok()?);
    let mut found = Found::default();
    let mut path: Vec<String> = Vec::new();
    for _ in 0..EVENTS_MAX {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                if path.len() > 16 {
                    return None;
                }
                if is_server(&path) && found.servers.len() < SERVERS_MAX {
                    found.servers.push(begin(&start));
                }
            }
            Event::End(_) => {
                path.pop()?;
            }
            Event::Text(text) => keep(&mut found, &path, &text),
            Event::CData(text) => keep(&mut found, &path, &text),
            // Only the five that XML itself knows, and characters by number.
            Event::GeneralRef(name) => {
                keep(&mut found, &path, &unescape(&format!("&{};", &*name)).ok()?);
            }
            Event::DocType(_) => return None,
            Event::Eof => return Some(found),
            _ => {}
        }
    }
    None
}

fn is_server(path: &[String]) -> bool {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(names[..], ["clientConfig", "emailProvider", "incomingServer" | "outgoingServer"])
}

fn begin(start: &BytesStart<'_>) -> Server {
    let kind = start.try_get_attribute("type").ok().flatten();
    let kind = kind.map(|kind| kind.value.to_ascii_lowercase()).unwrap_or_default();
    Server { kind, incoming: start.local_name().as_ref() == "incomingServer", ..Server::default() }
}

fn keep(found: &mut Found, path: &[String], text: &str) {
    let field = match path {
        [root, provider, name] if root == "clientConfig" && provider == "emailProvider" && name == "displayName" => {
            Some(&mut found.display_name)
        }
        [.., field] if path.len() == 4 && path.get(..3).is_some_and(is_server) => {
            found.servers.last_mut().and_then(|server| server.field(field))
        }
        _ => None,
    };
    let Some(field) = field else { return };
    // An entity cuts a text in pieces: blanks are taken off when all of it is there.
    if field.len() + text.len() <= TEXT_BYTES_MAX {
        field.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = r#"<?xml version="1.0"?>
        <clientConfig version="1.1"><emailProvider id="shop.test"><domain>shop.test</domain>
          <displayName>Shop &amp; Co</displayName>
          <incomingServer type="pop3"><hostname>pop.shop.test</hostname><port>995</port><socketType>SSL</socketType>
            <username>%EMAILLOCALPART%</username></incomingServer>
          <incomingServer type="imap"><hostname>old.shop.test</hostname><port>143</port><socketType>plain</socketType>
            <username>%EMAILADDRESS%</username></incomingServer>
          <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port>
            <socketType>SSL</socketType><username>%EMAILADDRESS%</username></incomingServer>
          <outgoingServer type="smtp"><hostname>smtp.shop.test</hostname><port>587</port>
            <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>
        </emailProvider></clientConfig>"#;

    fn address() -> Address {
        Address::read("info@shop.test").unwrap()
    }

    #[test]
    fn imap_comes_before_pop3_and_plain_text_not_at_all() {
        let found = read(FILE.as_bytes(), &address(), Origin::Autoconfig);

        assert_eq!(found.len(), 2);
        let incoming = found[0].incoming.as_ref().unwrap();
        assert_eq!((incoming.host.as_str(), incoming.port, incoming.kind), ("imap.shop.test", 993, Kind::Imap));
        assert_eq!(incoming.username, "info@shop.test");
        assert_eq!(found[0].provider.as_deref(), Some("Shop & Co"));
        assert_eq!(found[1].incoming.as_ref().unwrap().username, "info");
        assert_eq!(found[0].outgoing.as_ref().unwrap().encryption, Encryption::Starttls);
    }

    #[test]
    fn entities_of_its_own_make_the_file_worthless() {
        let bomb = FILE.replacen("<clientConfig", "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><clientConfig", 1);
        assert_eq!(read(bomb.as_bytes(), &address(), Origin::Ispdb), []);
        let unknown = FILE.replace("&amp;", "&lol9;");
        assert_eq!(read(unknown.as_bytes(), &address(), Origin::Ispdb), []);
    }

    #[test]
    fn depth_and_length_have_an_end() {
        assert_eq!(read("<a>".repeat(100).as_bytes(), &address(), Origin::Ispdb), []);
        assert_eq!(read("<a></a>".repeat(10_000).as_bytes(), &address(), Origin::Ispdb), []);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(cut in 0..FILE.len(), bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let mut file = FILE.as_bytes()[..cut].to_vec();
            file.extend(bytes);
            file.extend(&FILE.as_bytes()[cut..]);
            read(&file, &address(), Origin::Autoconfig);
        }
    }
}
