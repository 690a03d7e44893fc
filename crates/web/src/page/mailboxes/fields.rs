//! The fields of a form as they came, several of one name included.

use super::words::Say;
use crate::{
    AppState,
    page::frame::Errors,
    problem::{Kind, Problem},
};
use axum::{
    Form,
    extract::{FromRequest, Request},
};
use connect::Secret;
use mailroom::accounts::{AccountInput, AfterFetchInput, ServerInput};
use store::account::{Account, AfterFetch, Authentication, Domain, Encryption, Exchange, Incoming, Outgoing, Server};

/// The fields of a form as they came.
pub(super) struct Fields(Vec<(String, String)>);

impl FromRequest<AppState> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Fields, Problem> {
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, state).await.map_err(|_| {
            Problem::new(Kind::BadRequest, "Dit formulier is niet te lezen.", "This form can't be read.")
        })?;
        Ok(Fields(pairs))
    }
}

impl Fields {
    /// The field as it was typed; empty when it did not come.
    pub(super) fn of(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Every field of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The fields whose names begin so, with the rest of their names.
    pub(super) fn after<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }

    /// A number; nothing when nothing was typed, `Err` when it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ()> {
        match self.of(name).trim() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| ()),
        }
    }
}

/// What is proposed to somebody who wants mail to leave the server after a while.
const DAYS: &str = "14";

/// One half of a mailbox's settings, as the form shows it.
#[derive(Debug, Clone)]
pub(super) struct HalfForm {
    /// `incoming` or `outgoing`.
    pub(super) name: &'static str,
    /// `imap`, `pop3`, `smtp`, `ews`, `mailgun` or `none`.
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) port: String,
    /// `tls`, `starttls` or `none`.
    pub(super) encryption: String,
    pub(super) username: String,
    pub(super) prefix: String,
    /// POP3: `leave`, `delete` or `delete_after`.
    pub(super) after: String,
    /// POP3: after how many days.
    pub(super) days: String,
    /// Mailgun: which domain.
    pub(super) domain: String,
    /// Mailgun: the domains that can be chosen.
    pub(super) domains: Vec<String>,
    /// Exchange: the address of its service.
    pub(super) url: String,
    /// Exchange: `ntlm`, `basic` or `oauth`.
    pub(super) authentication: String,
    /// The provider at which the mailbox lies, which this half can always go by again.
    provider: Option<&'static str>,
    /// A secret is kept for it.
    keeps_secret: bool,
}

/// What opens a half without a server or a secret of its own.
const WITHOUT_SECRET: [&str; 6] = ["none", "microsoft365", "gmail", "relay", "builtin", "mailgun"];

impl HalfForm {
    pub(super) fn empty(name: &'static str, kind: &str, username: &str) -> HalfForm {
        HalfForm {
            name,
            kind: kind.to_owned(),
            host: String::new(),
            port: String::new(),
            encryption: "tls".to_owned(),
            username: username.to_owned(),
            prefix: String::new(),
            after: "leave".to_owned(),
            days: DAYS.to_owned(),
            domain: String::new(),
            domains: Vec::new(),
            url: String::new(),
            authentication: "ntlm".to_owned(),
            provider: None,
            keeps_secret: false,
        }
    }

    pub(super) fn is_incoming(&self) -> bool {
        self.name == "incoming"
    }

    pub(super) fn is(&self, encryption: &str) -> bool {
        self.encryption == encryption
    }

