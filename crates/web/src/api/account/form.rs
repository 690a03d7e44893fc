//! What a program says of an account. Everything may be left out, so that one form serves making and changing: what is
//! missing for a new account is told field by field.

use super::font::FontName;
use super::shown::{
    AfterFetchForm, AfterFetchKind, AuthenticationName, EncryptionName, LimitsShown, OwnerShown, RightName,
};
use crate::{api::instant::Instant, given::or_null};
use connect::Secret;
use mailroom::accounts::{AccountInput, AfterFetchInput, OwnerInput, ServerInput};
use serde::{Deserialize, Deserializer};
use store::account::{Font, Limits};
use utoipa::ToSchema;

/// A connected e-mail account as it is made or changed; in a change, what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountForm, example = json!({
    "display_name": "Info Voorbeeld", "address": "info@voorbeeld.nl",
    "incoming": {"kind": "imap", "host": "imap.voorbeeld.nl", "port": 993, "encryption": "tls",
                 "username": "info@voorbeeld.nl", "secret": "...", "prefix": "INBOX"},
    "outgoing": {"kind": "smtp", "host": "smtp.voorbeeld.nl", "port": 465, "encryption": "tls",
                 "username": "info@voorbeeld.nl", "secret": "..."}
}))]
pub(crate) struct AccountForm {
    /// The name before the address; the address when left out.
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// The address; needed for a new account.
    #[schema(max_length = 320)]
    address: Option<String>,
    /// Whether it is used at all.
    active: Option<bool>,
    /// Whether it sends the organisation's own mail.
    primary: Option<bool>,
    incoming: Option<DirectionForm>,
    outgoing: Option<DirectionForm>,
    /// Whether the server may tell us of new mail.
    push: Option<bool>,
    /// How often we look; null: only when asked.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<i64>, minimum = 30, maximum = 604800)]
    interval_seconds: Option<Option<i64>>,
    /// After how many errors in a row the interval goes to none.
    #[schema(minimum = 1, maximum = 1000)]
    disable_after_errors: Option<i64>,
    /// From which moment mail is fetched; null: all of it.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<Instant>)]
    sync_since: Option<Option<Instant>>,
    /// Who gets a copy of everything that is sent.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 320)]
    bcc: Option<Option<String>>,
    /// Addresses and domains that are never linked to contacts.
    #[schema(max_items = 1000)]
    never_link: Option<Vec<String>>,
    /// Leave to work without encryption; an administrator gives it.
    allow_plaintext: Option<bool>,
    /// By whom it is opened at Microsoft 365 or Google: own (its owner authorises it), app (the organisation's app does it by
    /// itself, which is tried first) or shared (somebody it is shared with authorises it). Left out: app where the app acts
    /// alone, else own. An Exchange server in the house only knows own.
    #[schema(pattern = "^(own|app|shared)$")]
    access: Option<String>,
    /// The one certificate that is accepted instead of a chain: SHA-256 of its public key, hexadecimal.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pinned_certificate: Option<Option<String>>,
    limits: Option<LimitsShown>,
    /// The font of mail that is written on the page from this account; null: the reader's own.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<FontName>)]
    font: Option<Option<FontName>>,
    /// The size of its letters, in points.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<i64>, minimum = 8, maximum = 24)]
    font_size: Option<Option<i64>>,
    /// The signature below mail that is written on the page; it is made safe. Mail of `POST /outbox` is left as it is.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 100000)]
    signature_html: Option<Option<String>>,
    /// Who may do what with it; the maker owns a new account when nobody is named.
    #[schema(max_items = 1000)]
    owners: Option<Vec<OwnerShown>>,
}

