//! Providers whose settings we know, from `providers.toml`.

use super::{Address, Candidate, Endpoint, Kind, Note, Origin};
use crate::{Encryption, dns::Mx};
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Provider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    name: String,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    mx: Vec<String>,
    incoming: Option<Place>,
    outgoing: Option<Place>,
    messages_at_once: Option<u32>,
    note: Option<Note>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    kind: Kind,
    #[serde(default)]
    host: String,
    #[serde(default)]
    port: u16,
    encryption: Option<Protected>,
}

/// There is no third: a preset that proposes plain text can't be written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protected {
    Tls,
    Starttls,
}

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    // A test reads the file, so that this can't fail in the field.
    toml::from_str::<File>(include_str!("../../providers.toml")).map(|file| file.provider).unwrap_or_default()
});

/// What is known for the domain of the address.
pub fn by_domain(address: &Address) -> Vec<Candidate> {
    let known = |provider: &&Provider| provider.domains.contains(&address.domain);
    PROVIDERS.iter().filter(known).map(|provider| candidate(provider, address, Origin::Preset)).collect()
}

/// What is known for whoever takes the domain's mail.
pub fn by_mx(address: &Address, exchangers: &[Mx]) -> Vec<Candidate> {
    let known = |provider: &&Provider| provider.mx.iter().any(|suffix| has_suffix(exchangers, suffix));
    PROVIDERS.iter().filter(known).map(|provider| candidate(provider, address, Origin::Mx)).collect()
}

/// Whether Microsoft takes the domain's mail.
pub fn is_microsoft(exchangers: &[Mx]) -> bool {
    ["protection.outlook.com", "mx.microsoft"].iter().any(|suffix| has_suffix(exchangers, suffix))
}

fn has_suffix(exchangers: &[Mx], suffix: &str) -> bool {
    exchangers
        .iter()
        .any(|mx| mx.exchange.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn candidate(provider: &Provider, address: &Address, source: Origin) -> Candidate {
    Candidate {
        source,
        provider: Some(provider.name.clone()),
        incoming: provider.incoming.as_ref().map(|place| endpoint(place, address)),
        outgoing: provider.outgoing.as_ref().map(|place| endpoint(place, address)),
        messages_at_once: provider.messages_at_once,
        note: provider.note.clone(),
    }
}

fn endpoint(place: &Place, address: &Address) -> Endpoint {
    let encryption = match place.encryption {
        Some(Protected::Starttls) => Encryption::Starttls,
        Some(Protected::Tls) | None => Encryption::Tls,
    };
    let host = place.host.replace("{domain}", &address.domain);
    Endpoint::new(place.kind, &host, place.port, encryption, &address.full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mx(exchange: &str) -> Vec<Mx> {
        vec![Mx { preference: 10, exchange: exchange.to_owned() }]
    }

    #[test]
    fn the_file_is_read_whole_and_every_mail_server_is_named() {
        let file: File = toml::from_str(include_str!("../../providers.toml")).unwrap();
        for provider in &file.provider {
            assert!(!provider.domains.is_empty() || !provider.mx.is_empty(), "{} is never found", provider.name);
            for place in provider.incoming.iter().chain(&provider.outgoing) {
                let spoken = matches!(place.kind, Kind::Imap | Kind::Pop3 | Kind::Smtp);
                assert_eq!(spoken, place.port > 0 && !place.host.is_empty(), "{}", provider.name);
                assert_eq!(spoken, place.encryption.is_some(), "{}", provider.name);
            }
        }
    }

    #[test]
    fn a_provider_is_called_by_a_name_and_explained_in_both_languages() {
        let file: File = toml::from_str(include_str!("../../providers.toml")).unwrap();
        for provider in &file.provider {
            let words = ["wachtwoord", "password", " / "];
            assert!(!words.iter().any(|word| provider.name.contains(word)), "{} is a sentence", provider.name);
            let note = provider.note.iter();
            assert!(note.clone().all(|it| it.nl != it.en && !it.nl.is_empty() && !it.en.is_empty()), "{note:?}");
        }
    }

    #[test]
    fn a_suffix_matches_whole_labels_only() {
        let address = Address::read("info@shop.test").unwrap();
        let names = |exchange| by_mx(&address, &mx(exchange)).into_iter().filter_map(|found| found.provider).collect();

        let found: Vec<String> = names("smtpin.rzone.de");
        assert_eq!(found, ["Strato"]);
        assert_eq!(names("evil-rzone.de"), Vec::<String>::new());
    }

    #[test]
    fn the_domain_of_the_address_is_filled_in() {
        let address = Address::read("info@shop.test").unwrap();
        let found = by_mx(&address, &mx("mx1.neostrada.nl"));

        assert_eq!(found[0].outgoing.as_ref().unwrap().host, "mail.shop.test");
        assert_eq!(found[0].outgoing.as_ref().unwrap().username, "info@shop.test");
    }
}