    /// The encryption as people read it.
    pub(super) fn shown_encryption(&self, say: &Say) -> &'static str {
        match self.encryption.as_str() {
            "tls" => "SSL/TLS",
            "starttls" => "STARTTLS",
            _ => say.no_encryption(),
        }
    }

    pub(super) fn is_kind(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Whether the half goes by this, or did when it was saved.
    pub(super) fn offers(&self, provider: &str) -> bool {
        self.is_kind(provider) || self.provider == Some(provider)
    }

    /// Whether somebody types a secret for it.
    pub(super) fn takes_secret(&self) -> bool {
        let by_grant = self.is_kind("ews") && self.signs_in_by("oauth");
        !by_grant && !WITHOUT_SECRET.contains(&self.kind.as_str())
    }

    /// What comes of leaving the secret empty, where one is kept.
    pub(super) fn empty_keeps(&self, say: &Say) -> &'static str {
        if self.keeps_secret { say.secret_kept() } else { "" }
    }

    pub(super) fn is_after(&self, after: &str) -> bool {
        self.after == after
    }

    pub(super) fn signs_in_by(&self, authentication: &str) -> bool {
        self.authentication == authentication
    }

    /// What is wrong with a field of this half.
    pub(super) fn wrong<'a>(&self, errors: &'a Errors, field: &str) -> Option<&'a str> {
        errors.of(&format!("{}.{field}", self.name))
    }

    pub(super) fn of_endpoint(name: &'static str, endpoint: &connect::discover::Endpoint) -> HalfForm {
        HalfForm {
            name,
            kind: match endpoint.kind {
                connect::discover::Kind::Pop3 => "pop3",
                connect::discover::Kind::Ews => "ews",
                _ if name == "incoming" => "imap",
                _ => "smtp",
            }
            .to_owned(),
            host: endpoint.host.clone(),
            port: endpoint.port.to_string(),
            encryption: match endpoint.encryption {
                connect::Encryption::Tls => "tls",
                connect::Encryption::Starttls => "starttls",
                connect::Encryption::None => "none",
            }
            .to_owned(),
            username: endpoint.username.clone(),
            prefix: endpoint.prefix.clone().unwrap_or_default(),
            url: endpoint.url.clone().unwrap_or_default(),
            ..HalfForm::empty(name, "", "")
        }
    }

    fn of_server(name: &'static str, kind: &str, server: &Server) -> HalfForm {
        let (after, days) = match server.after_fetch {
            None | Some(AfterFetch::Leave) => ("leave", None),
            Some(AfterFetch::Delete) => ("delete", None),
            Some(AfterFetch::DeleteAfter { days }) => ("delete_after", Some(days)),
        };
        HalfForm {
            name,
            kind: kind.to_owned(),
            host: server.host.clone(),
            port: server.port.to_string(),
            encryption: encryption_name(server.encryption).to_owned(),
            username: server.username.clone(),
            prefix: server.prefix.clone().unwrap_or_default(),
            after: after.to_owned(),
            days: days.map_or_else(|| DAYS.to_owned(), |days| days.to_string()),
            ..HalfForm::empty(name, kind, &server.username)
        }
    }

    fn of_exchange(name: &'static str, exchange: &Exchange) -> HalfForm {
        let authentication = match exchange.authentication {
            Authentication::Basic => "basic",
            Authentication::Ntlm => "ntlm",
            Authentication::Oauth => "oauth",
        };
        let (url, authentication) = (exchange.url.clone(), authentication.to_owned());
        HalfForm { url, authentication, ..HalfForm::empty(name, "ews", &exchange.username) }
    }

    /// By a domain of the organisation.
    pub(super) fn by_domain(name: &'static str, domain: &str, username: &str) -> HalfForm {
        HalfForm { domain: domain.to_owned(), ..HalfForm::empty(name, "mailgun", username) }
    }

    /// With these domains to choose from, besides the one that it has.
    pub(super) fn with_domains(mut self, domains: &[String]) -> HalfForm {
        self.domains = domains.to_vec();
        if !self.domain.is_empty() && !self.domains.contains(&self.domain) {
            self.domains.push(self.domain.clone());
        }
        self
    }

    /// As it was typed.
    pub(super) fn typed(name: &'static str, fields: &Fields) -> HalfForm {
        let of = |field: &str| fields.of(&format!("{name}_{field}")).to_owned();
        HalfForm {
            name,
            kind: of("kind"),
            host: of("host"),
            port: of("port"),
            encryption: of("encryption"),
            username: of("username"),
            prefix: of("prefix"),
            after: of("after"),
            days: of("days"),
            domain: of("domain"),
            domains: Vec::new(),
            url: of("url"),
            authentication: of("authentication"),
            provider: None,
            keeps_secret: false,
        }
    }
}

/// With what the saved settings let each half go by, and what is kept for it.
pub(super) fn of_account(shown: [HalfForm; 2], account: &Account, domains: &[String]) -> [HalfForm; 2] {
    let saved = halves(account);
    let provider = ["microsoft365", "gmail"].into_iter().find(|name| saved.iter().any(|half| half.is_kind(name)));
    let [receives, sends] = saved.each_ref().map(HalfForm::takes_secret);
    let [incoming, outgoing] = shown;
    [(incoming, receives), (outgoing, sends)].map(|(half, keeps_secret)| HalfForm {
        provider,
        keeps_secret,
        ..half.with_domains(domains)
    })
}

pub(super) fn encryption_name(encryption: Encryption) -> &'static str {
    match encryption {
        Encryption::Tls => "tls",
        Encryption::Starttls => "starttls",
        Encryption::None => "none",
    }
}