/// One direction of an account. Which fields count depends on `kind`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DirectionForm)]
pub(crate) struct DirectionForm {
    /// Incoming: imap, pop3, microsoft365, gmail, ews, mailgun, relay or none. Outgoing: smtp, microsoft365, gmail, ews,
    /// mailgun, builtin or none.
    #[schema(max_length = 20, example = "imap")]
    kind: Option<String>,
    /// Name or address of the server.
    #[schema(max_length = 255)]
    host: Option<String>,
    #[schema(minimum = 1, maximum = 65535)]
    port: Option<i64>,
    encryption: Option<EncryptionName>,
    /// The user name; an empty one for a server that wants none.
    #[schema(max_length = 320)]
    username: Option<String>,
    /// The password, byte for byte; never shown again. Left out of a change it stays, for the host that it was given for: it is
    /// asked for again with another host, and after a change with which this half signed in nowhere.
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = Option<String>, format = Password, write_only, max_length = 4096)]
    secret: Option<Secret>,
    /// IMAP: the folder under which the others lie.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<String>, max_length = 255)]
    prefix: Option<Option<String>>,
    /// POP3: what happens on the server after a message was stored.
    after_fetch: Option<AfterFetchForm>,
    /// EWS: the address of `exchange.asmx`, or the server's name alone; outgoing: that of incoming when left out.
    #[schema(max_length = 2000)]
    url: Option<String>,
    /// EWS: how we sign in; ntlm when left out. With oauth the mailbox is opened by a grant that its owner gives at Microsoft
    /// for this very server (hybrid modern authentication): no secret and no user name, but `url`, then
    /// `POST /accounts/{id}/authorise`.
    authentication: Option<AuthenticationName>,
    /// Mailgun: the domain.
    #[schema(max_length = 255)]
    domain: Option<String>,
}

impl std::fmt::Debug for DirectionForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectionForm").field("kind", &self.kind).field("host", &self.host).finish_non_exhaustive()
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

impl From<AccountForm> for AccountInput {
    fn from(form: AccountForm) -> AccountInput {
        AccountInput {
            display_name: form.display_name,
            address: form.address,
            active: form.active,
            primary: form.primary,
            incoming: form.incoming.map(ServerInput::from),
            outgoing: form.outgoing.map(ServerInput::from),
            push: form.push,
            interval_seconds: form.interval_seconds,
            disable_after_errors: form.disable_after_errors,
            sync_since: form.sync_since.map(|since| since.and_then(Instant::timestamp)),
            bcc: form.bcc,
            never_link: form.never_link,
            allow_plaintext: form.allow_plaintext,
            access: form.access,
            pinned_certificate: form.pinned_certificate,
            limits: form.limits.map(Limits::from),
            font: form.font.map(|font| font.map(|name| Font::from(name).as_str().to_owned())),
            font_size: form.font_size,
            signature_html: form.signature_html,
            owners: form.owners.map(|owners| owners.into_iter().map(OwnerInput::from).collect()),
        }
    }
}

impl From<DirectionForm> for ServerInput {
    fn from(form: DirectionForm) -> ServerInput {
        ServerInput {
            kind: form.kind,
            host: form.host,
            port: form.port,
            encryption: form.encryption.map(|encryption| encryption.name().to_owned()),
            username: form.username,
            secret: form.secret,
            prefix: form.prefix,
            after_fetch: form.after_fetch.map(AfterFetchInput::from),
            url: form.url,
            authentication: form.authentication.map(|authentication| authentication.name().to_owned()),
            domain: form.domain,
        }
    }
}

impl From<OwnerShown> for OwnerInput {
    fn from(owner: OwnerShown) -> OwnerInput {
        let name = |right: &RightName| match right {
            RightName::Read => "read".to_owned(),
            RightName::Send => "send".to_owned(),
            RightName::Manage => "manage".to_owned(),
        };
        OwnerInput {
            user: owner.user.map(|user| user.to_string()),
            group: owner.group.map(|group| group.to_string()),
            rights: owner.rights.iter().map(name).collect(),
        }
    }
}

impl From<AfterFetchForm> for AfterFetchInput {
    fn from(form: AfterFetchForm) -> AfterFetchInput {
        let kind = match form.kind {
            AfterFetchKind::Leave => "leave",
            AfterFetchKind::Delete => "delete",
            AfterFetchKind::DeleteAfter => "delete_after",
        };
        AfterFetchInput { kind: kind.to_owned(), days: form.days }
    }
}
