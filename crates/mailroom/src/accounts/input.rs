//! What a person or a program says of an account: everything may be left out, so that one shape serves making and
//! changing alike.

use crate::doer::given;
use connect::Secret;
use serde::{Deserialize, Deserializer};
use store::account::Limits;

/// An account as the API takes it. `None`: not said; for a field that may be emptied, `Some(None)` empties it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountInput {
    /// The name before the address.
    pub display_name: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// Whether it is used at all.
    pub active: Option<bool>,
    /// Whether it sends the organisation's own mail.
    pub primary: Option<bool>,
    /// How mail comes in.
    pub incoming: Option<ServerInput>,
    /// How mail goes out.
    pub outgoing: Option<ServerInput>,
    /// Whether the server may tell us of new mail.
    pub push: Option<bool>,
    /// How often we look; null for only when asked.
    #[serde(deserialize_with = "said")]
    pub interval_seconds: Option<Option<i64>>,
    /// After how many errors in a row it stops.
    pub disable_after_errors: Option<i64>,
    /// From which moment mail is fetched.
    #[serde(deserialize_with = "said")]
    pub sync_since: Option<Option<jiff::Timestamp>>,
    /// Who gets a copy of everything.
    #[serde(deserialize_with = "said")]
    pub bcc: Option<Option<String>>,
    /// Addresses and domains that are never linked.
    pub never_link: Option<Vec<String>>,
    /// Leave to work without encryption.
    pub allow_plaintext: Option<bool>,
    /// By whom it is opened at a provider: `own`, `app` or `shared`.
    pub access: Option<String>,
    /// The one certificate that is accepted.
    #[serde(deserialize_with = "said")]
    pub pinned_certificate: Option<Option<String>>,
    /// What may leave in a time.
    pub limits: Option<Limits>,
    /// The font of what is written from it, by its name.
    #[serde(deserialize_with = "said")]
    pub font: Option<Option<String>>,
    /// The size of its letters, in points.
    #[serde(deserialize_with = "said")]
    pub font_size: Option<Option<i64>>,
    /// What stands below each letter, in HTML.
    #[serde(deserialize_with = "said")]
    pub signature_html: Option<Option<String>>,
    /// Who owns it.
    pub owners: Option<Vec<OwnerInput>>,
}

/// One direction of an account as the API takes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ServerInput {
    /// `imap`, `smtp`, `none`, ...
    pub kind: Option<String>,
    /// Name or address of the server.
    pub host: Option<String>,
    /// TCP port.
    pub port: Option<i64>,
    /// `tls`, `starttls` or `none`.
    pub encryption: Option<String>,
    /// The user name; an empty one for a server that wants none.
    pub username: Option<String>,
    /// The secret, byte for byte. Left out of a change it stays what it was; left out of the outgoing half of a new
    /// account it is the incoming one.
    #[serde(deserialize_with = "secret")]
    pub secret: Option<Secret>,
    /// The folder under which the others lie.
    #[serde(deserialize_with = "said")]
    pub prefix: Option<Option<String>>,
    /// POP3: what happens on the server.
    pub after_fetch: Option<AfterFetchInput>,
    /// EWS: its address.
    pub url: Option<String>,
    /// EWS: how we sign in.
    pub authentication: Option<String>,
    /// Mailgun: which domain.
    pub domain: Option<String>,
}

/// What happens on a POP3 server after a message was stored, as the API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct AfterFetchInput {
    /// `leave`, `delete` or `delete_after`.
    pub kind: String,
    /// After how many days it is deleted, for `delete_after` alone.
    pub days: Option<u32>,
}

/// One owner of an account as the API takes it: a user or a group, with rights.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OwnerInput {
    /// A user.
    pub user: Option<String>,
    /// Or a group.
    pub group: Option<String>,
    /// `read`, `send`, `manage`.
    pub rights: Vec<String>,
}

/// The names of the fields that the input gives, for the audit log.
pub(super) fn named(input: &AccountInput) -> String {
    let has_secret = |server: &Option<ServerInput>| server.as_ref().is_some_and(|server| server.secret.is_some());
    given(&[
        ("display_name", input.display_name.is_some()),
        ("address", input.address.is_some()),
        ("active", input.active.is_some()),
        ("primary", input.primary.is_some()),
        ("incoming", input.incoming.is_some()),
        ("outgoing", input.outgoing.is_some()),
        ("secret", has_secret(&input.incoming) || has_secret(&input.outgoing)),
        ("access", input.access.is_some()),
        ("push", input.push.is_some()),
        ("interval_seconds", input.interval_seconds.is_some()),
        ("disable_after_errors", input.disable_after_errors.is_some()),
        ("sync_since", input.sync_since.is_some()),
        ("bcc", input.bcc.is_some()),
        ("never_link", input.never_link.is_some()),
        ("allow_plaintext", input.allow_plaintext.is_some()),
        ("pinned_certificate", input.pinned_certificate.is_some()),
        ("limits", input.limits.is_some()),
        ("font", input.font.is_some() || input.font_size.is_some()),
        ("signature_html", input.signature_html.is_some()),
        ("owners", input.owners.is_some()),
    ])
}

/// Tells null from absent.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_empties_a_field_and_absence_leaves_it() {
        let input: AccountInput = serde_json::from_str(r#"{"bcc":null,"interval_seconds":60}"#).unwrap();
        assert_eq!(input.bcc, Some(None));
        assert_eq!(input.interval_seconds, Some(Some(60)));
        assert_eq!(input.pinned_certificate, None);
    }

    #[test]
    fn a_secret_that_is_printed_shows_stars() {
        let input: AccountInput = serde_json::from_str(r#"{"incoming":{"secret":"kanarie"}}"#).unwrap();
        assert!(!format!("{input:?}").contains("kanarie"));
        assert_eq!(input.incoming.unwrap().secret.unwrap().reveal(), b"kanarie");
    }
}