/// Both halves as they are saved.
pub(super) fn halves(account: &Account) -> [HalfForm; 2] {
    let settings = &account.settings;
    let incoming = match &settings.incoming {
        Incoming::Imap(server) => HalfForm::of_server("incoming", "imap", server),
        Incoming::Pop3(server) => HalfForm::of_server("incoming", "pop3", server),
        Incoming::Ews(exchange) => HalfForm::of_exchange("incoming", exchange),
        Incoming::Microsoft365 => HalfForm::empty("incoming", "microsoft365", &settings.address),
        Incoming::Relay { .. } => HalfForm::empty("incoming", "relay", &settings.address),
        Incoming::Mailgun(Domain { domain }) => HalfForm::by_domain("incoming", domain, &settings.address),
        Incoming::Gmail => HalfForm::empty("incoming", "gmail", &settings.address),
        _ => HalfForm::empty("incoming", "none", &settings.address),
    };
    let outgoing = match &settings.outgoing {
        Outgoing::Smtp(server) => HalfForm::of_server("outgoing", "smtp", server),
        Outgoing::Ews(exchange) => HalfForm::of_exchange("outgoing", exchange),
        Outgoing::Microsoft365 => HalfForm::empty("outgoing", "microsoft365", &settings.address),
        Outgoing::Mailgun(Domain { domain }) => HalfForm::by_domain("outgoing", domain, &settings.address),
        Outgoing::Builtin => HalfForm::empty("outgoing", "builtin", &settings.address),
        Outgoing::Gmail => HalfForm::empty("outgoing", "gmail", &settings.address),
        _ => HalfForm::empty("outgoing", "none", &settings.address),
    };
    [incoming, outgoing]
}

/// One half as the verbs take it. A secret is kept byte for byte as typed; an empty one was not typed.
fn half_input(name: &str, fields: &Fields) -> ServerInput {
    let of = |field: &str| fields.of(&format!("{name}_{field}"));
    let kind = of("kind");
    if WITHOUT_SECRET.contains(&kind) {
        let domain = (kind == "mailgun").then(|| of("domain").to_owned());
        return ServerInput { kind: Some(kind.to_owned()), domain, ..ServerInput::default() };
    }
    let secret = Some(of("secret")).filter(|secret| !secret.is_empty()).map(Secret::new);
    if kind == "ews" {
        // What somebody typed as a password is none where the owner agrees elsewhere.
        let secret = secret.filter(|_| of("authentication") != "oauth");
        return ServerInput {
            kind: Some(kind.to_owned()),
            url: Some(of("url").to_owned()),
            username: Some(of("username").to_owned()),
            authentication: Some(of("authentication").to_owned()).filter(|name| !name.is_empty()),
            secret,
            ..ServerInput::default()
        };
    }
    let port = of("port").trim();
    ServerInput {
        kind: Some(kind.to_owned()),
        host: Some(of("host").to_owned()),
        // What is no number is no port either, and is told as one.
        port: (!port.is_empty()).then(|| port.parse().unwrap_or(-1)),
        encryption: Some(of("encryption").to_owned()),
        username: Some(of("username").to_owned()),
        secret,
        prefix: Some(Some(of("prefix").to_owned())),
        after_fetch: Some(of("after")).filter(|kind| !kind.is_empty()).map(|kind| AfterFetchInput {
            kind: kind.to_owned(),
            // What is no number of days is none that can be chosen, and is told as such; the field is there for each kind.
            days: (kind == "delete_after").then(|| of("days").trim().parse().unwrap_or(0)),
        }),
        ..ServerInput::default()
    }
}

/// The servers of a mailbox as the form gives them.
pub(super) fn servers_input(fields: &Fields) -> AccountInput {
    let access = fields.of("access");
    let typed = fields.of("incoming_secret");
    let mut outgoing = half_input("outgoing", fields);
    let [receives, sends] = ["incoming_kind", "outgoing_kind"].map(|kind| !WITHOUT_SECRET.contains(&fields.of(kind)));
    if sends && !receives && outgoing.secret.is_none() && !typed.is_empty() {
        // The one password of a mailbox that needs none to receive.
        outgoing.secret = Some(Secret::new(typed));
    }
    AccountInput {
        access: (!access.is_empty()).then(|| access.to_owned()),
        incoming: Some(half_input("incoming", fields)),
        outgoing: Some(outgoing),
        ..AccountInput::default()
    }
}
