//! One direction of an account, from the store's form into the interface's.

use super::shown::{AfterFetchForm, AfterFetchKind, AuthenticationName, DirectionShown, EncryptionName, LimitsShown};
use store::account::{AfterFetch, Authentication, Encryption, Exchange, Incoming, Limits, Outgoing, Server};

impl From<Incoming> for DirectionShown {
    fn from(incoming: Incoming) -> DirectionShown {
        match incoming {
            Incoming::Imap(server) => of_server("imap", server),
            Incoming::Pop3(server) => of_server("pop3", server),
            Incoming::Microsoft365 => of_kind("microsoft365"),
            Incoming::Gmail => of_kind("gmail"),
            Incoming::Ews(exchange) => of_exchange(exchange),
            Incoming::Mailgun(domain) => DirectionShown { domain: Some(domain.domain), ..of_kind("mailgun") },
            Incoming::Relay { relay_address } => DirectionShown { relay_address, ..of_kind("relay") },
            Incoming::None => of_kind("none"),
        }
    }
}

impl From<Outgoing> for DirectionShown {
    fn from(outgoing: Outgoing) -> DirectionShown {
        match outgoing {
            Outgoing::Smtp(server) => of_server("smtp", server),
            Outgoing::Microsoft365 => of_kind("microsoft365"),
            Outgoing::Gmail => of_kind("gmail"),
            Outgoing::Ews(exchange) => of_exchange(exchange),
            Outgoing::Mailgun(domain) => DirectionShown { domain: Some(domain.domain), ..of_kind("mailgun") },
            Outgoing::Builtin => of_kind("builtin"),
            Outgoing::None => of_kind("none"),
        }
    }
}

fn of_kind(kind: &'static str) -> DirectionShown {
    DirectionShown { kind, ..DirectionShown::default() }
}

fn of_server(kind: &'static str, server: Server) -> DirectionShown {
    DirectionShown {
        host: Some(server.host),
        port: Some(server.port),
        encryption: Some(server.encryption.into()),
        username: Some(server.username),
        prefix: server.prefix,
        after_fetch: server.after_fetch.map(AfterFetchForm::from),
        ..of_kind(kind)
    }
}

fn of_exchange(exchange: Exchange) -> DirectionShown {
    DirectionShown {
        url: Some(exchange.url),
        username: Some(exchange.username),
        authentication: Some(exchange.authentication.into()),
        ..of_kind("ews")
    }
}

impl From<Encryption> for EncryptionName {
    fn from(encryption: Encryption) -> EncryptionName {
        match encryption {
            Encryption::Tls => EncryptionName::Tls,
            Encryption::Starttls => EncryptionName::Starttls,
            Encryption::None => EncryptionName::None,
        }
    }
}

impl EncryptionName {
    pub(super) fn name(self) -> &'static str {
        match self {
            EncryptionName::Tls => "tls",
            EncryptionName::Starttls => "starttls",
            EncryptionName::None => "none",
        }
    }
}

impl From<Authentication> for AuthenticationName {
    fn from(authentication: Authentication) -> AuthenticationName {
        match authentication {
            Authentication::Basic => AuthenticationName::Basic,
            Authentication::Ntlm => AuthenticationName::Ntlm,
            Authentication::Oauth => AuthenticationName::Oauth,
        }
    }
}

impl AuthenticationName {
    pub(super) fn name(self) -> &'static str {
        match self {
            AuthenticationName::Basic => "basic",
            AuthenticationName::Ntlm => "ntlm",
            AuthenticationName::Oauth => "oauth",
        }
    }
}

impl From<AfterFetch> for AfterFetchForm {
    fn from(after_fetch: AfterFetch) -> AfterFetchForm {
        match after_fetch {
            AfterFetch::Leave => AfterFetchForm { kind: AfterFetchKind::Leave, days: None },
            AfterFetch::Delete => AfterFetchForm { kind: AfterFetchKind::Delete, days: None },
            AfterFetch::DeleteAfter { days } => AfterFetchForm { kind: AfterFetchKind::DeleteAfter, days: Some(days) },
        }
    }
}

impl From<Limits> for LimitsShown {
    fn from(limits: Limits) -> LimitsShown {
        let Limits { connections, per_connection, per_minute, per_day } = limits;
        LimitsShown { connections, per_connection, per_minute, per_day }
    }
}

impl From<LimitsShown> for Limits {
    fn from(limits: LimitsShown) -> Limits {
        let LimitsShown { connections, per_connection, per_minute, per_day } = limits;
        Limits { connections, per_connection, per_minute, per_day }
    }
}
